"""Properties of whole curricula: equal tokens, steps, order, warm-up, cool-down, atoms; and twins that are twins."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rearing.arms.audit.facts import Facts
from rearing.arms.audit.row import AuditRow, row
from rearing.arms.curriculum import Arm
from rearing.arms.order import ORDERS
from rearing.records.document import Curriculum, Document, Role

Curricula = Mapping[str, Sequence[Curriculum]]
Key = tuple[int, str, int]
"""Seed, lesson, and which telling of it."""
LEDGER = ("branching", "flat", "paraphrase")
"""Renderers that tell every narrative atom and the same evaluative ones."""
EXCHANGED: tuple[Role, ...] = ("choice", "verdict", "head", "rule")


def numbered(curricula: Sequence[Curriculum]) -> Iterator[tuple[Key, Document]]:
    """Every document but those of the warm-up, with its key."""
    for c in curricula:
        seen = Counter[str]()
        for step in c.steps:
            for d in step.documents if step.phase != "warmup" else ():
                seen[d.scenario] += 1
                yield (c.seed, d.scenario, seen[d.scenario]), d


def token_row(arms: Mapping[str, Mapping[Key, Facts]], matched: Sequence[str]) -> AuditRow:
    """Tokens document by document, hence by scenario, step and run; lost documents are another row's matter."""
    common = set.intersection(*(set(arms[name]) for name in matched)) if matched else set()
    sizes = ([arms[name][key].tokens for name in matched] for key in common)
    gap = float(max((max(s) - min(s) for s in sizes), default=0))
    values = {name: sum(f.tokens for f in facts.values()) / max(1, len(facts)) for name, facts in arms.items()}
    return row("tokens", "supervised tokens per document; gap is the largest of any scenario", values, gap, 0.0)


def step_rows(curricula: Curricula) -> tuple[AuditRow, ...]:
    """Equally many steps on the same lessons in every phase; and how many steps a stage has."""
    first = next(iter(curricula.values()))
    shapes = {name: [_shape(c) for c in cs] for name, cs in curricula.items()}
    wrong = _differing(shapes, [_shape(c) for c in first])
    steps = {name: sum(len(c.steps) for c in cs) / len(cs) for name, cs in curricula.items()}
    least = {name: min(min(_steps_a_stage(c).values(), default=0.0) for c in cs) for name, cs in curricula.items()}
    return (
        row("steps", "optimizer steps a run; gap: runs with other steps or lessons", steps, wrong, 0.0),
        row("stage_steps", "steps on a stage in the ordered phase, the fewest", least, max(least.values()), None),
    )


def _shape(c: Curriculum) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """How many steps a phase has, and which lessons they tell."""
    return (
        Counter(s.phase for s in c.steps),
        Counter((s.phase, d.scenario) for s in c.steps for d in s.documents),
    )


def _steps_a_stage(c: Curriculum) -> dict[int, float]:
    """Ordered steps by stage; a step with lessons of several stages counts for each by its share."""
    steps: dict[int, float] = {}
    for s in c.steps:
        for d in s.documents if s.phase == "ordered" else ():
            steps[d.stage] = steps.get(d.stage, 0.0) + 1 / len(s.documents)
    return steps


def order_row(curricula: Curricula, arms: Mapping[str, Arm]) -> AuditRow:
    """Runs whose stages do not come as their order promises, or other than in another arm of the same order and dose.

    Args:
        curricula: Of straight arms and other doses.
        arms: Their parts, by name.
    """
    wrong, seen = 0, dict[tuple[str, float, int], list[tuple[str, int]]]()
    for name, cs in curricula.items():
        order, dose = arms[name].order, arms[name].dose
        for c in cs:
            fed = list(_told(c))
            lessons = [lesson for lesson, _ in fed]
            other = seen.setdefault((order, dose, c.seed), lessons)
            common = set(other) & set(lessons)
            same = [x for x in other if x in common] == [x for x in lessons if x in common]
            wrong += not (same and ORDERS[order].holds([stage for _, stage in fed]))
    return row("order", "runs that are not fed in the order of their arm", {}, float(wrong), 0.0)


def _told(c: Curriculum) -> Iterator[tuple[tuple[str, int], int]]:
    """What the ordered phase tells, step by step: lesson, which telling of it, and its stage."""
    seen = Counter[str]()
    for s in c.steps:
        for scenario, stage in {d.scenario: d.stage for d in s.documents}.items() if s.phase == "ordered" else ():
            seen[scenario] += 1
            yield (scenario, seen[scenario]), stage


