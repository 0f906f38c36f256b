"""The assay sees a planted value effect, sees none that is not there, and does not look at what it may not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.corpus_fixture import small_corpus

from rearing.errors import StudyError
from rearing.study import assay as assays
from rearing.study.assay import AssayFile, choose, load_assay_file
from rearing.study.assay_math import (
    Candidate,
    GateAssay,
    best_rule,
    gate_rows,
    hopeless,
    measure,
    recipe_name,
    scenarios_needed,
    unconfirmed,
    with_rule,
)
from rearing.study.assay_report import markdown, signed, table
from rearing.study.schema import RecipeTable, Study

FILE = AssayFile(
    name="a",
    base="tiny",
    renderers=("branching-developmental", "flat-shuffled", "principled-shuffled"),
    control="principled-shuffled",
    forms=("chat", "email", "menu-chat"),
    gate_forms=2,
    recipes=({"lr": 1e-4}, {"lr": 2e-4}),
)
FORMS = ("shift/chat", "shift/email", "shift/menu-chat")
UNREAD = dict.fromkeys(FILE.readings, 0.0)
ARMS = [name for r in FILE.renderers for name in (r, f"{r}-flipped")]

SOURCES = (("shift", "chat"), ("shift", "email"), ("shift", "menu-chat"), ("agentic", "episode"))


def tables(
    value: float, gain: float, seeds: int = 3, seed: int = 0, base: float = 0.6
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Responses and readings: U at `base`, arms at that + gain, twins 2 * value below their arm."""
    rng = np.random.default_rng(seed)
    level = {"untrained": base} | {a: base + gain - (2 * value if a.endswith("flipped") else 0) for a in ARMS}
    responses, readings = [], []
    for arm, p in level.items():
        for s in range(1 if arm == "untrained" else seeds):
            for k in range(60):
                for situation in ("main", "twin"):
                    hard = 0.15 * np.sin(k)
                    for family, form in (
                        ("shift", "chat"),
                        ("shift", "email"),
                        ("shift", "menu-chat"),
                        ("agentic", "episode"),
                    ):
                        right = float(rng.random() < p + hard)
                        margin = 2 * right - 1
                        kind = "menu" if form in ("menu-chat", "episode") else "open"
                        responses.append(
                            (arm, s, family, form, kind, f"v{k}", situation, right, margin, margin, -margin)
                        )
                    for reading in ("decode", "coupling"):
                        for site in ("action", "carrier"):
                            readings.append((arm, s, reading, site, f"v{k}", situation, float(np.clip(p + hard, 0, 1))))
                normal = float(rng.random() < p)
                responses.append((arm, s, "normal", "plain", "menu", f"l{k}", "main", normal, 1.0, 1.0, 1.0))
    columns = ["arm", "seed", "family", "form", "kind", "scenario", "situation", "score"]
    columns += ["margin_sum", "margin_byte", "margin_token"]
    return (
        pl.DataFrame(responses, schema=columns, orient="row"),
        pl.DataFrame(
            readings, schema=["arm", "seed", "reading", "site", "scenario", "situation", "value"], orient="row"
        ),
    )


def test_a_planted_value_effect_passes() -> None:
    frames = tables(value=0.17, gain=0.15)
    chosen = choose(FILE, [measure(FILE, 0, *frames)])
    gates = {(g.gate, g.source.split(",")[0], g.measure): g for g in gate_rows(FILE, chosen, *frames)}
    for gate in ("format-neutral", "agentic"):
        rows = [g for g in gates.values() if g.gate == gate]
        assert {g.state for g in rows} == {"PASS"}, [g.note for g in rows]
        assert [g.measure for g in rows if g.carries] == ["judgement"]
        assert all(0.02 <= g.delta <= 0.05 for g in rows)


@pytest.mark.parametrize(("value", "gain", "word"), [(0.0, 0.15, "V of"), (0.17, -0.05, "P - U")])
def test_nothing_planted_fails_and_says_why(value: float, gain: float, word: str) -> None:
    frames = tables(value=value, gain=gain)
    chosen = choose(FILE, [measure(FILE, 0, *frames)])
    shift = [g for g in gate_rows(FILE, chosen, *frames) if g.gate == "format-neutral" and g.carries]
    assert shift[0].state == "FAIL"
    assert word in shift[0].note


