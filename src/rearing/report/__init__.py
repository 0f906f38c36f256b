"""Write the report: one HTML file from evidence and its verdict. Judges nothing; no request leaves the page."""

from rearing.report.write import write_comparison, write_report

__all__ = ["write_comparison", "write_report"]
