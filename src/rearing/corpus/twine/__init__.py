"""Scenarios as branching stories for Twine, the editor of educators, in its text form Twee 3."""
