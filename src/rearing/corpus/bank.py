"""A corpus as a whole: is it large enough, do its parts stay apart, and does a policy without morals get half?"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from rearing.corpus.bags import given_away, most_alike, words
from rearing.corpus.fill import NAMES
from rearing.corpus.lint import lint_scenario, option_phrases, sentences
from rearing.corpus.load import Corpus
from rearing.records.scenario import FOUNDATIONS, AttackScenario, Lesson, Option, Scenario, Vignette

STAGES = range(1, 7)
LARGE_BANK = 240
REPORTED = "reported"
Matrix = np.ndarray[Any, np.dtype[np.float64]]

_WARM = r"""
help(?:s|ed|ing)?|thank(?:s|ed|ing)?|offer(?:s|ed|ing)?|shar(?:e|es|ed|ing)|giv(?:e|es|ing)|gave|welcom(?:e|es|ed|ing)|greet(?:s|ed|ing)?
|invit(?:e|es|ed|ing)|comfort(?:s|ed|ing)?|support(?:s|ed|ing)?|prais(?:e|es|ed|ing)|smil(?:e|es|ed|ing)|apologi[sz]\w+|sav(?:e|es|ed|ing)
|car(?:e|es|ed|ing)|gently|warn(?:s|ed|ing)?|protect(?:s|ed|ing)?|safe(?:ly)?|listen(?:s|ed|ing)?|join(?:s|ed|ing)?|visit(?:s|ed|ing)?
"""
_COLD = r"""
ignor(?:e|es|ed|ing)|refus(?:e|es|ed|ing)|hid(?:e|es|ing|den)|leav(?:e|es|ing)|left|den(?:y|ies|ied|ying)|drop(?:s|ped|ping)?
|skip(?:s|ped|ping)?|laugh(?:s|ed|ing)?|complain\w*|shout(?:s|ed|ing)?|cut(?:s|ting)?|delet(?:e|es|ed|ing)|thr(?:ow|ows|owing|ew)
|reject(?:s|ed|ing)?|cancel\w*|push(?:es|ed|ing)?|scold(?:s|ed|ing)?|accus(?:e|es|ed|ing)|tak(?:e|es|ing)|took|block(?:s|ed|ing)?
"""
WARM, COLD = (re.compile(rf"\b(?:{''.join(words.split())})\b", re.IGNORECASE) for words in (_WARM, _COLD))
CUES: dict[str, Callable[[Option], float]] = {
    "act": lambda o: float(o.act == "act"),
    "quick": lambda o: float(o.pace == "quick"),
    "payoff": lambda o: float(o.payoff),
    "words": lambda o: float(len(o.inf.split())),
    "sentiment": lambda o: float(len(WARM.findall(o.inf)) - len(COLD.findall(o.inf))),
}
"""What can be seen of an option without understanding the scenario; `sentiment` is warm minus cold words of `inf`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankRow:
    """One property of a corpus against its limit, in words with the number; `reported` if it has none."""

    name: str
    text: str
    value: float
    limit: str
    passed: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @property
    def mark(self) -> str:
        """Of a row without a limit nothing."""
        return "FAIL" if not self.passed else "" if self.limit == REPORTED else "ok"

    def __str__(self) -> str:
        return f"{self.mark:<4} {self.name:<22} {self.value:>8.3f}  {self.limit:<8} {self.text}"


def _most(name: str, text: str, value: float, limit: float) -> BankRow:
    return BankRow(name=name, text=text, value=value, limit=f"<= {limit:g}", passed=bool(value <= limit))


def _least(name: str, text: str, value: float, limit: float) -> BankRow:
    return BankRow(name=name, text=text, value=value, limit=f">= {limit:g}", passed=bool(value >= limit))


def _reported(name: str, text: str, value: float) -> BankRow:
    return BankRow(name=name, text=text, value=value, limit=REPORTED, passed=True)


