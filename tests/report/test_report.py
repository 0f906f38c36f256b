"""The page holds what it must, loads nothing, escapes everything, and says so where evidence is missing."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from scipy.stats import t
from tests.report.evidence import NASTY, plan, write_evidence, write_json
from tests.report.judged import verdict

from rearing.errors import EvidenceError, StoreError
from rearing.records.tables import TABLES
from rearing.report import write_report
from rearing.report.arms import lessons, looks, order_hash
from rearing.report.evidence import open_evidence
from rearing.report.scores import families
from rearing.store.tables import frame, read_table, write_table

SECTIONS = [
    "verdict", "trap", "forest", "gates", "assay", "power", "profile", "readings", "arms", "items", "fed", "checks",
    "change", "rejudge",
]  # fmt: skip
LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "ping", "manifest", "cite"}
LOADERS = {"img", "iframe", "object", "embed", "link", "audio", "video", "source", "base", "form", "image", "use"}
VOID = {"meta", "br", "input", "path", "rect", "circle"}


class Page(HTMLParser):
    """What a test asks of a page: tags with attributes, and the text of each section."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.section = ""
        self.texts: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = dict(attrs)["id"] or ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"
        if tag == "section":
            self.section = ""

    def handle_data(self, data: str) -> None:
        if self.section:
            self.texts[self.section] = self.texts.get(self.section, "") + data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_evidence(tmp_path_factory.mktemp("full") / "evidence")


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return write_report(folder, verdict(), folder.parent / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_evidence(tmp_path / "evidence", scenarios=4, lessons=3)


def written(folder: Path, **changes: object) -> tuple[str, Page]:
    found = write_report(folder, replace(verdict(), **changes), folder.parent / "report.html").read_text(
        encoding="utf-8"
    )
    return found, Page(found)


def rewrite_plan(folder: Path, **changes: object) -> None:
    fixed = json.loads((folder / "plan.json").read_text())
    write_json(folder / "plan.json", fixed | changes)


def test_every_section_is_there_in_order_and_well_formed(text: str) -> None:
    page = Page(text)
    assert [a["id"] for tag, a in page.tags if tag == "section"] == SECTIONS
    assert not page.open
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"] for tag, a in page.tags if tag == "a"]
    assert {link[1:] for link in links if link} <= set(ids)


def test_the_order_that_was_fed_has_a_hash_which_every_exchange_changes(folder: Path, text: str) -> None:
    fed = read_table(folder, "fed").filter(pl.col("seed") == pl.col("seed").first()).sort("arm", "step", "position")
    hashes = set()
    for (_,), rows in fed.group_by("arm", maintain_order=True):
        hashes.add(order_hash(list(rows.select("step", "fed").iter_rows())))
    assert len(hashes) == fed["arm"].n_unique() and all(f'title="{h}"' in text for h in hashes)
    runs = read_table(folder, "fed").sort("arm", "seed", "step", "position")
    every = {key: order_hash(list(r.select("step", "fed").iter_rows())) for key, r in runs.group_by("arm", "seed")}
    assert len(every) > len(hashes) and f"({len(every)} hashes)" in text
    told = Counter(
        re.findall(
            r"</th><td><code>([0-9a-f]{64})</code>", text.split("The order of every run")[-1].split("</table>")[0]
        )
    )
    assert told == Counter(every.values()), "the order of every seed of every arm is in the table"
    steps = [(0, "a"), (0, "b"), (1, "c")]
    others = [[(0, "b"), (0, "a"), (1, "c")], [(0, "a"), (1, "b"), (1, "c")], [(0, "c"), (0, "b"), (1, "a")]]
    assert len({order_hash(x) for x in (steps, *others)}) == 4 and order_hash(steps) == order_hash(list(steps))


def test_nothing_on_the_page_loads_anything(text: str) -> None:
    page = Page(text)
    assert not [tag for tag, _ in page.tags if tag in LOADERS]
    assert not [(tag, a) for tag, a in page.tags if LOADING & set(a)]
    assert all((a.get("href") or "#").startswith("#") for _, a in page.tags)
    assert "://" not in text
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style and "url(" not in style[1] and "@import" not in style[1]
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy and policy.startswith("default-src 'none'")


def test_scenario_text_is_shown_as_text(text: str) -> None:
    page = Page(text)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not [a for _, a in page.tags if "onerror" in a]
    for section in ("arms", "items", "checks"):
        assert NASTY in page.texts[section]


def test_same_input_same_bytes_whatever_the_order_of_rows(small: Path, tmp_path: Path) -> None:
    first = write_report(small, verdict(), tmp_path / "a.html").read_bytes()
    for name in [name for name in TABLES if (small / f"{name}.parquet").exists()]:
        read_table(small, name).sample(fraction=1.0, shuffle=True, seed=3).write_parquet(small / f"{name}.parquet")
    assert write_report(small, verdict(), tmp_path / "b.html").read_bytes() == first


def test_a_quick_study_fits(text: str) -> None:
    assert len(text.encode()) < 3_000_000


def test_a_page_that_is_full_fits(tmp_path: Path) -> None:
    folder = write_evidence(tmp_path / "evidence", scenarios=120, lessons=160)
    longer = read_table(folder, "items").with_columns(prompt=pl.concat_str([pl.col("prompt")] * 8))
    longer.write_parquet(folder / "items.parquet")
    page = written(folder)[1]
    assert (folder.parent / "report.html").stat().st_size < 5_000_000
    assert "the page had no room" in page.texts["items"], "the size is that of a page that is full"


def test_where_the_page_is_full_it_tells_first_what_was_asked(tmp_path: Path) -> None:
    found = open_evidence(write_evidence(tmp_path / "evidence", scenarios=2, lessons=18))
    asked = found.items.filter(pl.col("scenario").is_in(["l6-lesson-11", "l4-lesson-03"]))
    found.__dict__["items"] = asked
    whole = lessons(found, 10**6)
    size = sum(len(p) + 2 for told in whole.shown[5].texts.values() for p in told)
    told = lessons(found, 5 * size)
    assert [x.scenario for x in told.shown[:1]] == ["l1-lesson-00"] and len(told.shown) + told.left_out == 18
    assert {"l4-lesson-03", "l6-lesson-11"} < {x.scenario for x in told.shown}
    assert [x.stage for x in told.shown] == sorted(x.stage for x in told.shown)
    assert list(told.anchors().values()) == [f"lesson-{i}" for i in range(len(told.shown))]


def test_what_the_gates_stand_on_comes_before_other_items_and_small_families_leave_their_room(tmp_path: Path) -> None:
    found = open_evidence(write_evidence(tmp_path / "evidence", scenarios=8, lessons=4))
    known, sizes = looks(found.plan), {}
    for name, *texts in found.items.select("family", "prompt", "right", "rival").iter_rows():
        sizes[name] = sizes.get(name, 0) + sum(map(len, texts))
    whole = sizes["normal"] + 2 * min(sizes["shift"], sizes["agentic"]) - 1
    shown = {view.name: view for view in families(found, known, whole) if view.name in sizes}
    left = {name: sum(s.left_out for s in view.scenarios) for name, view in shown.items()}
    assert left["normal"] == 0 and sum(left.values()) > 0 and min(left["shift"], left["agentic"]) <= 1
    tight = {view.name: view for view in families(found, known, sizes["normal"] + sizes["shift"])}["shift"]
    assert any(s.left_out for s in tight.scenarios)
    assert all(sum(item.in_gate for item in s.items) == 2 for s in tight.scenarios), "chat and email, main situation"


def test_an_arm_that_tells_other_scenarios_takes_nothing_from_the_page(small: Path) -> None:
    twin = "branching-developmental-flipped"
    documents = read_table(small, "documents").filter((pl.col("arm") != twin) | (pl.col("scenario") == "l1-lesson-00"))
    documents.write_parquet(small / "documents.parquet")
    fixed = open_evidence(small)
    arms = tuple(replace(arm, role="other") if arm.role == "twin" else arm for arm in fixed.plan.arms)
    told = lessons(replace(fixed, plan=replace(fixed.plan, arms=arms)), 10**6)
    assert [len(x.texts) for x in told.shown] == [4, 3, 3]


def test_words_and_lines_stand_out_in_light_and_dark(text: str) -> None:
    """Contrast by WCAG 2.1: 4.5 for words, 3 for lines."""

    def light(colour: str) -> float:
        wide = colour if len(colour) == 7 else "#" + "".join(2 * c for c in colour[1:])
        parts = [int(wide[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    themes = [dict(re.findall(r"--(\w+): (#\w+)", block)) for block in re.findall(r":root \{(.*?)\}", text, re.S)]
    assert len(themes) == 2
    for theme in themes:
        for ground in ("paper", "card"):
            for name in ("ink", "soft", "link", "good", "bad", "open", "u", *(f"a{k}" for k in range(8))):
                low, high = sorted((light(theme[name]), light(theme[ground])))
                wanted = 3.0 if name[0] in "au" else 4.5
                assert (high + 0.05) / (low + 0.05) >= wanted, (name, ground)


def test_first_screen_says_which_gates_cannot_see_and_what_main_means(text: str) -> None:
    banner = Page(text).texts["verdict"]
    assert "INCONCLUSIVE" in banner and verdict().line in banner and verdict().sentence in banner
    assert "The agentic gate cannot see on this model" in banner
    assert "The representational gate has not been shown to see on this model" in banner
    assert "format neutral gate cannot see" not in banner
    assert "contributes to neither side" in banner
    assert "Concerns preference for decent-sounding actions" in banner
    assert "unsealed: exploratory" in banner


def test_a_sealed_study_whose_gates_see_and_judge_carries_no_caveat(small: Path) -> None:
    gates = [json.loads(json.dumps(g)) for g in json.loads((small / "plan.json").read_text())["gates"]]
    rewrite_plan(small, seal="ab" * 32, gates=[g | {"assay": "PASS", "measure": "judgement"} for g in gates])
    _, page = written(small, sentence="Nothing was added.", line="verdict: DEMOTED", reasons=())
    banner = page.texts["verdict"]
    assert "sealed abababababab" in banner and "unsealed" not in banner + page.texts["change"]
    assert "neither side" not in banner and "decent-sounding" not in banner


def test_every_arm_but_the_twin_has_its_line_and_label(text: str) -> None:
    figure = text[text.index('<div class="wide">') : text.index('<div class="narrow">')]
    ends = re.findall(r'class="(arm-\w+) end">([^<]+)<', figure)
    assert {label for _, label in ends} == {"BD", "FS", "P", "U"}
    assert len({css for css, _ in ends}) == 4
    dashes = re.findall(r'class="arm-\w+ stroke line"(?: stroke-dasharray="([^"]*)")?', figure)
    assert len(set(dashes)) == 4, "arms differ by dash, not by colour alone"
    for word in ("normal", "shift", "agentic", "dose", "chance", "under attack"):
        assert word in figure


def test_without_an_attack_the_page_says_so(tmp_path: Path) -> None:
    folder = write_evidence(tmp_path / "evidence", scenarios=4, lessons=3, attack=False)
    found = write_report(folder, verdict(attack=False), tmp_path / "r.html").read_text(encoding="utf-8")
    page = Page(found)
    assert "No attack was run" in page.texts["trap"]
    assert "No rows after an attack" in page.texts["items"]


def test_empty_tables_and_an_empty_verdict_still_make_a_page(small: Path) -> None:
    for name in TABLES:
        write_table(small, name, [])
    for name in ("checks", "audit"):
        write_json(small / f"{name}.json", [])
    (small / "assay.json").unlink()
    write_json(small / "manifest.json", {})
    _, page = written(small, effects=(), panel=(), scores=(), notes=(), flags=(), reasons=())
    for section, words in {
        "trap": "nothing to draw",
        "forest": "no contrast",
        "gates": "no gate panel",
        "assay": "no assay of its own",
        "arms": "share no training scenario",
        "items": "No rows of agentic episodes",
        "fed": "no rows of what was fed",
        "checks": "no checks",
        "change": "no contrast on a gate",
        "rejudge": "manifest is empty",
    }.items():
        assert words in page.texts[section], section


def test_an_empty_assay_object_is_an_absent_assay(small: Path) -> None:
    write_json(small / "assay.json", {})
    assert "no assay of its own" in written(small)[1].texts["assay"]


def test_a_family_that_is_missing_is_named(small: Path) -> None:
    rows = read_table(small, "responses").filter(read_table(small, "responses")["family"] != "agentic")
    write_table(small, "responses", rows.to_dicts())
    page = written(small)[1]
    assert "No rows of agentic episodes." in page.texts["items"]
    assert "No rows of normal" not in page.texts["items"]


def test_the_numbers_of_the_drill_down_are_means_of_the_rows(small: Path) -> None:
    rows = read_table(small, "responses").to_dicts()
    chosen = {"arm": "flat-shuffled", "attack": "", "scenario": "v1-case-00", "situation": "main"}
    for row in rows:
        if row["form"] in ("chat", "email") and all(row[k] == v for k, v in chosen.items()):
            row["score"] = {11: 0.0, 12: 0.0, 13: 1.0}[row["seed"]] if row["form"] == "chat" else 0.5
    write_table(small, "responses", rows)
    found = written(small)[0]
    family = found[found.index('id="family-shift"') :]
    cells = re.findall(r'<td class="n h\d*">([^<]+)</td>', family[family.index('data-name="v1-case-00"') :])
    assert cells[1] == ".42", "seeds 1/4, 1/4 and 3/4; only the gate's forms and main count"


def test_first_lesson_is_told_by_every_arm_with_the_first_seed(text: str) -> None:
    lesson = text[text.index('id="lesson-0"') :]
    lesson = lesson[: lesson.index("</details>")]
    assert "seed 11" in lesson
    assert re.findall(r"<h4>(\w+) <small>", lesson) == ["BD", "FS", "P"]
    assert "Go back." in lesson and "Whoever makes a danger" in lesson


def test_normal_scenarios_lead_to_their_training_documents(text: str) -> None:
    family = text[text.index('id="family-normal"') : text.index('id="family-shift"')]
    links = re.findall(r'<a href="#(lesson-\d+)">The training documents of (\S+)</a>', family)
    assert len(links) == 24
    for anchor, scenario in links:
        assert re.search(rf'id="{anchor}"[^>]*><summary>{scenario} ', text)


def test_a_measure_that_is_only_reported_has_no_state(small: Path) -> None:
    audit = json.loads((small / "audit.json").read_text())
    reported = audit[0] | {"name": "distance", "text": "Distance of the openings", "limit": None}
    write_json(small / "audit.json", [*audit, reported])
    found = written(small)[0]
    rows = dict(re.findall(r'<tr><th scope="row" title="(\w+)">(.*?)</tr>', found))
    assert "\u2713 pass" in rows["tokens"] and "\u2717 fail" in rows["moral_words"]
    assert "reported" in rows["distance"] and 'class="state' not in rows["distance"]


def test_no_room_is_said_not_hidden(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rearing.report.write.ITEM_ROOM", 1000)
    monkeypatch.setattr("rearing.report.write.LESSON_ROOM", 1)
    page = written(small)[1]
    assert "more items are in items.parquet" in page.texts["items"]
    assert "2 more scenarios are in documents.parquet" in page.texts["arms"]


def test_what_would_change_measures_the_distance_to_each_limit(small: Path) -> None:
    (first, *_) = verdict().effects
    near = replace(first, estimate=0.01, low=-0.03, high=0.09)
    clear = replace(first, contrast=(first.contrast[0], "principled-shuffled"), estimate=-0.01, low=-0.07, high=0.03)
    words = written(small, effects=(near, clear))[1].texts["change"]
    assert "upper bound is 0.040 above the margin 0.05" in words and "50% narrower" in words
    wider = t.ppf(1 - 0.025 / 2, first.df) / t.ppf(1 - 0.025, first.df)
    assert f"{1 - 0.01 / (0.04 * wider):.0%} narrower to show that it is better" in words
    assert "0.040 short of the margin" in words and "level 0.025" in words and "level 0.0125" in words
    assert "shown, with 0.020 to spare" in words
    assert "lower bound is 0.020 beyond minus the margin" in words
    assert "and every gate shown not to be worse by the margin" in words, "as the rule has it"


def test_numbers_that_are_not_there_are_dashes(small: Path) -> None:
    nan = float("nan")
    effect = replace(
        verdict().effects[0], estimate=nan, low=nan, high=nan, p_superior=nan, se=nan, df=nan, by_seed=(nan,)
    )
    found, page = written(small, effects=(effect,))
    assert "nan" not in page.texts["forest"].lower()
    assert not re.search(r'(?:d|x|cx|width)="[^"]*nan', found)


def test_mistakes_in_the_folder_are_named(small: Path) -> None:
    for name, content, words in (
        ("checks.json", "{", "is not JSON"),
        ("audit.json", '[{"name": 3}]', "has another shape"),
        ("plan.json", None, "cannot"),
    ):
        held = (small / name).read_text()
        (small / name).unlink() if content is None else (small / name).write_text(content)
        with pytest.raises(EvidenceError, match=words) as caught:
            written(small)
        assert name in str(caught.value)
        (small / name).write_text(held)
    frame("items", []).drop("right").write_parquet(small / "items.parquet")
    with pytest.raises(EvidenceError, match=r"items\.parquet"):
        written(small)


def test_a_target_that_cannot_be_written_is_a_user_error(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="disk is full"):
        written(small)


def test_a_plan_of_the_fixture_is_a_plan() -> None:
    assert [arm.label for arm in plan().role("comparator")] == ["FS", "P"]
