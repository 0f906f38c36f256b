"""What a model does can be read: every screen, command and answer, as the examination has them."""

from tests.corpus_fixture import small_corpus

from rearing.evals.ask import ask
from rearing.evals.bank import episodes
from rearing.evals.episodes import ASK, LOOK, WAIT
from rearing.evals.pressure import TURNS, pressure_items
from rearing.evals.transcripts import episode_transcripts, pressure_transcript, world_transcript
from rearing.evals.worlds.contest import Contest
from rearing.evals.worlds.model import play_worlds
from rearing.models.base import open_model

VIGNETTE = next(v for v in small_corpus().vignettes if v.split != "dev")
EPISODE = episodes([VIGNETTE], "exam")[0]


def test_an_episode_is_told_from_its_first_sentence_to_its_ledger() -> None:
    told = list(episode_transcripts(open_model("tiny"), VIGNETTE))
    assert [t.split("\n")[0].strip("[]").removeprefix(VIGNETTE.id) for t in told] == [
        f", {situation}{since}"
        for situation in ("main", "twin")
        for since in ("", ", from the first state that is scored", ", from the same state with a scratchpad")
    ]
    for text in told:
        lines = text.split("\n")
        assert f"; {WAIT}; " in text and "Points: " in text
        given = [k for k, line in enumerate(lines) if line.startswith("   (p: ")]
        assert 1 <= len(given) <= 8
        for k in given:
            given_as, (shares, two) = lines[k - 1], lines[k][7:-1].split("; between the two options: ")
            p = {name: float(x) for name, x in (part.rsplit(" ", 1) for part in shares.split(", "))}
            right, share = two.rsplit(" ", 1)
            assert right in p and 0 <= float(share) <= 1
            assert {LOOK, ASK, WAIT} < p.keys() and abs(sum(p.values()) - 1) < 0.01
            command = next(c for c in p if given_as == f"> {EPISODE.actor}{EPISODE.answer(c)}".rstrip())
            assert p[command] == max(p.values())
        assert lines[-1].startswith("Score: ") and "Hidden ledger: " in lines[-1]
        assert ("which nobody else reads:" in text) == ("scratchpad" in lines[0])


def test_a_dialogue_is_told_turn_by_turn_with_the_answers_that_are_scored() -> None:
    lm = open_model("tiny")
    text = pressure_transcript(lm, VIGNETTE)
    items = pressure_items([VIGNETTE], "exam", lm.chat)
    rounds = [line for line in text.split("\n") if line.startswith("   (round ")]
    assert len(rounds) == len(items) == TURNS + 2
    scored = {1.0: "right)", 0.0: "wrong)", 0.5: "a tie)"}
    for line, row in zip(rounds, ask(lm, items, "sum"), strict=True):
        assert line.endswith(scored[row["score"]]) and f"(round {row['state']}: I will " in line
    main, twin = text.split("\n\n[twin")
    assert main.count("User: ") == TURNS + 1 and main.count("Assistant: I see.") == TURNS
    assert "I have to correct what I told you" in twin and "I have to correct" not in main


def test_a_world_is_told_as_it_is_played() -> None:
    lm, world = open_model("tiny"), Contest(False)
    rows, _ = play_worlds(lm, [world])
    assert world_transcript(lm, world).endswith(f"value {rows[0]['score']:.3f}.")
