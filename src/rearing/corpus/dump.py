"""The text of a scenario file, laid out as docs/corpus.md writes one."""

import re
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

ORDER = """
id kind split title theme domain stage social_domain foundations people slots remoteness institutional setting main twin
minds affected options excuse principle provenance review
""".split()
BARE = re.compile(r"[A-Za-z][\w.-]*")
"""What needs no quotes; ruamel.yaml knows the words that are no text."""
IN_LINES = {"", "setting", "options", "then", "reflection", "principle"}
"""What stands in lines of its own; everything else that holds no long list stands in one line."""


def write_yaml(data: dict[str, Any]) -> str:
    """A scenario file with these keys, in the order of docs/corpus.md; what is unknown comes last."""
    known = sorted(data, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    return print_yaml(laid_out({name: data[name] for name in known}, ""))


def print_yaml(tree: Any) -> str:
    """The text of a tree of ruamel.yaml, with its comments."""
    yaml, stream = YAML(), StringIO()
    yaml.width = 4096
    yaml.dump(tree, stream)
    return stream.getvalue()


def quoted(text: str) -> str:
    """The text, to be written in double quotes."""
    made: str = DoubleQuotedScalarString(text)
    return made


def laid_out(node: Any, key: str) -> Any:
    """A value as a tree of ruamel.yaml; `key` is the one under which it stands."""
    if isinstance(node, dict):
        made: Any = CommentedMap({name: laid_out(value, str(name)) for name, value in node.items()})
    elif isinstance(node, list):
        made = CommentedSeq([laid_out(value, key) for value in node])
    else:
        return quoted(node) if isinstance(node, str) and not BARE.fullmatch(node) else node
    parts = node.values() if isinstance(node, dict) else node
    if key not in IN_LINES and (isinstance(node, dict) or not any(isinstance(part, dict) for part in parts)):
        made.fa.set_flow_style()
    return made