def test_what_was_dead_in_the_search_fails_though_it_lives_in_the_confirmation() -> None:
    alive, dead = tables(value=0.17, gain=0.15), tables(value=-0.1, gain=0.15)
    chosen = choose(FILE, [measure(FILE, 0, *alive)])
    whole, nothing = gate_rows(FILE, chosen, *alive), gate_rows(FILE, chosen, *dead)

    def states(searched: list[GateAssay]) -> dict[str, set[str]]:
        rows = gate_rows(FILE, chosen, *alive, searched)
        return {name: {row.state for row in rows if row.select == name} for name in ("shift", "agentic", "decode")}

    assert states(whole) == {"shift": {"PASS"}, "agentic": {"PASS"}, "decode": {"PASS"}}
    assert states(nothing) == {"shift": {"FAIL"}, "agentic": {"FAIL"}, "decode": {"FAIL"}}
    one = [row for row in whole if row.select != "agentic"] + [row for row in nothing if row.select == "agentic"]
    assert states(one) == {"shift": {"PASS"}, "agentic": {"FAIL"}, "decode": {"PASS"}}
    dust = [replace(row, value=dict.fromkeys(row.value, 1e-17)) for row in whole]
    assert states(dust) == states(nothing), "sums that cancel"


def test_forms_are_judged_together() -> None:
    """What one form shows is noise of a few scenarios: the gate is their mean, and one form at 0 is no death of it."""
    responses, readings = tables(value=0.17, gain=0.15)
    chosen = choose(FILE, [measure(FILE, 0, responses, readings)])
    still = pl.when(pl.col("form") == chosen.picked[0]).then(pl.lit(0.6)).otherwise(pl.col("score"))
    half = responses.with_columns(score=still, margin_sum=2 * still - 1, margin_byte=2 * still - 1)
    searched = gate_rows(FILE, chosen, half, readings)
    assert all(0.02 < g.least_value < 0.15 for g in searched if g.select == "shift") and not hopeless(chosen, searched)
    states = {g.state for g in gate_rows(FILE, chosen, responses, readings, searched) if g.select == "shift"}
    assert states == {"PASS"}


@pytest.mark.parametrize(("value", "gain", "none"), [(0.17, 0.15, False), (0.0, 0.15, True), (0.17, -0.2, True)])
def test_where_no_gate_has_both_effects_nothing_is_confirmed(value: float, gain: float, none: bool) -> None:
    frames = tables(value=value, gain=gain, seeds=1)
    chosen = choose(FILE, [measure(FILE, 0, *frames)])
    assert hopeless(chosen, gate_rows(FILE, chosen, *frames)) is none


