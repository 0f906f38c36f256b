"""CPU seconds of every reading on the embedded model, for docs/interpretability.md.

python bench/read.py    six held-out vignettes in both situations and six lessons, fp32, one thread
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from rearing.corpus.load import load_corpus
from rearing.models.base import open_model, single_thread
from rearing.probes.activations import text_activations
from rearing.probes.probe import PROBES, Seen, Told
from rearing.probes.read import hold
from rearing.probes.words import TEXTS

Made = TypeVar("Made")


def timed(name: str, work: Callable[[], Made]) -> Made:
    start = time.process_time()
    made = work()
    print(f"{name:<16} {time.process_time() - start:6.1f}", flush=True)
    return made


def main() -> None:
    single_thread()
    corpus, lm = load_corpus(), open_model("smollm2-135m")
    vignettes = [v for v in corpus.vignettes if v.split == "theme"][:6]
    told = Told(corpus.lessons[:6], [k / 5 for k in range(6)])
    held = timed("sentences", lambda: hold(lm, vignettes, "exam", {"sentence"}, lessons=told.lessons))
    menus = timed("menus", lambda: hold(lm, vignettes, "exam", {"menu"}))
    graded = timed("menus, graded", lambda: hold(lm, vignettes, "exam", {"menu"}, graded=True))
    words = timed("words", lambda: text_activations(lm, TEXTS))
    for probe in PROBES.values():
        own = replace(held, choices=(graded if probe.graded else menus).choices, texts=words)
        timed(
            probe.name, lambda probe=probe, own=own: list(probe.read(Seen(lm, vignettes, "exam", own, own, None, told)))
        )


if __name__ == "__main__":
    main()
