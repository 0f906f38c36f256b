"""An assay for people: a table in the terminal, and docs/assay.md with the whole grid."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearing.arms.curriculum import arm

if TYPE_CHECKING:
    from rearing.study.assay import AssayFile

PENDING = "search half only, to be confirmed on the other half and fresh seeds"
TEMPLATE = Path(__file__).with_name("assay.md.jinja")


def signed(x: float) -> str:
    """A difference of scores with its sign; what rounds to zero has none of its own."""
    return f"{round(x, 3) + 0.0:+.3f}".replace("-", "−")


def table(record: dict[str, Any]) -> str:
    """The gates as confirmed, or as searched where nothing was, plain text."""
    lines = [
        f"{'gate':<17}{'measure':<11}{'U':>6}{'P':>7}{'P−U':>8}  {'delta':>6}{'n':>6}  {'state':<5}  V by renderer"
    ]
    for g in record["gates"]:
        values = "  ".join(f"{arm(r).renderer.name} {signed(v)}" for r, v in g["value"].items())
        mark = "*" if g["carries"] else " "
        lines.append(
            f"{g['gate']:<17}{g['measure'] + mark:<11}{g['untrained']:>6.3f}{g['principled']:>7.3f}"
            f"{signed(g['p_minus_u']):>8}  {g['delta']:>6.3f}{g['needed']:>6}  {g['state']:<5}  {values}"
        )
    legend = "(* the measure that the gate stands on; n: scenarios that find one delta; sources and reasons: assay.md)"
    return "\n".join([*lines, legend])


def markdown(file: "AssayFile", record: dict[str, Any], path: Path) -> str:
    """The page docs/assay.md."""
    from jinja2 import Environment, StrictUndefined

    # The page is Markdown, so there is nothing to escape for HTML.
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    environment.filters["signed"] = signed
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        pending=PENDING, file=file, record=record, path=path, short=[arm(r).renderer.name for r in file.renderers]
    )
