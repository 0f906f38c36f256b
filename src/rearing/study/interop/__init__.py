"""Other people's tools on our items, and our models in them: lm-eval task folders, an Inspect AI provider and tasks.

An item travels as JSON and is scored by `evals.ask`, whoever asked it, so that a number is the same in every tool.
"""
