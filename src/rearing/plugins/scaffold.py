"""A new plugin: one file with comments that works as it is."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rearing.errors import PluginError
from rearing.plugins.table import NAME

BLANKS = Path(__file__).with_name("blanks")


def file_name(name: str) -> str:
    """The file of a plugin of this name."""
    return f"{name.replace('-', '_')}.py"


def scaffold_plugin(kind: str, name: str) -> str:
    """The text of a plugin file.

    Args:
        kind: A key of `plugins.TABLES`.
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
        label="".join(word[0] for word in words).upper() if len(words) > 1 else name[:2].capitalize(),
        title="".join(word.capitalize() for word in words),
    )
