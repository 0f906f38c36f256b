"""Matching: equal tokens and equal moral words in every arm, scenario by scenario.

BPE is additive over our sentences (each is preceded by a space or a blank line), so the length of every cut of a
renderer is a sum of sentence lengths. For one lesson we look for a common length T and a common number of moral words m
such that every arm has a cut of m moral words whose length is T after adding filler sentences, with as little filler as
possible.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from rearing.arms.phrases import SLOTS
from rearing.arms.render import Cut, Draw, Paragraphs, Renderer, render
from rearing.arms.tokens import Count
from rearing.corpus.fill import draw
from rearing.corpus.lexicon import moral_hits
from rearing.errors import ScenarioError
from rearing.records.document import Sentence
from rearing.records.scenario import Lesson

SLACK = 40
POOL = 28
PHRASINGS = 3
MORAL_PENALTY = 12


Sums = dict[tuple[int, int], Cut]
Spends = list[tuple[int, tuple[str, ...]]]


def length(paragraphs: Paragraphs, count: Count) -> int:
    """Tokens of a document, by addition."""
    return sum(count(prefix + s.text) for prefix, s in _prefixed(paragraphs))


def _prefixed(paragraphs: Paragraphs) -> Iterable[tuple[str, Sentence]]:
    started = False
    for paragraph in paragraphs:
        for i, sentence in enumerate(paragraph):
            yield ("" if not started else "\n\n" if i == 0 else " "), sentence
            started = True


def reachable(renderer: Renderer, lesson: Lesson, shape: Draw, actor: str, seed: int, count: Count) -> tuple[Sums, int]:
    """Every (tokens, moral words) that this renderer can reach, with a cut that reaches it.

    Returns:
        The table, and how many tokens the first sentence gains when a filler stands before it.
    """
    rng = draw("match", seed, lesson.id, renderer.name)
    phrases = {slot: [SLOTS[slot][i] for i in rng.permutation(len(SLOTS[slot]))[:PHRASINGS]] for slot in renderer.slots}
    levers: list[list[tuple[int, int, dict[str, str], dict[str, str]]]] = []
    sizes, base, lead = _sizes(renderer, lesson, shape, phrases, actor, count)
    for lever in renderer.levers(lesson):
        levers.append([(*_total(sizes, told), told, {}) for told in lever])
    for slot, bank in phrases.items():
        levers.append([(*sizes[slot, phrase], {}, {slot: phrase}) for phrase in bank])
    sums: Sums = {base: Cut({})}
    for lever_options in levers:
        grown: Sums = {}
        order = rng.permutation(len(lever_options))
        for (tokens, hits), cut in sums.items():
            for i in order:
                more, moral, told, said = lever_options[int(i)]
                key = (tokens + more, hits + moral)
                if key not in grown:
                    grown[key] = Cut(cut.words | told, cut.phrases | said)
        sums = grown
    return sums, lead


def _total(sizes: dict[tuple[str, str], tuple[int, int]], told: dict[str, str]) -> tuple[int, int]:
    parts = [sizes[atom, words] for atom, both in told.items() for words in both.split()]
    return sum(t for t, _ in parts), sum(h for _, h in parts)


def _sizes(
    renderer: Renderer, lesson: Lesson, shape: Draw, phrases: dict[str, list[str]], actor: str, count: Count
) -> tuple[dict[tuple[str, str], tuple[int, int]], tuple[int, int], int]:
    """Tokens and moral words of every variable sentence, of all fixed ones together, and the lead of the first."""
    atoms = {atom for lever in renderer.levers(lesson) for told in lever for atom in told}
    sizes: dict[tuple[str, str], tuple[int, int]] = {}
    fixed, lead = (0, 0), 0
    for words, i in (("w", 0), *(("mf", i) for i in range(PHRASINGS))):
        cut = Cut(dict.fromkeys(atoms, words), {slot: bank[i] for slot, bank in phrases.items()})
        paragraphs = render(renderer, lesson, shape, cut, False, actor)
        tokens = hits = 0
        for prefix, s in _prefixed(paragraphs):
            size = count(prefix + s.text), moral_hits(s.text)
            if s.words:
                sizes[s.atom, s.words] = size
            elif s.slot:
                sizes[s.slot, cut.phrases[s.slot]] = size
            else:
                tokens, hits = tokens + size[0], hits + size[1]
        first = paragraphs[0][0].text
        fixed, lead = (tokens, hits), count(" " + first) - count(first)
    return sizes, fixed, lead


def filler_sums(fillers: tuple[str, ...], count: Count, seed: int, scenario: str) -> dict[int, tuple[str, ...]]:
    """For every reachable number of tokens, up to three filler sentences that add up to it.

    The first filler opens the document (no space before it); only fillers of the same length either way are used.
    """
    stable = [f for f in fillers if count(f) == count(" " + f)]
    rng = draw("fillers", seed, scenario)
    pool = [stable[i] for i in rng.permutation(len(stable))[:POOL]]
    sums: dict[int, tuple[str, ...]] = {}
    for n in (1, 2, 3):
        for chosen in combinations(pool, n):
            sums.setdefault(sum(map(count, chosen)), chosen)
    return sums


def match(
    lesson: Lesson,
    shape: Draw,
    actor: str,
    renderers: Iterable[Renderer],
    fillers: tuple[str, ...],
    seed: int,
    count: Count,
) -> dict[str, Cut]:
    """A cut for every renderer, so that all documents of this lesson have the same tokens and moral words.

    Args:
        lesson: Filled lesson.
        seed: The study seed of the run; ties are broken by it.

    Returns:
        Cut by renderer name. Tokens are exactly equal; moral words as far as cuts of all renderers allow it.

    Raises:
        ScenarioError: No cuts and fillers give all renderers the same length.
    """
    fill = filler_sums(fillers, count, seed, lesson.id)
    tables: dict[str, tuple[Sums, Spends]] = {}
    for r in renderers:
        sums, lead = reachable(r, lesson, shape, actor, seed, count)
        tables[r.name] = sums, [(0, ()), *((gap + lead, told) for gap, told in fill.items())]
    floor = max(min(tokens for tokens, _ in sums) for sums, _ in tables.values())
    moral = sorted({hits for sums, _ in tables.values() for _, hits in sums})
    best: tuple[float, dict[str, Cut]] | None = None
    for target in range(floor, floor + SLACK):
        for m in moral:
            found = _reach(tables, m, target)
            if found is not None and (best is None or found[0] < best[0]):
                best = found
    if best is None:
        raise ScenarioError("no length is common to all renderers", "add filler sentences to fillers.yaml", lesson.id)
    return best[1]


def _reach(tables: dict[str, tuple[Sums, Spends]], m: int, target: int) -> tuple[float, dict[str, Cut]] | None:
    """The cheapest cut of every renderer with `target` tokens, fillers included, and about `m` moral words."""
    cost = 0.0
    chosen: dict[str, Cut] = {}
    spent: list[int] = []
    for name, (sums, spends) in tables.items():
        options = [
            (MORAL_PENALTY * abs(hits - m) + spend, spend, told, cut)
            for hits in (m, m - 1, m + 1)
            for spend, told in spends
            if (cut := sums.get((target - spend, hits))) is not None
        ]
        if not options:
            return None
        price, spend, told, cut = min(options, key=lambda o: (o[0], o[1]))
        cost, chosen[name] = cost + price, replace(cut, fillers=told)
        spent.append(spend)
    return cost + 2 * (max(spent) - min(spent)), chosen