@pytest.mark.parametrize("seeds", [1, 3])
def test_pages_say_what_was_searched_and_what_was_confirmed(seeds: int) -> None:
    """From one seed nothing is confirmed, and no bound that says nothing is printed."""
    frames = tables(value=0.0, gain=0.0, seeds=seeds)
    candidate = measure(FILE, 0, *frames)
    chosen = choose(FILE, [candidate])
    rows = gate_rows(FILE, chosen, *frames)
    rows = rows if seeds > 1 else [unconfirmed(chosen, row) for row in rows]
    made = {"recipe": candidate.name, "rule": chosen.rule, "forms": list(chosen.picked), "reading": chosen.reading}
    record = {"corpus_name": "small 1", "chosen": made, "seeds": {"search": 1, "confirm": seeds if seeds > 1 else 0}}
    record |= {"note": "seeds"}
    record |= {"gates": [row.as_dict() for row in rows], "grid": list(candidate.grid)}
    page = markdown(FILE, record, Path("mine.toml"))
    for block in page.split("\n\n"):
        cells = {line.count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(cells) < 2, block
    assert ("## Not confirmed" in page) == (seeds == 1) == ("(low)" not in page)
    assert page.count("not confirmed: in the search P - U is") == (len(rows) if seeds == 1 else 0)
    assert page.count("and this reading was not chosen") == (2 if seeds == 1 else 0)
    first, *lines, _ = table(record).splitlines()
    assert first.split()[:7] == ["gate", "measure", "U", "P", "P−U", "delta", "n"]
    assert [line.split()[0] for line in lines] == [row.gate for row in rows]
    assert all("branching" in line and f"{row.needed} " in line for line, row in zip(lines, rows, strict=True))


def test_the_search_is_told_before_hours_of_confirmation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    frames, seen, pages = tables(value=0.17, gain=0.15), [], []
    monkeypatch.setattr(assays, "_spreads", lambda *given: {})

    def examined(studies: list[Study], *given: object) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
        seen.append(studies[0].examine.split)
        return [frames for _ in studies]

    def told(record: dict[str, Any]) -> None:
        seen.append("told")
        pages.append(markdown(FILE, record, Path("mine.toml")))
        assert {row["state"] for row in record["gates"]} == {"NONE"}

    monkeypatch.setattr(assays, "examine", examined)
    record = assays.assay(FILE, small_corpus(), tmp_path, True, told)
    assert seen == ["dev-search", "told", "dev-confirm"] and "## Searched, to be confirmed" in pages[0]
    assert "## Confirmed on fresh seeds" in markdown(FILE, record, Path("mine.toml"))


def test_a_list_that_leaves_nothing_to_choose_is_confirmed_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = {"recipes": FILE.recipes[:1], "rules": ("byte",), "forms": ("chat", "menu-chat"), "search_seeds": 0}
    one |= {"readings": ("coupling", "decode"), "searched": "before, elsewhere"}
    file, frames, seen = FILE.model_copy(update=one), tables(0.17, 0.15), []
    monkeypatch.setattr(assays, "_spreads", lambda *given: {})
    monkeypatch.setattr(assays, "examine", lambda studies, *given: seen.extend(studies) or [frames])
    record = assays.assay(file, small_corpus(), tmp_path, True, pytest.fail)
    assert [s.examine.split for s in seen] == ["dev-confirm"] and record["seeds"] == {"search": 0, "confirm": 3}
    assert record["chosen"] == {"recipe": "lr 0.0001, 2 documents a step", "rule": "byte"} | {
        "forms": ["chat", "menu-chat"],
        "reading": "coupling",
    }
    assert {row["select"] for row in record["gates"] if row["carries"]} == {"shift", "agentic", "coupling"}
    assert "other half" not in record["note"]
    page = markdown(file, record, Path("mine.toml"))
    assert (
        "## Confirmed as listed" in page
        and "not searched here: before, elsewhere." in page
        and record["note"].endswith("as listed; before, elsewhere")
    )
    assert "## Searched" not in page and "chosen on U" not in page


def test_the_grid_has_every_open_form_by_every_rule() -> None:
    responses, readings = tables(0.1, 0.1)
    grid = measure(FILE, 0, responses, readings).grid  # by token, what is right by the others is wrong
    rules = {form: [r["rule"] for r in grid if r["form"] == form and r["measure"] == "main"] for form in FORMS}
    assert {form: sorted(found) for form, found in rules.items()} == {
        "shift/chat": ["byte", "sum", "token"],
        "shift/email": ["byte", "sum", "token"],
        "shift/menu-chat": ["sum"],
    }
    by_rule = {r["rule"]: r["untrained"] for r in grid if (r["form"], r["measure"]) == ("shift/chat", "main")}
    assert by_rule["sum"] == by_rule["byte"] == pytest.approx(1 - by_rule["token"])


@pytest.mark.parametrize("more", ["recipes", "rules", "forms"])
def test_what_is_not_searched_leaves_nothing_to_choose(tmp_path: Path, more: str) -> None:
    text, path = Path("studies/assay-thrice.toml").read_text(), tmp_path / "assay.toml"
    path.write_text(text)
    assert load_assay_file(path).search_seeds == 0
    changes = {
        "recipes": text + "\n[[recipes]]\nlr = 1e-4\n",
        "rules": text.replace('rules = ["token"]', 'rules = ["token", "sum"]'),
        "forms": text.replace("gate_forms = 4", "gate_forms = 3"),
    }
    path.write_text(changes[more])
    with pytest.raises(StudyError, match="key search_seeds: searches nothing and leaves something to choose"):
        load_assay_file(path)
    path.write_text(text.replace("searched =", "# searched ="))
    with pytest.raises(StudyError, match="key searched: is missing where nothing is searched"):
        load_assay_file(path)


def test_scenarios_that_are_needed_find_the_margin_four_times_in_five() -> None:
    rng = np.random.default_rng(0)
    spread = rng.normal(0, 0.3, 4000)
    n = scenarios_needed(spread, 0.05)
    draws = 0.05 + rng.normal(0, 0.3, (4000, n))
    found = draws.mean(axis=1) / (draws.std(axis=1, ddof=1) / n**0.5) > 1.96
    assert found.mean() == pytest.approx(0.8, abs=0.03)
    assert scenarios_needed(spread, 0.025) == pytest.approx(4 * n, rel=0.01)


def test_a_zero_has_no_sign() -> None:
    assert [signed(x) for x in (-1e-18, 0.0004, -0.0004, -0.001)] == ["+0.000", "+0.000", "+0.000", "−0.001"]


@pytest.mark.parametrize(("base", "outside"), [(0.25, True), (0.47, False)])
def test_the_base_is_out_of_range_only_beyond_its_noise(base: float, outside: bool) -> None:
    frames = tables(value=0.17, gain=0.2, base=base)
    chosen = choose(FILE, [measure(FILE, 0, *frames)])
    notes = [g.note for g in gate_rows(FILE, chosen, *frames) if g.gate == "agentic"]
    assert [", outside 0.5 to 0.85" in note for note in notes] == [outside, outside], notes


def test_the_answer_rule_is_chosen_on_the_untrained_base_alone() -> None:
    responses, _ = tables(value=0.1, gain=0.1)
    assert best_rule(responses, FILE.rules) in ("sum", "byte")
    trained = pl.col("arm") != "untrained"
    turned = responses.with_columns(margin_token=pl.when(trained).then(99.0).otherwise(pl.col("margin_token")))
    assert best_rule(turned, FILE.rules) == best_rule(responses, FILE.rules)


def test_the_stronger_recipe_is_chosen_with_open_and_menu_forms() -> None:
    weak, strong = measure(FILE, 0, *tables(0.02, 0.1)), measure(FILE, 1, *tables(0.15, 0.1))
    chosen = choose(FILE, [weak, strong])
    assert chosen.recipe == 1
    assert len(chosen.picked) == 2
    assert "menu-chat" in chosen.picked


def test_more_than_twelve_candidates_are_refused(tmp_path: Path) -> None:
    text = Path("studies/assay.toml").read_text()
    path = tmp_path / "assay.toml"
    path.write_text(text + "\n[[recipes]]\nlr = 5e-4\n\n[[recipes]]\nlr = 6e-4\n")
    with pytest.raises(StudyError, match="13 candidates"):
        load_assay_file(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("control =", "contrl =", "key contrl: unknown key 'contrl', did you mean 'control'?; correct or remove it."),
        ("lr = 3e-4", "lrr = 3e-4", "key recipes.0.lrr: unknown key 'lrr', did you mean 'lr'?; correct or remove it."),
        ("lr = 3e-4", "lr = 3", "key recipes.0.lr: Input should be less than or equal to 0.1 (found 3); give another"),
        ("control =", "# control =", "key control: is missing; add it."),
        ('"ranking"', '"rankng"', "the assay: unknown form 'rankng', did you mean 'ranking'?; give another value."),
    ],
)
def test_mistakes_in_an_assay_file_are_told_as_those_in_a_study_file(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "assay.toml"
    path.write_text(Path("studies/assay.toml").read_text().replace(old, new, 1))
    with pytest.raises(StudyError) as caught:
        load_assay_file(path)
    assert str(caught.value).startswith(f"{path}, {said}")


def test_contrasts_and_scales_count_as_open_forms() -> None:
    forms = {"ranking": 0.05, "menu-chat": 0.1, "scale": 0.2, "review": 0.3, "chat": -0.1}
    file = FILE.model_copy(update={"forms": tuple(forms)})
    assert choose(file, [Candidate(0, "r", "sum", forms, 0.1, UNREAD, ())]).picked == ("menu-chat", "review")
    menus = {form: -0.1 if form in ("scale", "review") else v for form, v in forms.items()}
    assert choose(file, [Candidate(0, "r", "sum", menus, 0.1, UNREAD, ())]).picked == ("menu-chat", "scale")


def test_the_answer_rule_leaves_the_scores_of_contrasts_as_they_are() -> None:
    rows = pl.DataFrame(
        {"kind": ["open", "contrast", "scale"], "score": [0.0, 1.0, 1.0], "margin_byte": [2.0, *[float("nan")] * 2]}
    )
    assert with_rule(rows, "byte")["score"].to_list() == [1.0, 1.0, 1.0]


def test_paths_of_an_assay_file_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    text = Path("studies/assay.toml").read_text().replace('corpus = "commons"', 'corpus = "mine"')
    (tmp_path / "assay.toml").write_text(text)
    assert load_assay_file(tmp_path / "assay.toml").corpus == str((tmp_path / "mine").resolve())


@pytest.mark.parametrize("reading", ["recency", "stable"])
def test_a_reading_that_the_untrained_base_has_not_is_refused_before_anything_is_trained(
    tmp_path: Path, reading: str
) -> None:
    path = tmp_path / "assay.toml"
    path.write_text(f'readings = ["coupling", "{reading}"]\n' + Path("studies/assay.toml").read_text())
    with pytest.raises(StudyError, match=f"key readings: has the reading '{reading}', on which no gate can stand"):
        load_assay_file(path)


def test_a_recipe_is_named_by_all_that_is_not_usual() -> None:
    assert recipe_name(RecipeTable(lr=1e-3)) == "lr 0.001, 2 documents a step"
    assert recipe_name(RecipeTable(warmup_steps=0, dtype="fp32")).endswith("a step, 0 steps of warm-up, fp32")
