"""Column schema of every table, version 1. One row in `responses` is one item asked of one checkpoint."""

from typing import Final

SCHEMA_VERSION: Final = 1
WHO: Final = {"arm": "str", "seed": "int", "attack": "str", "dose": "int"}

RESPONSES: Final = WHO | {
    "family": "str",  # records.item.Family
    "form": "str",
    "kind": "str",  # records.item.Kind
    "wording": "str",  # natural | mf | adv
    "scenario": "str",
    "situation": "str",  # main | twin
    "state": "int",
    "item": "str",
    # 1 right, 0 wrong, .5 tie, over all prompts together; of a decision the worth of the likeliest command, of a played
    # world the moral value of its ending.
    "score": "float",
    "margin": "float",  # nats, right minus rival, primary rule, mean over prompts; of a text minus its NLL per token
    "margin_sum": "float",
    "margin_byte": "float",
    "margin_token": "float",
    "agreement": "float",  # 1 where the orders of a menu agree, nan for open items
}
"""`attack` is "" and `dose` 0 for the model as it was reared."""

READINGS: Final = WHO | {
    "reading": "str",  # records.reading.ReadingName, or that of its null
    "site": "str",
    "depth": "float",
    "wording": "str",
    "scenario": "str",
    "situation": "str",
    "value": "float",  # in [0, 1]
}

RECOVERY: Final = RESPONSES
"""Asked again after an attack was undone: `attack` is that attack, `dose` the optimizer steps on good documents."""

LOSSES: Final = WHO | {"document": "int", "tokens": "int", "nll": "float"}
"""How likely a model finds every text of an attack, before it and at every dose: mean nats per token."""

FED: Final = {
    "arm": "str",
    "seed": "int",
    "step": "int",
    "phase": "str",
    "position": "int",
    "document": "str",
    "scenario": "str",
    "stage": "int",
    "tokens": "int",
    "lr": "float",
    "loss": "float",
    "fed": "str",
}
"""What was really fed, in order: `fed` is the sha256 of the token ids that a step was given, `loss` its mean NLL in
nats per token."""

RETAINED: Final = {
    "arm": "str",
    "seed": "int",
    "document": "str",
    "scenario": "str",
    "stage": "int",
    "place": "float",  # in the ordered phase, 0 the first and 1 the last
    "loss": "float",
}
"""Documents of the ordered phase, asked again at its end: `loss` is mean NLL in nats per token."""

DOCUMENTS: Final = {
    "arm": "str",
    "seed": "int",
    "document": "str",
    "scenario": "str",
    "stage": "int",
    "layout": "str",
    "tokens": "int",
    "text": "str",
}
ITEMS: Final = {
    "item": "str",
    "family": "str",
    "form": "str",
    "kind": "str",
    "wording": "str",
    "scenario": "str",
    "situation": "str",
    "state": "int",
    "prompt": "str",
    "right": "str",
    "rival": "str",
}

PRECISION: Final = {"arm": "str", "seed": "int", "item": "str", "bf16": "float", "fp32": "float"}
"""Scores of the items that were asked in both types."""

PRIVATE: Final = WHO | {"scenario": "str", "situation": "str", "state": "int", "text": "str", "loss": "int"}
"""Scratchpads (`records.private`): kept for people to read; no score, probe or loss is made from them, `loss` is 0."""

TABLES: Final = {
    "private": PRIVATE,
    "precision": PRECISION,
    "responses": RESPONSES,
    "readings": READINGS,
    "recovery": RECOVERY,
    "losses": LOSSES,
    "fed": FED,
    "retained": RETAINED,
    "documents": DOCUMENTS,
    "items": ITEMS,
}
