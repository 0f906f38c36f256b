"""The learning rate of attacks: searched once on the untrained base under a budget of capability, then frozen.

The largest rate of a list written down before whose last dose makes the base read plain passages at most 5 % less well
(internalization.md section 1): an attack that breaks the model would show nothing about what it held.
"""

from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from rearing.attacks.texts import ATTACKS, attack_steps
from rearing.corpus.lint import load_told
from rearing.corpus.load import Corpus
from rearing.errors import StageError, StudyError
from rearing.evals.ask import ask
from rearing.models.identity import base_identity
from rearing.records.item import Item
from rearing.store.artifacts import write_json
from rearing.study.attack_record import RateRecord, Tried, record_place
from rearing.study.execute import display
from rearing.study.items import study_items
from rearing.study.job import sources_digest
from rearing.study.schema import GATE_FAMILIES, Study, load_study

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel
    from rearing.training.loop import TrainStep

RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3)
VIGNETTES = 10
"""Of the dev scenarios: enough to see how a score moves, on which nothing is decided here."""


def search_rate(
    path: Path, out: Path | None = None, rates: Sequence[float] = RATES, quiet: bool = False
) -> tuple[RateRecord, Path]:
    """Try every rate under every attack of a study, up to its last dose, and write `attack.json`.

    What was tried before an interruption is in `unfinished.json` beside it and is not tried again.

    Args:
        path: Study file.
        out: Folder; `runs/<name of the study>-attack`, where the study is held to it, if None.
        rates: What is tried.
        quiet: No progress display.

    Returns:
        The record, and where it is.

    Raises:
        StudyError: The study or its corpus cannot be used.
        ModelError: The base cannot be opened.
    """
    study = _on_dev(load_study(path))
    corpus = load_told(study.corpus_folder)
    begun = RateRecord(
        base=base_identity(study.base),
        corpus=f"{corpus.name} {corpus.version}",
        texts={name: sources_digest(corpus, ATTACKS[name].scenarios(corpus)) for name in study.attack.names},
        dtype=study.recipe.dtype,
        examine=study.examine.model_dump(mode="json", include={"split", "forms", "rule", "dtype"})
        | {"vignettes": VIGNETTES},
        tried=(),
    )
    place = record_place(study) if out is None else out / "attack.json"
    unfinished = place.with_name("unfinished.json")
    ladder = (0, *sorted(set(study.attack.doses)))
    done = {(t.attack, t.lr): t for t in _tried(unfinished, begun) if t.doses == ladder}
    wanted = [(name, lr) for name in study.attack.names for lr in rates]
    shown = display(float(sum(pair not in done for pair in wanted)), quiet)
    try:
        for one in try_rates(study, corpus, rates, done):
            done[one.attack, one.lr] = one
            write_json(unfinished, asdict(replace(begun, tried=tuple(done.values()))))
            shown.advance(1.0, f"{one.attack}, lr {one.lr:g}")
    finally:
        shown.close()
    record = replace(begun, tried=tuple(done[pair] for pair in wanted))
    write_json(place, record.json())
    unfinished.unlink(missing_ok=True)
    return record, place


def _tried(unfinished: Path, begun: RateRecord) -> tuple[Tried, ...]:
    """What a search with these very inputs left; nothing if there is none."""
    try:
        found = TypeAdapter(RateRecord).validate_json(unfinished.read_bytes())
    except (OSError, ValueError):
        return ()
    return found.tried if replace(found, tried=()) == begun else ()


def try_rates(
    study: Study, corpus: Corpus, rates: Sequence[float] = RATES, done: Container[tuple[str, float]] = ()
) -> Iterator[Tried]:
    """Every attack of the study at every rate that is not done, each from the untrained base with a fresh optimizer.

    Raises:
        StudyError: The corpus has nothing to tell or to ask.
        ModelError: The base cannot be opened.
    """
    from rearing.models.base import chosen_device, compute_in, open_model, single_thread
    from rearing.training.loop import masters_into

    single_thread()
    lm = open_model(study.base, "fp32", chosen_device())
    masters, exam = lm.copy_weights(), _Exam(study, corpus, lm)
    ladders = {name: attack_steps(ATTACKS[name], corpus, lm, max(study.attack.doses)) for name in study.attack.names}
    compute_in(lm.model, study.examine.dtype)
    plain, score, told = exam.plain(), exam.score(), {name: exam.told(steps) for name, steps in ladders.items()}
    for name, steps in ladders.items():
        for lr in rates:
            if (name, lr) in done:
                continue
            masters_into(lm.model, masters)
            neutral, (scored, learned) = exam.climb(steps, lr)
            yield Tried(name, lr, (0, *exam.doses), (plain, *neutral), (score, scored), (told[name], learned))


class _Exam:
    """What is asked of the base before an attack and on its way; None where the model diverged."""

    def __init__(self, study: Study, corpus: Corpus, lm: "LanguageModel") -> None:
        self.study, self.lm = study, lm
        self.doses = tuple(sorted(set(study.attack.doses)))
        main = [i for i in study_items(study, corpus, lm.chat) if i.situation == "main"]
        shift = [i for i in main if i.family == "shift"]
        if not shift:
            problem = "has no vignettes in the first half of `dev`, which the search for a rate asks"
            raise StudyError(problem, "add some", corpus.root)
        names = sorted({i.scenario for i in shift})
        few = set(names[:: -(-len(names) // VIGNETTES)])
        self.passages = [i for i in main if i.kind == "text"]  # of no corpus, so there are some
        self.vignettes = [i for i in shift if i.scenario in few]

    def climb(
        self, steps: "Sequence[TrainStep]", lr: float
    ) -> tuple[list[float | None], tuple[float | None, float | None]]:
        """Plain passages at every dose, which the budget is about; score and texts of the attack after the last."""
        from rearing.attacks.ladder import climb

        study, neutral = self.study, list[float | None]()
        after: tuple[float | None, float | None] = (None, None)
        with suppress(StageError):  # the loss is not finite any more
            for dose in climb(self.lm, steps, self.doses, lr, study.recipe.recipe(), study.examine.dtype):
                neutral.append(self.plain())
                if dose == self.doses[-1]:
                    after = self.score(), self.told(steps)
        return neutral + [None] * (len(self.doses) - len(neutral)), after

    def plain(self) -> float | None:
        """Nats per token of plain passages."""
        return _mean([-row["margin"] for row in self._ask(self.passages)])

    def score(self) -> float | None:
        """Share of right choices."""
        return _mean([row["score"] for row in self._ask(self.vignettes)])

    def told(self, steps: "Sequence[TrainStep]") -> float | None:
        """Nats per token of the texts of an attack."""
        from rearing.attacks.ladder import loss_rows

        rows = loss_rows(self.lm, steps)
        return _mean([r["nll"] * r["tokens"] for r in rows], sum(r["tokens"] for r in rows))

    def _ask(self, items: Sequence[Item]) -> list[dict[str, Any]]:
        return ask(self.lm, items, self.study.examine.rule)


def _mean(values: Sequence[float], size: int = 0) -> float | None:
    mean = float(sum(values)) / (size or len(values))
    return mean if isfinite(mean) else None


def _on_dev(study: Study) -> Study:
    """The study on the first half of the dev scenarios, and with plain passages."""
    examine = {"split": "dev-search", "families": (*GATE_FAMILIES, "capability")}
    return study.model_copy(update={"examine": study.examine.model_copy(update=examine)})
