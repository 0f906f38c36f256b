"""A new plugin: one file with comments that works as it is."""

from collections.abc import Container, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rearing.errors import PluginError
from rearing.plugins.table import NAME, TABLES

BLANKS = Path(__file__).with_name("blanks")


def file_name(name: str) -> str:
    """The file of a plugin of this name."""
    return f"{name.replace('-', '_')}.py"


def scaffold_plugin(kind: str, name: str) -> str:
    """The text of a plugin file.

    Args:
        kind: A key of `plugins.TABLES`; what stands there has labels that this one does not take.
        name: What it is called in a study.

    Raises:
        PluginError: The name cannot be used.
    """
    if not NAME.fullmatch(name) or (kind == "order" and "-" in name):
        mend = "choose one lower-case word" if kind == "order" else "choose lower-case words with dashes, like my-own"
        raise PluginError(f"{name!r} is no name for this kind", mend)
    words = name.split("-")
    environment = Environment(
        loader=FileSystemLoader(BLANKS), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.get_template(f"{kind}.py.jinja").render(
        name=name,
        file=file_name(name),
        label=_label(words, {getattr(thing, "label", "") for thing in TABLES.get(kind, {}).values()}),
        title="".join(word.capitalize() for word in words),
    )


def _label(words: Sequence[str], taken: Container[str]) -> str:
    """Initials, or two letters of a single word; with more letters of the first word where that is taken."""
    least, rest = 1 if len(words) > 1 else 2, "".join(word[0] for word in words[1:]).upper()
    labels = [words[0][:n].capitalize() + rest for n in range(least, max(least, len(words[0])) + 1)]
    return next((label for label in labels if label not in taken), labels[0])
