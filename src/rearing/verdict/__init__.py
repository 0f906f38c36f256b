"""From tables to one of four verdicts, by a rule fixed before the data. Sees tables only and never loads torch."""

from rearing.verdict.evidence import load_evidence, save_verdict, verify, write_verdict
from rearing.verdict.judge import judge_evidence

__all__ = ["judge_evidence", "load_evidence", "save_verdict", "verify", "write_verdict"]
