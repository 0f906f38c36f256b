"""An assay for people: a table in the terminal, and docs/assay.md with the whole grid."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rearing.study.assay import AssayFile


def _signed(x: float) -> str:
    return f"{x:+.3f}".replace("-", "−")


def table(record: dict[str, Any]) -> str:
    """The confirmed gates, plain text."""
    lines = [f"{'gate':<17}{'measure':<11}{'U':>6}{'P':>7}{'P−U':>8}  {'V by renderer':<42}{'delta':>6}  state"]
    for g in record["gates"]:
        values = "  ".join(f"{r.split('-')[0][:6]} {_signed(v)}" for r, v in g["value"].items())
        mark = "*" if g["carries"] else " "
        lines.append(
            f"{g['gate']:<17}{g['measure'] + mark:<11}{g['untrained']:>6.3f}{g['principled']:>7.3f}"
            f"{_signed(g['p_minus_u']):>8}  {values:<42}{g['delta']:>6.3f}  {g['state']}"
        )
    return "\n".join([*lines, "(* the measure that the gate stands on; source of each row and reasons: assay.md)"])


def markdown(file: "AssayFile", record: dict[str, Any], path: Path) -> str:
    """The page docs/assay.md."""
    short = [r.split("-")[0] for r in file.renderers]
    chosen, recipes = record["chosen"], record["recipes"]
    head = [
        "# Assay",
        f"Made by `rearing calibrate --assay {path}`: model `{file.base}`, corpus {record['corpus_name']}. Only U, P and flipped",
        "twins are compared; a structured arm is compared with its own twin and with nothing else. `main` is the share of right",
        "choices in the main situation, `judgement` over both situations (what merely sounds decent gets ½). V = ½ (arm − twin).",
        "",
        "## Confirmed on fresh seeds and the other half of the dev scenarios",
        f"Recipe {chosen['recipe']} ({_recipe(recipes[chosen['recipe']])}), answer rule `{chosen['rule']}` (chosen on U alone), forms "
        + ", ".join(f"`{f}`" for f in chosen["forms"]) + f"; {record['seeds']['confirm']} seeds.",
        "A gate passes if U lies in .5 to .85, the lower 90 % bounds of P − U and of V in every renderer are above 0, and V is at",
        "least two margins in every renderer; the margin is the smaller of .05 and half of P − U. * marks the measure that carries.",
        "",
        "| gate | source | measure | U | P | P − U (low) | " + " | ".join(f"V {s} (low)" for s in short) + " | margin | state | why |",
        "|---|---|---|---|---|---|" + "---|" * len(short) + "---|---|---|",
    ]
    for g in record["gates"]:
        values = " | ".join(f"{_signed(g['value'][r])} ({_signed(g['value_low'][r])})" for r in file.renderers)
        head.append(
            f"| {g['gate']} | {g['source']} | {g['measure']}{'*' if g['carries'] else ''} | {g['untrained']:.3f} | {g['principled']:.3f} | "
            f"{_signed(g['p_minus_u'])} ({_signed(g['p_minus_u_low'])}) | {values} | {g['delta']:.3f} | {g['state']} | {g['note']} |"
        )
    head += [
        "", "## Searched: every recipe and form", f"{record['seeds']['search']} seed, the first half of the dev scenarios.", "",
        "| recipe | rule | source | measure | U | P | P − U | " + " | ".join(f"V {s}" for s in short) + " |",
        "|---|---|---|---|---|---|---|" + "---|" * len(short),
    ]
    for row in record["grid"]:
        values = " | ".join(_signed(row["value"][r]) for r in file.renderers)
        head.append(
            f"| {_recipe(recipes[row['recipe']])} | {row['rule']} | {row['form']} | {row['measure']} | {row['untrained']:.3f} | "
            f"{row['principled']:.3f} | {_signed(row['p_minus_u'])} | {values} |"
        )
    return "\n".join(head) + "\n"


def _recipe(recipe: dict[str, Any]) -> str:
    return f"lr {recipe['lr']:g}, {recipe['documents_per_step']} a step" + (f", {recipe['passes']} passes" if recipe["passes"] > 1 else "")
