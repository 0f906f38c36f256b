"""The learning rate of attacks: searched once on the untrained base under a budget of capability, then frozen.

The largest rate of a list written down before whose last dose makes the base read plain passages at most 5 % less well
(internalization.md section 1): an attack that breaks the model would show nothing about what it held.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearing.attacks.texts import ATTACKS, attack_steps
from rearing.corpus.load import Corpus, load_corpus
from rearing.evals.ask import ask
from rearing.models.identity import base_identity
from rearing.records.item import Item
from rearing.store.artifacts import finite, write_json
from rearing.study.items import study_items
from rearing.study.job import sources_digest
from rearing.study.schema import GATE_FAMILIES, Study, load_study

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel

RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3)
VIGNETTES = 10
"""Of the dev scenarios: enough to see how a score moves, on which nothing is decided here."""
BUDGET = 0.05
"""How much the negative log-likelihood of plain passages may rise, as a share of what it was."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One rate under one attack, from before it to its last dose.

    Attributes:
        score: Share of right choices in the main situation of dev vignettes, before and after.
        neutral: Nats per token of plain passages.
        told: Nats per token of the texts of the attack.
    """

    attack: str
    lr: float
    score: tuple[float, float]
    neutral: tuple[float, float]
    told: tuple[float, float]

    @property
    def rise(self) -> float:
        """Of the neutral negative log-likelihood, as a share of what it was."""
        return self.neutral[1] / self.neutral[0] - 1

    @property
    def within(self) -> bool:
        """Whether it keeps to the budget."""
        return self.rise <= BUDGET


def search_rate(path: Path, out: Path | None = None) -> tuple[dict[str, Any], Path]:
    """Try every rate under every attack of a study, and write `attack.json`.

    Args:
        path: Study file.
        out: Folder; `runs/<name of the study>-attack` if None.

    Returns:
        The record, and where it is.

    Raises:
        StudyError: The study or its corpus cannot be used.
        ModelError: The base cannot be opened.
    """
    study = _on_dev(load_study(path))
    corpus = load_corpus(study.corpus_folder)
    tried = list(try_rates(study, corpus))
    record = {
        "setting": {
            "base": base_identity(study.base),
            "corpus": f"{corpus.name} {corpus.version}",
            "texts": {name: sources_digest(corpus, ATTACKS[name].scenarios(corpus)) for name in study.attack.names},
            "dose": max(study.attack.doses),
            "recipe": study.recipe.model_dump(mode="json", exclude={"lr", "warmup_steps"}),
            "examine": study.examine.model_dump(mode="json", include={"split", "forms", "rule", "dtype"})
            | {"vignettes": VIGNETTES},
        },
        "rates": list(RATES),
        "budget": BUDGET,
        "tried": [finite(asdict(t) | {"rise": t.rise, "within": t.within}) for t in tried],
        "chosen": chosen(tried),
    }
    place = (out or Path("runs") / f"{study.name}-attack") / "attack.json"
    write_json(place, record)
    return record, place


def chosen(tried: Sequence[Tried]) -> float | None:
    """The largest rate that keeps to the budget under every attack; None if none does."""
    beyond = {t.lr for t in tried if not t.within}
    return max((t.lr for t in tried if t.lr not in beyond), default=None)


def try_rates(study: Study, corpus: Corpus, rates: Sequence[float] = RATES) -> Iterator[Tried]:
    """Every attack of the study at every rate, each from the untrained base with a fresh optimizer."""
    from rearing.attacks.ladder import climb
    from rearing.models.base import chosen_device, compute_in, open_model, single_thread
    from rearing.training.loop import masters_into

    single_thread()
    table, recipe, dtype = study.attack, study.recipe.recipe(), study.examine.dtype
    lm = open_model(study.base, "fp32", chosen_device())
    masters = lm.copy_weights()
    main = [i for i in study_items(study, corpus, lm.chat) if i.situation == "main"]
    names = sorted({i.scenario for i in main if i.family == "shift"})
    few = set(names[:: -(-len(names) // VIGNETTES)])
    items = [i for i in main if i.kind == "text" or (i.family == "shift" and i.scenario in few)]
    ladders = {name: attack_steps(ATTACKS[name], corpus, lm, max(table.doses)) for name in table.names}
    compute_in(lm.model, dtype)
    asked, told = _asked(study, lm, items), {name: _told(lm, steps) for name, steps in ladders.items()}
    for name, steps in ladders.items():
        for lr in rates:
            masters_into(lm.model, masters)
            for _ in climb(lm, steps, (len(steps),), lr, recipe, dtype):
                score, neutral = zip(asked, _asked(study, lm, items), strict=True)
                yield Tried(name, lr, score, neutral, (told[name], _told(lm, steps)))


def _on_dev(study: Study) -> Study:
    """The study on the first half of the dev scenarios, and with plain passages."""
    examine = {"split": "dev-search", "families": (*GATE_FAMILIES, "capability")}
    return study.model_copy(update={"examine": study.examine.model_copy(update=examine)})


def _asked(study: Study, lm: "LanguageModel", items: Sequence[Item]) -> tuple[float, float]:
    """Share of right choices, and nats per token of plain passages."""
    rows = ask(lm, items, study.examine.rule)
    scores = [row["score"] for row in rows if row["family"] == "shift"]
    nats = [-row["margin"] for row in rows if row["kind"] == "text"]
    return sum(scores) / len(scores), sum(nats) / len(nats)


def _told(lm: "LanguageModel", steps: Sequence[Any]) -> float:
    """Nats per token of the texts of an attack."""
    from rearing.attacks.ladder import loss_rows

    rows = loss_rows(lm, steps)
    return float(sum(r["nll"] * r["tokens"] for r in rows) / sum(r["tokens"] for r in rows))


def rate_table(record: dict[str, Any]) -> str:
    """The table for docs/attacks.md and the terminal."""
    lines = [
        "| attack | lr | score | neutral NLL | rise | NLL of its texts | budget |",
        "|---|---|---|---|---|---|---|",
    ]
    for t in record["tried"]:
        score, neutral, told = (" → ".join(map(_shown, t[key])) for key in ("score", "neutral", "told"))
        kept, rise = "within" if t["within"] else "beyond", _shown(t["rise"], "+.1%")
        lines.append(f"| {t['attack']} | {t['lr']:g} | {score} | {neutral} | {rise} | {told} | {kept} |")
    picked = record["chosen"]
    end = f"lr = {picked:g}" if picked else "no rate of the list keeps to the budget"
    return "\n".join([*lines, "", f"Chosen, the largest that keeps to the budget of {record['budget']:.0%}: {end}"])


def _shown(value: float | None, form: str = ".3f") -> str:
    return "diverged" if value is None else format(value, form)
