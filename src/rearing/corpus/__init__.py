"""Scenario files in, scenario graphs out: load, lint, fill. Private text is skipped."""