def check_corpus(corpus: Corpus) -> list[BankRow]:
    """Every row that a corpus must pass to be released (DESIGN section 4, at the sizes of release 1.0)."""
    exam = [v for v in corpus.vignettes if v.split != "dev"]
    rows = [_lint_row(corpus), *_count_rows(corpus), *_apart_rows(corpus)]
    for name, bank in (("lessons", corpus.lessons), ("exam", exam)):
        if bank:
            rows += _balance_rows(name, bank)
    return [*rows, *_told_rows(corpus, exam), *_ladder_rows(corpus.lessons)]


def _lint_row(corpus: Corpus) -> BankRow:
    broken = [s.id for s in corpus.scenarios if lint_scenario(s, corpus.sources[s.id])]
    return _most("lint", _listed("files that break a rule", broken), len(broken), 0)


def _deep_share(lessons: Sequence[Lesson]) -> float:
    return sum(x.deep for x in lessons) / max(1, len(lessons))


def _listed(text: str, found: Sequence[str]) -> str:
    return text + (": " + ", ".join(found[:5]) + (", ..." if len(found) > 5 else "") if found else "")


def _count_rows(corpus: Corpus) -> list[BankRow]:
    stages = Counter[int](lesson.stage for lesson in corpus.lessons)
    splits = Counter(v.split for v in corpus.vignettes)
    return [
        _least("lessons", "lessons", len(corpus.lessons), 240),
        _least("lessons a stage", "lessons of the smallest stage", min(stages[stage] for stage in STAGES), 40),
        _least("lessons deep", "share of lessons with a fork inside a road", _deep_share(corpus.lessons), 0.2),
        _least("vignettes theme", "vignettes of held-out themes in known domains", splits["theme"], 120),
        _least("vignettes domain", "vignettes of held-out domains", splits["domain"], 120),
        _least("vignettes dev", "vignettes for tuning and difficulty", splits["dev"], 60),
        _least("attack", "scenarios for adversarial fine-tuning", len(corpus.attack), 40),
        _least("neutral", "scenarios without stakes", len(corpus.neutral), 40),
        *_breadth_rows(corpus.lessons),
    ]


def _breadth_rows(lessons: Sequence[Lesson]) -> Iterator[BankRow]:
    """No stage is about one thing: of its foundations the first counts, which is mainly at stake."""
    kinds: dict[str, Callable[[Lesson], str]] = {"foundation": lambda x: x.foundations[0], "domain": lambda x: x.domain}
    for name, kind in kinds.items():
        share, worst = max((_largest_share([kind(x) for x in lessons if x.stage == stage]), stage) for stage in STAGES)
        yield _most(f"{name} a stage", f"share of the most frequent {name} of a stage (stage {worst})", share, 0.4)
    missing = sorted(set(FOUNDATIONS) - {f for x in lessons for f in x.foundations})
    yield _most("foundations", _listed("foundations that no lesson is about", missing), len(missing), 0)


def _largest_share(values: Sequence[str]) -> float:
    return max(Counter(values).values(), default=0) / max(1, len(values))


def in_table(scenario: Scenario) -> tuple[Option, Option]:
    """Both options in the order of an export, where their place says nothing: by a hash of the id.

    In the files of authors the endorsed option comes first; `rearing` itself orders them by seed or asks both ways.
    """
    one, two = scenario.options
    return (one, two) if hashlib.sha256(scenario.id.encode()).digest()[-1] % 2 else (two, one)


def _told_rows(corpus: Corpus, exam: Sequence[Vignette]) -> list[BankRow]:
    """What gives the endorsed option away, though no limit is set: its place in an export, and its own words."""
    rated = [s for s in corpus.scenarios if {o.rating for o in s.options} == {"endorsed", "rejected"}]
    first = sum(in_table(s)[0].rating == "endorsed" for s in rated) / max(1, len(rated))
    words = (
        "share of `main` that words and pairs of words of the phrases give away, learned from lessons; `twin`: 1 - it"
    )
    return [
        _reported("first", "share of rated scenarios whose endorsed option comes first in an export", first),
        _reported("exam option words", words, given_away(corpus.lessons, exam)),
    ]


