"""Study file in, evidence and verdict out. `run.py` reads like a table of contents."""
