"""The items of a study as a task folder of lm-eval: one YAML and one JSON Lines file a family, and a Python file.

    rearing check mine.toml --export lm-eval --out tasks
    lm_eval run --model hf --model_args pretrained=CHECKPOINT --include_path tasks --tasks rearing_shift,rearing_agentic

A document is one prompt; its choices are the legal answers as they stand, chat template included, so that
`--apply_chat_template` must stay off. `acc` is lm-eval's: is the most likely choice the right one? `score` is ours: the
mean over items, each read from all its prompts as `rearing run` reads it. A family of which no prompt has a right
answer by itself (`told.PAIRED`) has no `acc`.
"""

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rearing.records.item import Item, Rule
from rearing.store.artifacts import write_atomic
from rearing.study.interop.told import ITEM, PAIRED, best, check_rule, listed, told_response

PYTHON = '''"""What the YAML files beside this one refer to. Needs the package `rearing`, without torch."""

from pathlib import Path

from rearing.study.interop.lm_eval import load, process_results, score  # noqa: F401


def docs(family, **_):
    return load(Path(__file__).parent / f"{family}.jsonl")
'''
YAML = """# Written by `rearing check --export lm-eval`.
task: rearing_{family}
tag: rearing
custom_dataset: !function rearing_docs.docs
dataset_kwargs:
  family: {family}
test_split: test
output_type: multiple_choice
doc_to_text: prompt
doc_to_choice: choices
doc_to_target: gold
target_delimiter: ""
num_fewshot: 0
process_results: !function rearing_docs.process_results
metric_list:
{acc}  - metric: score
    aggregation: !function rearing_docs.score
    higher_is_better: true
metadata:
  version: 1
"""
ACC = """  - metric: acc
    aggregation: mean
    higher_is_better: true
"""


def export_tasks(items: Sequence[Item], rule: Rule, folder: Path) -> list[str]:
    """Write the task folder.

    Args:
        items: What the tasks ask.
        rule: How answers of open items are compared.
        folder: Made if it is not there.

    Returns:
        The names of the tasks.

    Raises:
        StudyError: The rule is "token", which lm-eval's numbers do not allow.
    """
    check_rule(rule)
    families = list(dict.fromkeys(i.family for i in items))
    write_atomic(folder / "rearing_docs.py", PYTHON.encode())
    for family in families:
        docs = [doc for item in items if item.family == family for doc in _docs(item, rule)]
        lines = "".join(json.dumps(doc, ensure_ascii=False) + "\n" for doc in docs)
        write_atomic(folder / f"{family}.jsonl", lines.encode())
        text = YAML.format(family=family, acc="" if family in PAIRED else ACC)
        write_atomic(folder / f"rearing_{family}.yaml", text.encode())
    return [f"rearing_{family}" for family in families]


def _docs(item: Item, rule: Rule) -> list[dict[str, Any]]:
    """One document a prompt; each carries its whole item, to be scored with the others of the item."""
    whole = ITEM.dump_json(item).decode()
    return [
        {
            "id": f"{item.id}#{index}",
            "prompt": prompt.text,
            "choices": listed(prompt),
            "gold": None if item.family in PAIRED else listed(prompt).index(best(item, index)),
            "index": index,
            "rule": rule,
            "item": whole,
        }
        for index, prompt in enumerate(item.prompts)
    ]


def load(path: Path) -> dict[str, Any]:
    """The documents of a family, as lm-eval takes them from `custom_dataset`."""
    from datasets import Dataset

    lines = path.read_text(encoding="utf-8").splitlines()
    return {"test": Dataset.from_list([json.loads(line) for line in lines])}


def process_results(doc: dict[str, Any], results: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """What one document contributes to the metrics; `results` are (log-probability, greedy) of its choices."""
    totals = [total for total, _ in results]
    told = dict(zip(doc["choices"], totals, strict=True))
    found: dict[str, Any] = {"score": (doc["item"], doc["index"], doc["rule"], told)}
    if doc["gold"] is not None:
        found["acc"] = float(totals.index(max(totals)) == doc["gold"])
    return found


def score(told: Sequence[tuple[str, int, Rule, dict[str, float]]]) -> float:
    """Mean score of the items whose prompts were all asked."""
    scores = []
    for whole, group in groupby(sorted(told, key=lambda t: t[:2]), key=lambda t: t[0]):
        item, rows = ITEM.validate_json(whole), list(group)
        if len(rows) == len(item.prompts):
            totals = [[row[3][a] for a in p.answers] for row, p in zip(rows, item.prompts, strict=True)]
            scores.append(float(told_response(item, totals, rows[0][2])["score"]))
    return sum(scores) / len(scores) if scores else float("nan")
