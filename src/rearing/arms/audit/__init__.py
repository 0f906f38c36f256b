"""The audit: are the arms matched? Every row is one measured gap against its limit, or a reported number."""

from collections.abc import Mapping, Sequence

from rearing.arms.audit.classifier import overlap_f1, separability
from rearing.arms.audit.facts import Facts, Known, measure
from rearing.arms.audit.metrics import METRICS, mention_rows, phrasing_row
from rearing.arms.audit.row import AuditRow, row
from rearing.arms.audit.structure import (
    Curricula,
    Key,
    common_rows,
    dose_row,
    ledger_row,
    numbered,
    order_row,
    step_rows,
    token_row,
    twin_row,
)
from rearing.arms.curriculum import arm
from rearing.arms.tokens import Count, counter
from rearing.records.document import Curriculum

__all__ = ["AuditRow", "audit", "row"]
DOCUMENTS = 400
"""So many of an arm are enough for the adversary, whose time grows with their cube."""
LEAST_SHARED = {"flat": 0.80, "principled": 0.55}
"""Limits of corpus.md section 3.4 on the content words shared with `branching`, by renderer."""


def audit(curricula: Curricula, count: Count | None = None) -> tuple[AuditRow, ...]:
    """The parity certificate of a study.

    Gates hold between arms of matched renderers; of the others values are shown. Twins differ from their arms in
    length by what two phrases differ, other doses in how often they tell a lesson: both have a row of their own and
    stay out of the equalities.

    Args:
        curricula: By arm name, one curriculum a seed; a twin may have fewer seeds.
        count: Tokens of a text; by the shipped tokenizer if nothing is given.
    """
    parts = {name: arm(name) for name in curricula}
    straight = {name: cs for name, cs in curricula.items() if name == parts[name].plain}
    twins = {name: a.plain for name, a in parts.items() if a.flipped and a.plain in straight}
    doses = {name: a for name, a in parts.items() if a.dose != 1}
    matched = [name for name in straight if parts[name].renderer.matched]
    known: Known = {}
    arms = {name: _facts(cs, count or counter(), known) for name, cs in straight.items()}
    lists = {name: list(facts.values()) for name, facts in arms.items()}
    renderers = {name: parts[name].renderer.name for name in straight}
    rows = [
        token_row(arms, matched),
        *step_rows({name: straight[name] for name in matched or straight}),
        order_row(straight | {n: curricula[n] for n in doses}, parts),
        *common_rows(straight),
        ledger_row(arms, renderers),
        twin_row(curricula, twins),
        dose_row(curricula, {name: (a.plain, a.dose) for name, a in doses.items() if a.plain in straight}),
        *mention_rows(lists, matched),
        *(metric.row(lists, matched) for metric in METRICS),
        phrasing_row(arms, matched),
        *_adversary(arms, renderers, matched),
    ]
    return tuple(r for r in rows if r is not None)


def _facts(per_seed: Sequence[Curriculum], count: Count, known: Known) -> dict[Key, Facts]:
    keys, documents = zip(*numbered(per_seed), strict=True)
    return dict(zip(keys, measure(documents, count, known), strict=True))


def _adversary(
    arms: Mapping[str, Mapping[Key, Facts]], renderers: Mapping[str, str], matched: Sequence[str]
) -> tuple[AuditRow, ...]:
    """How far the content words of the arms of other renderers tell them from the first arm.

    Of our own what is shared has a limit: `flat` tells the same atoms, `principled` is to be about the same case. An
    arm of somebody else may be as different as its author likes. The adversary is reported, though corpus.md section
    3.4 wants an AUC of .75 at most for `flat` and the shipped corpus has .57: the wording that matching gives to a
    reflection is a tell where all lessons have nearly the same reflections, so that a corpus of few words has .85 with
    every atom in its place.
    """
    one_each: dict[str, str] = {}
    for name in matched:
        one_each.setdefault(renderers[name], name)
    if len(one_each) < 2:
        return ()
    first, *others = one_each.values()
    f1, auc = dict[str, float](), dict[str, float]()
    for name in others:
        keys = sorted(arms[first].keys() & arms[name].keys())[:DOCUMENTS]
        one, two = [arms[first][k] for k in keys], [arms[name][k] for k in keys]
        f1[name], auc[name] = overlap_f1(one, two), separability(one, two)
    rows = [
        row("content", f"content words shared with {first}, F1", f1, min(f1.values()), None),
        row("adversary", f"content words tell the arm from {first}, AUC", auc, max(auc.values()), None),
    ]
    for name in others if renderers[first] == "branching" else ():
        if (least := LEAST_SHARED.get(its := renderers[name])) is not None:
            text = f"content words shared with {first}, F1; gap from 1"
            rows.append(row(f"content_{its}", text, {name: f1[name]}, 1 - f1[name], 1 - least))
    return tuple(rows)
