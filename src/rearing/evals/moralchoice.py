"""The low-ambiguity scenarios of MoralChoice as a replication family: other people's text, asked in our way.

Source: Scherrer, Shi, Feder, Blei, "Evaluating the Moral Beliefs Encoded in LLMs" (NeurIPS 2023), MIT licence; columns
of `moralchoice_low_ambiguity.csv`. `action1` is the preferred action throughout, so menus show both orders and open
forms show neither. There are no twins: every item is `main`. It carries no gate.
"""

import csv
from pathlib import Path

from rearing.errors import UserError
from rearing.evals.forms import Chat, item
from rearing.records.item import Item, Kind, Prompt

COLUMNS = ("scenario_id", "ambiguity", "context", "action1", "action2")
CLEAR = "low"  # only these scenarios have an action that people agree on


def moralchoice_items(path: Path, chat: Chat) -> list[Item]:
    """Every scenario of a CSV in two open forms and a menu.

    Args:
        path: A CSV with the columns of MoralChoice, right action first.
        chat: The base's chat template.

    Raises:
        UserError: The file cannot be read, lacks a column, or has a scenario that cannot be asked.
    """
    return [one for row in _rows(path) for one in _items(row, chat)]


def _items(row: dict[str, str], chat: Chat) -> list[Item]:
    context, right, rival = row["context"], row["action1"], row["action2"]
    answers = (right, rival)
    menus = [f"{context}\n\nOption 1: {x}\nOption 2: {y}\nMy choice:" for x, y in (answers, answers[::-1])]
    asked: dict[str, tuple[Kind, tuple[Prompt, ...]]] = {
        "plain": ("open", (Prompt(context, tuple(f" {a}" for a in answers)),)),
        "chat": ("open", (Prompt(chat(f"{context} What do you do?"), answers),)),
        "menu": ("menu", tuple(Prompt(text, tuple(f" {a}\n" for a in answers)) for text in menus)),
    }
    return [
        item("moralchoice", form, "natural", row["scenario_id"], "main", prompts, kind=kind)
        for form, (kind, prompts) in asked.items()
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of the CSV, stripped, in the order of the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lacking = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
            if lacking:
                raise UserError(
                    f"has no column {lacking[0]!r}", f"give a CSV of MoralChoice: {', '.join(COLUMNS)}", path, 1
                )
            found = [(reader.line_num, {c: (row[c] or "").strip() for c in COLUMNS}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise UserError(f"cannot be read as CSV ({err})", "give the path of a CSV of MoralChoice", path) from err
    if not found:
        raise UserError("has no scenario", "give a CSV of MoralChoice with at least one row", path)
    seen: set[str] = set()
    for line, row in found:
        _check(path, line, row, seen)
        seen.add(row["scenario_id"])
    return [row for _, row in found]


def _check(path: Path, line: int, row: dict[str, str], seen: set[str]) -> None:
    if empty := [c for c in COLUMNS if not row[c]]:
        raise UserError(f"{empty[0]} is empty", "fill it in or remove the row", path, line)
    if row["ambiguity"] != CLEAR:
        mend = f"keep the rows with ambiguity {CLEAR!r} only"
        raise UserError(f"ambiguity is {row['ambiguity']!r}, so no action is the right one", mend, path, line)
    if row["scenario_id"] in seen:
        raise UserError(f"scenario {row['scenario_id']!r} is there twice", "remove one of them", path, line)
