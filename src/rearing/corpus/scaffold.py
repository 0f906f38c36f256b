"""A new scenario file with comments: every value that only an author can give stands in angle brackets."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rearing.corpus.lint import STAGE_PREFIX
from rearing.errors import ScenarioError

BLANKS = Path(__file__).with_name("blanks")
KINDS = {letter: kind for kind, letter in STAGE_PREFIX.items() if kind in ("lesson", "vignette")}
NAME = re.compile(r"(?P<kind>[lv])(?P<stage>[1-6])-[a-z0-9]+(?:-[a-z0-9]+)*")
LADDER = {
    1: "seen need: one other person, present, an immediate effect",
    2: "other minds: accident or purpose, ignorance, a false belief",
    3: "word and turn: a promise, a share, reliance on somebody's word",
    4: "rules, roles, numbers: what they are for",
    5: "goods in conflict: two legitimate claims, one plainly weightier here",
    6: "alone with it: nobody checks, the outcome is uncertain, people unknown or in the future",
}
"""Stages as docs/corpus.md describes them."""


def scaffold(name: str, date: str) -> str:
    """The text of a scenario file of this id, which says kind and stage: `l2-borrowed-bike`, `v4-night-shift`.

    Args:
        name: Id of the scenario and stem of its file.
        date: When it is written, as YYYY-MM-DD.

    Raises:
        ScenarioError: The id is malformed.
    """
    found = NAME.fullmatch(name)
    if not found:
        raise ScenarioError(
            f"{name!r} is no id of a lesson or vignette",
            "write l or v, the stage 1 to 6, and a few lower-case words with dashes, like l2-borrowed-bike",
        )
    kind, stage = KINDS[found["kind"]], int(found["stage"])
    environment = Environment(
        loader=FileSystemLoader(BLANKS), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.get_template(f"{kind}.yaml.jinja").render(
        id=name,
        kind=kind,
        stage=stage,
        ladder=LADDER[stage],
        remoteness={4: 1, 5: 1, 6: 2}.get(stage, 0),
        date=date,
    )