def common_rows(curricula: Curricula) -> tuple[AuditRow, ...]:
    """Warm-up and cool-down are common to all arms."""
    warm = {name: [[d.text for d in _phase(c, "warmup")] for c in cs] for name, cs in curricula.items()}
    cool = {
        name: [list(dict.fromkeys(d.scenario for d in _phase(c, "cooldown"))) for c in cs]
        for name, cs in curricula.items()
    }
    return (
        row("warmup", "runs with another warm-up", {}, _differing(warm, next(iter(warm.values()))), 0.0),
        row("cooldown", "runs with another cool-down", {}, _differing(cool, next(iter(cool.values()))), 0.0),
    )


def _differing(found: Mapping[str, Sequence[object]], wanted: Sequence[object]) -> float:
    return float(sum(a != b for per_seed in found.values() for a, b in zip(per_seed, wanted, strict=False)))


def _phase(c: Curriculum, phase: str) -> list[Document]:
    return [d for s in c.steps if s.phase == phase for d in s.documents]


def ledger_row(arms: Mapping[str, Mapping[Key, Facts]], renderers: Mapping[str, str]) -> AuditRow | None:
    """Proposition ledger: `branching`, `flat`, `paraphrase` state the same atoms; None if fewer than two are there."""
    told = {name: facts for name, facts in arms.items() if renderers[name] in LEDGER}
    if len({renderers[name] for name in told}) < 2:
        return None
    ledgers = {name: {key: _atoms(f.document) for key, f in facts.items()} for name, facts in told.items()}
    one, *others = ledgers.values()
    lost = sum(one[key] != other[key] for other in others for key in one.keys() & other.keys())
    values = {name: sum(map(Counter.total, ledger.values())) / len(ledger) for name, ledger in ledgers.items()}
    return row("propositions", "atoms told; gap: documents with other atoms", values, float(lost), 0.0)


def _atoms(d: Document) -> Counter[tuple[str, str]]:
    """Every atom, and the text of the narrative ones; evaluative ones have two wordings."""
    return Counter((s.atom, "" if s.words else s.text) for s in d.sentences if s.atom)


def twin_row(curricula: Curricula, twins: Mapping[str, str]) -> AuditRow | None:
    """Twins are fed as their arm is, step by step, but for the exchanged options; None if there are none.

    Args:
        curricula: Of all arms, twins included.
        twins: Arm by the name of its twin.
    """
    if not twins:
        return None
    wrong = 0
    for twin, arm in twins.items():
        straight = {c.seed: c for c in curricula[arm]}
        wrong += sum(_wrong(straight.get(two.seed), two) for two in curricula[twin])
    text = "twin documents that differ in more than the exchanged options, and twin runs with other steps"
    return row("twins", text, {}, float(wrong), 0.0)


def dose_row(curricula: Curricula, doses: Mapping[str, tuple[str, float]]) -> AuditRow | None:
    """Another dose of an arm tells every lesson so many times as often, up to dose 1 in the same documents.

    None if there is none.

    Args:
        curricula: Of all arms, other doses included, which may have fewer seeds.
        doses: Arm and dose by the name of the arm at that dose.
    """
    if not doses:
        return None
    found, wrong = dict[str, float](), 0
    for name, (arm, dose) in doses.items():
        plain, told = {c.seed: c for c in curricula[arm]}, curricula[name]
        pairs = [(dict(numbered([plain[c.seed]])), dict(numbered([c]))) for c in told]
        found[name] = sum(len(b) for _, b in pairs) / sum(len(a) for a, _ in pairs)
        for a, b in pairs:
            often = round(max(k[2] for k in a) * dose)
            wanted = {(seed, lesson, i) for seed, lesson, _ in a for i in range(1, often + 1)}
            wrong += len(wanted ^ b.keys()) + sum(a[k].text != b[k].text for k in a.keys() & b.keys())
    text = "documents as a multiple; gap: documents too many, lost, or with another text"
    return row("doses", text, found, float(wrong), 0.0)


def _wrong(one: Curriculum | None, two: Curriculum) -> int:
    """Documents of a twin run that differ in more; one besides if it is not fed like its arm, or has no such run."""
    if one is None:
        return 1
    straight, exchanged = dict(numbered([one])), dict(numbered([two]))
    differing = sum(not _twins(straight[key], exchanged[key]) for key in straight.keys() & exchanged.keys())
    return differing + (_fed(one) != _fed(two))


def _fed(c: Curriculum) -> list[tuple[str, list[str]]]:
    """What every step feeds: the lessons of its documents, in the warm-up the very texts."""
    return [(s.phase, [d.text if s.phase == "warmup" else d.scenario for d in s.documents]) for s in c.steps]


def _twins(one: Document, two: Document) -> bool:
    pairs = list(zip(one.sentences, two.sentences, strict=False))
    changed = {a.role for a, b in pairs if a.text != b.text}
    same = all((a.role, a.atom, a.words) == (b.role, b.atom, b.words) for a, b in pairs)
    return len(one.sentences) == len(two.sentences) and same and "verdict" in changed and changed <= set(EXCHANGED)