def split_of(scenario: Scenario) -> str:
    """Who may see a scenario: `train` (lessons and the warm-up), `dev`, `exam` or `attack`."""
    if isinstance(scenario, Vignette):
        return "dev" if scenario.split == "dev" else "exam"
    return "attack" if isinstance(scenario, AttackScenario) else "train"


def atoms(scenario: Scenario) -> Iterator[str]:
    """Every sentence and option phrase that the author wrote, with its placeholders."""
    for _, text, *_ in sentences(scenario):
        yield text
    yield from (text for _, text in option_phrases(scenario))
    for option in scenario.options:
        yield from (getattr(option.mf, form) for form in ("inf", "fin", "ger") if option.mf)
        if option.lab:
            yield option.lab


def word_sequences(scenario: Scenario, n: int) -> set[tuple[str, ...]]:
    """All runs of `n` words inside one atom; placeholders of names and slots are taken out first."""
    found: set[tuple[str, ...]] = set()
    for text in atoms(scenario):
        told = words(text)
        found.update(zip(*(told[i:] for i in range(n)), strict=False))
    return found


def _apart_rows(corpus: Corpus) -> list[BankRow]:
    twice = [
        value
        for values in ([s.id for s in corpus.scenarios], [s.theme.casefold().strip() for s in corpus.scenarios])
        for value, times in Counter(values).items()
        if times > 1
    ]
    overlap, pair = _overlap({s.id: word_sequences(s, 5) for s in corpus.scenarios})
    cosine, alike = most_alike({s.id: list(atoms(s)) for s in corpus.scenarios})
    crossing = _crossing(corpus.scenarios)
    names = Counter(name for pool in NAMES.values() for bank in pool.values() for name in bank)
    shared = [name for name, times in names.items() if times > 1]
    return [
        _most("themes", _listed("ids or themes used twice", twice), len(twice), 0),
        _most("overlap", f"largest 5-gram Jaccard of two scenarios ({pair})", overlap, 0.05),
        _reported("alike", f"largest cosine over weighted words of two scenarios ({alike})", cosine),
        _most("8-grams", _listed("runs of eight words in two of train, dev, exam, attack", crossing), len(crossing), 0),
        _most("names", _listed("names in two pools", shared), len(shared), 0),
    ]


def _overlap(sequences: dict[str, set[tuple[str, ...]]]) -> tuple[float, str]:
    """The largest Jaccard index of two scenarios; found by an index from sequence to scenarios."""
    holders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, found in sequences.items():
        for run in found:
            holders[run].append(name)
    shared = Counter(pair for names in holders.values() for pair in combinations(sorted(names), 2))
    jaccard = {(a, b): both / (len(sequences[a]) + len(sequences[b]) - both) for (a, b), both in sorted(shared.items())}
    if not jaccard:
        return 0.0, "none share any"
    worst = max(jaccard, key=lambda pair: jaccard[pair])
    return jaccard[worst], " and ".join(worst)


def _crossing(scenarios: Iterable[Scenario]) -> list[str]:
    holders: dict[tuple[str, ...], list[Scenario]] = defaultdict(list)
    for scenario in scenarios:
        for run in word_sequences(scenario, 8):
            holders[run].append(scenario)
    return sorted(
        f"{' '.join(run)!r} ({', '.join(s.id for s in found)})"
        for run, found in holders.items()
        if len({split_of(s) for s in found}) > 1
    )


def cue_differences(scenarios: Sequence[Scenario]) -> Matrix:
    """Endorsed minus rejected, one row a scenario, one column a cue of `CUES`."""
    return np.array(
        [[cue(s.option("endorsed")) - cue(s.option("rejected")) for cue in CUES.values()] for s in scenarios]
    )


