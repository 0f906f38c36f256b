"""From tables to one of four verdicts, by a rule fixed before the data. Sees tables only and never loads torch."""

from rearing.verdict.beside import bring, hold_beside
from rearing.verdict.evidence import load_evidence, save_verdict, verify, write_verdict
from rearing.verdict.judge import judge_evidence
from rearing.verdict.power import power_of

__all__ = [
    "bring",
    "hold_beside",
    "judge_evidence",
    "load_evidence",
    "power_of",
    "save_verdict",
    "verify",
    "write_verdict",
]
