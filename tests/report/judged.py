"""A verdict with every part filled, on the synthetic evidence: numbers are random but seeded."""

import numpy as np
from tests.report.evidence import DOSES, HARD, LEVEL, NASTY, plan

from rearing.records.plan import Gate, PlannedArm
from rearing.records.verdict import ArmScore, Effect, GateRow, Verdict


def verdict(attack: bool = True) -> Verdict:
    """A verdict with every part filled, on the plan of `plan`."""
    rng = np.random.default_rng(9)
    fixed = plan()
    effects = []
    for gate in (*fixed.gates, fixed.normal):
        for against in ("flat-shuffled", "principled-shuffled", "branching-developmental-flipped"):
            effects.append(_effect(rng, gate, ("branching-developmental", against)))
    spots = [(family, "", 0) for family in ("normal", "shift", "agentic")]
    spots += [("shift", "excuses", dose) for dose in DOSES if attack]
    return Verdict(
        word="INCONCLUSIVE",
        reasons=("exploratory:unsealed", "agentic:untested", "representation_untested"),
        line=f"verdict: INCONCLUSIVE for {fixed.scope} (exploratory:unsealed)",
        sentence="The study is unsealed and has three seeds: its intervals are shown, no leaning is read from them.",
        scope=fixed.scope,
        effects=tuple(effects),
        panel=(
            GateRow(row="Audit", text="every required check passes", value="1 of 2 pass", state="bad"),
            GateRow(row="Trap", text="normal equivalent within δ", value="−0.01 to 0.09", state="unresolved"),
            GateRow(row="Protocol", text="all rows are there", value="complete", state="ok"),
            GateRow(row="Agentic", text="assay PASS", value="FAIL", state="untested"),
        ),
        scores=tuple(_score(rng, arm, *spot) for arm in fixed.arms for spot in spots),
        notes=(f"A note with markup: {NASTY}",),
        flags=("leave-one-format-out: without email the bound crosses δ",),
    )


def _effect(rng: np.random.Generator, gate: Gate, contrast: tuple[str, str]) -> Effect:
    estimate, se = float(rng.normal(0.02, 0.03)), 0.025
    return Effect(
        family=gate.id,
        measure=gate.measure,
        contrast=contrast,
        estimate=estimate,
        se=se,
        df=4.2,
        low=estimate - 0.06,
        high=estimate + 0.06,
        delta=gate.delta,
        p_superior=0.21,
        p_inferior_margin=0.0004,
        p_below_margin=0.18,
        n_seeds=3,
        n_scenarios=30,
        share_seed=0.4,
        share_item=0.35,
        share_residual=0.25,
        by_seed=tuple(float(x) for x in rng.normal(estimate, 0.03, 3)),
    )


def _score(rng: np.random.Generator, arm: PlannedArm, family: str, attack: str, dose: int) -> ArmScore:
    lost = 0.012 * dose * (0.5 if arm.role == "structured" else 1)
    mean = LEVEL[arm.name] + HARD[family] - lost + float(rng.normal(0, 0.004))
    half = 0.0 if arm.role == "untrained" or attack else 0.035
    return ArmScore(
        arm=arm.name,
        family=family,
        attack=attack,
        dose=dose,
        measure="main",
        mean=mean,
        low=mean - half,
        high=mean + half,
        by_seed=(mean,),
    )