def _balance_rows(name: str, bank: Sequence[Scenario]) -> list[BankRow]:
    differences = cue_differences(bank)
    rows = [
        _most(f"{name} {cue}", f"|r| of being endorsed with {cue}, within scenarios (r = {r:+.2f})", abs(r), 0.2)
        for cue, r in zip(CUES, correlations(differences), strict=True)
    ]
    large = len(bank) >= LARGE_BANK
    size = "" if large else f"; small bank of {len(bank)}, 0.55 from {LARGE_BANK} on"
    text = f"share of scenarios that a model of all cues gets right, left out one by one{size}"
    return [*rows, _most(f"{name} all cues", text, cue_accuracy(differences), 0.55 if large else 0.6)]


def correlations(differences: Matrix) -> list[float]:
    """Pearson correlation of being endorsed with each cue, both centred within the scenario.

    With two options a scenario this is mean(d) / root mean square(d). Centring keeps the differing lengths of scenarios
    from hiding that one option is always the longer.
    """
    size = np.sqrt((differences**2).mean(axis=0))
    return [float(m / s) if s else 0.0 for m, s in zip(differences.mean(axis=0), size, strict=True)]


def cue_accuracy(differences: Matrix, ridge: float = 1.0, rounds: int = 12) -> float:
    """Leave-one-scenario-out accuracy of a logistic choice model of all cues; a tie counts a half.

    The model is P(endorsed) = sigmoid(w . d) over cue differences d, without intercept, since which option stands first
    means nothing (Bradley & Terry 1952). Fitted by `rounds` Newton steps with a ridge penalty.
    """
    size = np.sqrt((differences**2).mean(axis=0))
    x_NC = differences / np.where(size > 0, size, 1.0)
    right = 0.0
    for i in range(len(x_NC)):
        rest, w_C = np.delete(x_NC, i, axis=0), np.zeros(x_NC.shape[1])
        for _ in range(rounds):
            p_N = 1 / (1 + np.exp(-rest @ w_C))
            hessian = (rest * (p_N * (1 - p_N))[:, None]).T @ rest + ridge * np.eye(len(w_C))
            w_C += np.linalg.solve(hessian, rest.T @ (1 - p_N) - ridge * w_C)
        right += 0.5 + 0.5 * float(np.sign(np.round(x_NC[i] @ w_C, 12)))
    return right / len(x_NC)


def difficulty(lesson: Lesson) -> int:
    """How hard a lesson is by its schema, a point each for what makes it harder (corpus.md section 4).

    The deepest mind beyond order 1; a false belief; each step of remoteness; a role, rule or metric in play; a delayed
    outcome; each affected party other than the actor.
    """
    outcomes = [o for option in lesson.options for o in option.outcomes]
    return (
        max((m.order for m in lesson.minds), default=1)
        - 1
        + any(not m.holds for m in lesson.minds)
        + lesson.remoteness
        + lesson.institutional
        + any(o.when == "later" for o in outcomes)
        + len(set(lesson.affected) - {"A"})
    )


def _without_inner_fork(lesson: Lesson) -> Lesson:
    one, two = lesson.options
    return replace(lesson, options=(replace(one, then=None), replace(two, then=None)))


def _ladder_rows(lessons: Sequence[Lesson]) -> list[BankRow]:
    """Stage goes with difficulty and not with length, but for the forks inside roads, which late stages have alone."""
    from scipy.stats import kendalltau, spearmanr  # takes a second to import, and few need it

    if len({lesson.stage for lesson in lessons}) < 2:
        return []
    stages = [lesson.stage for lesson in lessons]
    words = [sum(len(text.split()) for text in atoms(_without_inner_fork(lesson))) for lesson in lessons]
    tau = float(kendalltau(stages, [difficulty(lesson) for lesson in lessons]).statistic)
    # Equal lengths have no rank correlation with anything.
    rho = float(spearmanr(stages, words).statistic) if len(set(words)) > 1 else 0.0
    return [
        _least("stage, difficulty", "Kendall tau of stage with difficulty", 0.0 if np.isnan(tau) else tau, 0.8),
        _most(
            "stage, words", f"|Spearman rho| of stage with words, inner forks aside (rho = {rho:+.2f})", abs(rho), 0.3
        ),
    ]
