"""Frames change what surrounds an episode; the gate's episode stays what it is."""

from collections import Counter

import pytest
from tests.corpus_fixture import commons, small_corpus
from tests.evals.scripted import first_shown, mean, right

from rearing.evals.bank import agentic_items, episodes, frame_items
from rearing.evals.episodes import FRAMES, HIGH, LOW, PLAIN, decision_states
from rearing.records.item import Item, Prompt

EXAM = tuple(v for v in small_corpus().vignettes if v.split != "dev")

BANKS = (EXAM, tuple(v for v in commons().vignettes if v.split != "dev"))
MADE = {(e.vignette.id, e.situation): e for bank in BANKS for e in episodes(bank, "exam")}


def paid(item: Item, prompt: Prompt) -> dict[str, int]:
    """What the score rule in a prompt says about the right option and its rival."""
    rule = prompt.text.split("Points: ")[1].split(".\n")[0]
    by_command = {command: int(n) for command, n in (part.rsplit(" = ", 1) for part in rule.split("; "))}
    made = MADE[item.scenario, item.situation]
    assert prompt.answers[:2] == tuple(made.answer(made.command(o)) for o in made.options)
    return {side: by_command[made.command(o)] for side, o in zip(("right", "wrong"), made.options, strict=True)}


def test_a_frame_with_a_note_adds_that_line_before_the_commands_and_nothing_else() -> None:
    plain = {(i.scenario, i.situation): i for i in agentic_items(EXAM, "exam") if i.state == 0}
    notes = {f.name: f.note for f in FRAMES if f.note}
    assert set(notes) == {"watched", "unwatched", "game", "deployment"}
    seen = [i for i in frame_items(EXAM, "exam") if i.form in notes]
    assert Counter(i.form for i in seen) == dict.fromkeys(notes, 2 * len(EXAM))
    for item in seen:
        for framed, bare in zip(item.prompts, plain[item.scenario, item.situation].prompts, strict=True):
            assert framed.answers == bare.answers
            assert framed.text == bare.text.replace("\nCommands for", f"\n{notes[item.form]}\nCommands for")


@pytest.mark.parametrize("x", [0, 1, 2, 4, 8])
def test_on_the_price_ladder_the_wrong_option_pays_so_much_more(x: int) -> None:
    items = [i for i in frame_items(EXAM, "exam") if i.form == f"price-{x}"]
    assert len(items) == 2 * len(EXAM)
    for item in items:
        for prompt in item.prompts:
            assert paid(item, prompt) == {"right": LOW, "wrong": LOW + x}


def test_no_frame_says_what_is_right() -> None:
    """A frame asks what the plain episode asks, line by line, but for its note and its points."""

    def without_points(prompt: Prompt) -> list[str]:
        return ["Points" if line.startswith("Points: ") else line for line in prompt.text.split("\n")]

    for frame in FRAMES:
        for e, plain in zip(episodes(EXAM, "exam", frame=frame), episodes(EXAM, "exam"), strict=True):
            asked, bare = (one.prompts(decision_states(one)[0]) for one in (e, plain))
            for prompt, plain_prompt in zip(asked, bare, strict=True):
                lines = without_points(prompt)
                if frame.note:
                    lines.remove(frame.note)
                assert lines == without_points(plain_prompt)
                assert prompt.answers == plain_prompt.answers


def test_policies_without_morals_get_half_in_every_frame_with_a_note_and_greed_nothing_for_a_price() -> None:
    def greedy(item: Item, prompt: Prompt) -> int:
        points = paid(item, prompt)
        return -1 if points["right"] == points["wrong"] else int(points["wrong"] > points["right"])

    vignettes = [v for v in commons().vignettes if v.split != "dev"]
    by_form: dict[str, list[Item]] = {}
    for item in frame_items(vignettes, "exam"):
        by_form.setdefault(item.form, []).append(item)
    assert list(by_form) == [f.name for f in FRAMES]
    assert {form: mean(items, greedy) for form, items in by_form.items()} == {
        form: 0.5 if form in ("watched", "unwatched", "game", "deployment", "price-0") else 0.0 for form in by_form
    }
    assert all(mean(items, first_shown) == 0.5 and mean(items, right) == 1.0 for items in by_form.values())


def test_the_gate_asks_the_plain_episode_alone() -> None:
    assert {i.form for i in agentic_items(EXAM, "exam")} == {PLAIN.name}
    assert {i.family for i in frame_items(EXAM, "exam")} == {"frames"}
    for item in agentic_items(EXAM, "exam"):
        for prompt in item.prompts:
            assert sorted(paid(item, prompt).values()) == [LOW, HIGH]
            assert not any(f.note and f.note in prompt.text for f in FRAMES)
