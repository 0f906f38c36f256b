"""Croissant 1.0: the table of a corpus described as JSON-LD, for loaders and search engines.

Written after the Croissant format specification of MLCommons.
"""

import hashlib
from typing import Any

from rearing.corpus.dataset.table import JSONL, MEANING, columns, jsonl, shape
from rearing.corpus.load import Corpus

CROISSANT = "croissant.json"
LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
"""Addresses of the licences that Croissant wants as such; any other is given by its SPDX name."""
TYPES = {str: "sc:Text", int: "sc:Integer", bool: "sc:Boolean"}
_CR = """
citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes isLiveDataset jsonPath
key md5 parentField path recordSet references regex repeated replace samplingRate separator source subField transform
"""
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{name: f"cr:{name}" for name in _CR.split()},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}


def croissant(corpus: Corpus) -> dict[str, Any]:
    """The description of `scenarios.jsonl`: every column, and of nested ones what they hold directly.

    Deeper parts (the outcomes inside an option) are described in words; a Croissant reader takes the first match of a
    path only.
    """
    licences = sorted({s.provenance.licence for s in corpus.scenarios})
    fields = [field for name, hint in columns().items() for field in _fields(name, hint)]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": corpus.name,
        "description": (
            f"{len(corpus.scenarios)} branching scenarios of everyday right and wrong: lessons for training, vignettes "
            f"with twins for examination, neutral graphs, attack scenarios. State {corpus.digest}. `rearing check "
            f"--corpus {corpus.name} --export FOLDER` writes {JSONL} and this description into a folder."
        ),
        "version": ".".join((*corpus.version.split("."), "0", "0")[:3]),
        "datePublished": max(s.provenance.date for s in corpus.scenarios),
        "license": [LICENCES.get(name, name) for name in licences],
        "citeAs": f"{corpus.name}, the scenario corpus of rearing, version {corpus.version}",
        "creator": [{"@type": "sc:Organization", "name": name} for name in _authors(corpus)],
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": JSONL,
                "name": JSONL,
                "contentUrl": JSONL,
                "encodingFormat": "application/jsonlines",
                "sha256": hashlib.sha256(jsonl(corpus)).hexdigest(),
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "scenarios",
                "name": "scenarios",
                "description": "One record a scenario, sorted by id.",
                "key": {"@id": "scenarios/id"},
                "field": fields,
            }
        ],
    }


def _authors(corpus: Corpus) -> list[str]:
    return sorted({s.provenance.author for s in corpus.scenarios})


def _fields(column: str, hint: Any) -> list[dict[str, Any]]:
    found = shape(hint)
    field = {
        "@type": "cr:Field",
        "@id": f"scenarios/{column}",
        "name": column,
        "description": MEANING[column],
        **({"repeated": True} if found.listed else {}),
    }
    if not found.parts:
        return [field | {"dataType": TYPES[found.held], "source": _source(column)}]
    parts = {name: shape(part) for name, part in found.parts.items()}
    inside = [
        {
            "@type": "cr:Field",
            "@id": f"scenarios/{column}/{name}",
            "name": name,
            "dataType": TYPES[part.held],
            "source": _source(column) | {"transform": {"jsonPath": name}},
        }
        for name, part in parts.items()
        if not part.parts and not part.listed
    ]
    return [field | {"subField": inside}]


def _source(column: str) -> dict[str, Any]:
    return {"fileObject": {"@id": JSONL}, "extract": {"column": column}}
