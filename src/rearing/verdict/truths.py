"""Planted truths and what the verdict must make of them: the rows of `rearing calibrate`.

Source: verdict.md section 8 for C1 to C13, amended where DESIGN section 8 changed the rule; C22 and on are the truths
that it added. `docs/decisions/0013` says what was amended.
"""

from dataclasses import dataclass, replace

from rearing.records.plan import Look
from rearing.verdict.conclude import Finding
from rearing.verdict.facts import AGENTIC, CLAUSES, FORMAT_NEUTRAL, REPRESENTATIONAL
from rearing.verdict.planted import CAPABILITY, NORMAL, Truth, everywhere

SEEDS, SCENARIOS = 10, 400
LOOKS = (Look(seeds=6, alpha=0.005), Look(seeds=10, alpha=0.008), Look(seeds=16, alpha=0.012))


@dataclass(frozen=True, slots=True)
class Limit:
    """What share of studies must end so.

    Attributes:
        ends: A verdict, a row of the table, or a reason or its beginning.
        least, most: Bounds of the share.
    """

    ends: str
    least: float = 0.0
    most: float = 1.0

    def counts(self, finding: Finding) -> bool:
        """Whether a study ended so."""
        return self.ends in (finding.word, finding.row.name) or any(r.startswith(self.ends) for r in finding.reasons)


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted truth, the size of the study, and its limits. `mean_seeds` bounds the seeds used at looks."""

    id: str
    text: str
    truth: Truth
    limits: tuple[Limit, ...]
    seeds: int = SEEDS
    scenarios: int = SCENARIOS
    mean_seeds: float | None = None


def most(ends: str, share: float) -> Limit:
    """At most this share of studies ends so."""
    return Limit(ends, most=share)


def least(ends: str, share: float) -> Limit:
    """At least this share of studies ends so."""
    return Limit(ends, least=share)


def gain(**labels: dict[str, float]) -> Truth:
    """Arms that add something to the base rate."""
    return Truth(gains=labels)


SOUND = most("INVALID", 0.02)  # C12
NO_SUPPORT, NO_DEMOTION = most("SUPPORTED", 0.0), most("DEMOTED", 0.0)
NOTHING = Truth()
AT_MARGIN = gain(BD={AGENTIC: 0.05})
TEN = gain(BD=everywhere(0.10))
# Under normal conditions there must be room above.
ROOM = {NORMAL: 0.80}
MORE = Truth(gains={"BD": everywhere(0.10, NORMAL)}, base=ROOM)
FOUR = ("BD", "P", "PD", "FS", "FPS")
IDLE = everywhere(-0.14, NORMAL)
DOSED = replace(MORE, doses={"P": (0.5, 2.0), "FS": (0.5, 2.0)})
HALF = everywhere(-0.05, NORMAL)
TWIN_DROPS = dict.fromkeys(("BD", "P", "FS"), 0.10)


def _dosed(at_double: dict[str, float]) -> Truth:
    gains = {"Px0.5": HALF, "FSx0.5": HALF, "Px2": at_double, "FSx2": at_double}
    return replace(DOSED, gains={**DOSED.gains, **gains})


def _clauses(*failing: str) -> Truth:
    shown = {c: 0.0 if c in failing else 0.10 for c in CLAUSES}
    return Truth(gains={"BD": everywhere(0.10) | shown}, clauses=CLAUSES)


TRUTHS: tuple[Planted, ...] = (
    Planted("C1", "structure adds nothing", NOTHING, (least("DEMOTED", 0.90), most("SUPPORTED", 0.005), SOUND)),
    Planted(
        "C2", "+2.5 points in all gates, half the margin", gain(BD=everywhere(0.025)), (most("SUPPORTED", 0.025), SOUND)
    ),
    Planted("C3", "+5 points on agentic alone: at the margin", AT_MARGIN, (most("DEMOTED", 0.05), SOUND)),
    Planted(
        "C3b", "the same, comparators P, PD, FS and FPS", replace(AT_MARGIN, arms=FOUR), (most("DEMOTED", 0.05), SOUND)
    ),
    Planted(
        "C4",
        "+7.5 points in all gates",
        gain(BD=everywhere(0.075)),
        (least("SUPPORTED", 0.90), most("DEMOTED", 0.005), SOUND),
    ),
    Planted("C5", "+10 points in all gates", TEN, (least("SUPPORTED", 0.90), SOUND)),
    *(
        Planted(
            f"C6{letter}",
            f"+{100 * up:.0f} points on {gate} alone",
            gain(BD={gate: up}),
            (most("SUPPORTED", 0.025), most("DEMOTED", 0.005), least("narrow", 0.90), SOUND),
        )
        for letter, gate, up in (("a", AGENTIC, 0.10), ("b", FORMAT_NEUTRAL, 0.20))
    ),
    Planted(
        "C7",
        "+10 points on agentic and representational",
        gain(BD={AGENTIC: 0.10, REPRESENTATIONAL: 0.10}),
        (least("SUPPORTED", 0.80), SOUND),
    ),
    Planted(
        "C8", "structure is worse by 5 points", gain(BD=everywhere(-0.05)), (least("DEMOTED", 0.95), NO_SUPPORT, SOUND)
    ),
    Planted(
        "C9",
        "BD = FS, both 10 points above P: content, not structure",
        gain(BD=everywhere(0.10), FS=everywhere(0.10)),
        (least("same_content_flat", 0.80), most("failure_condition", 0.025), most("SUPPORTED", 0.025), SOUND),
    ),
    Planted(
        "C10",
        "+10 points in all gates and under normal conditions",
        MORE,
        (least("learned_more", 0.95), most("SUPPORTED", 0.005)),
    ),
    Planted("C11", "nobody learned anything", Truth(learned=0.0), (least("INVALID", 0.90), most("DEMOTED", 0.005))),
    Planted(
        "C13a", "looks at 6, 10, 16: at the margin", replace(AT_MARGIN, looks=LOOKS), (most("DEMOTED", 0.05),), seeds=16
    ),
    Planted(
        "C13b",
        "looks at 6, 10, 16: structure adds nothing",
        replace(NOTHING, looks=LOOKS),
        (least("DEMOTED", 0.95),),
        seeds=16,
        mean_seeds=12,
    ),
    Planted(
        "C22",
        "P learned, branching and flat stayed where U is",
        gain(BD=IDLE, FS=IDLE),
        (least("failure_condition", 0.95), most("INVALID", 0.005)),
    ),
    Planted(
        "C23",
        "C10 with every clause of internalized true",
        replace(MORE, gains={"BD": everywhere(0.10, NORMAL, *CLAUSES)}, clauses=CLAUSES),
        (least("learned_more", 0.95), most("internalisation_shown", 0.0)),
    ),
    Planted(
        "C24a", "agentic without assay, +10 points", replace(TEN, assays={AGENTIC: "FAIL"}), (NO_SUPPORT, NO_DEMOTION)
    ),
    Planted(
        "C24b",
        "representational without assay, nothing",
        replace(NOTHING, assays={REPRESENTATIONAL: "NONE"}),
        (least("representation_untested", 1.0), NO_SUPPORT, NO_DEMOTION),
    ),
    Planted(
        "C24c",
        "assay PASS, but nobody moved agentic in the study",
        Truth(gains={c: {AGENTIC: -0.14} for c in ("BD", "P", "FS")}),
        (most("DEMOTED", 0.005), NO_SUPPORT),
    ),
    Planted(
        "C25",
        "+10 points by exposure: the twin has them, too (4 twin seeds)",
        replace(TEN, twin_drops=TWIN_DROPS, twin_seeds=4),
        (least("exposure", 0.90), most("SUPPORTED", 0.025)),
    ),
    Planted(
        "C26",
        "+10 points by values: the twin falls by as much (4 twin seeds)",
        replace(TEN, twin_drops=TWIN_DROPS | {"BD": 0.30}, twin_seeds=4),
        (least("SUPPORTED", 0.85),),
    ),
    Planted(
        "C27a",
        "+10 points on gates 1 and 2, seeds .5 alike: two findings",
        gain(BD={FORMAT_NEUTRAL: 0.10, AGENTIC: 0.10}),
        (least("SUPPORTED", 0.75), SOUND),
    ),
    Planted(
        "C27b",
        "+15 points on gates 1, 2: one instrument (16 seeds, SD 4 points)",
        replace(gain(BD={FORMAT_NEUTRAL: 0.15, AGENTIC: 0.15}), one_instrument=True, seed_sd=0.04),
        (most("SUPPORTED", 0.10),),
        seeds=16,
    ),
    Planted(
        "C28a", "seeds shared by the arms (.8), nothing", replace(NOTHING, pairing=0.8), (least("DEMOTED", 0.95), SOUND)
    ),
    Planted(
        "C28b",
        "seeds shared by the arms (.8), at the margin",
        replace(AT_MARGIN, pairing=0.8),
        (most("DEMOTED", 0.05), SOUND),
    ),
    Planted(
        "C29a",
        "C10, comparators at twice the dose reach `normal` and not the gates",
        _dosed({NORMAL: 0.10}),
        (least("dose_matched", 0.80),),
    ),
    Planted(
        "C29b",
        "C10, comparators at twice the dose reach the gates, too",
        _dosed(everywhere(0.10, NORMAL)),
        (least("learned_more", 0.90), most("SUPPORTED", 0.025)),
    ),
    Planted("C30a", "+10 points in all gates and in every clause", _clauses(), (least("internalisation_shown", 0.80),)),
    Planted(
        "C30b",
        "+10 points in all gates and in every clause but one",
        _clauses("causal"),
        (most("internalisation_shown", 0.025), least("SUPPORTED", 0.90)),
    ),
    Planted(
        "C31",
        "+10 points in all gates, 10 less in capability",
        gain(BD=everywhere(0.10) | {CAPABILITY: -0.10}),
        (most("SUPPORTED", 0.005),),
    ),
)
