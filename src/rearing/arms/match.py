"""Matching: equal tokens, and moral words as nearly equal as cuts allow, in every matched renderer and scenario.

BPE is additive over our sentences (each is preceded by a space or a blank line), so the length of every cut of a
renderer is a sum of sentence lengths. For one lesson we look for a common length T and a common number of moral words m
such that every renderer has a cut of m moral words whose length is T after adding filler sentences, with as little
filler, and as few atoms left out or told twice, as possible (decision 0022). A sentence that a lever may leave out
never opens a paragraph: its length would depend on its place.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rearing.arms.renderers import RENDERERS, Case, Cut, Lever, Paragraphs, Parts, Renderer
from rearing.arms.tokens import Count, following
from rearing.corpus.fill import draw
from rearing.corpus.lexicon import moral_hits
from rearing.errors import PluginError, ScenarioError
from rearing.records.document import Sentence

SLACK = 40
POOL = 28
PHRASINGS = 3
MORAL_PENALTY = 12
FLAW_PENALTY = 11
"""So many tokens of filler are as bad as a moral word too many or too few; as an atom left out or told twice."""
NEVER = 10**6
MANY = 1000
"""More moral words than any lesson has: sizes are added up as one number, tokens * MANY + moral words."""

Size = tuple[int, int]
"""Tokens and moral words."""
Usage = Counter[tuple[str, str, str]]
"""How often a renderer has used a phrasing of a slot in this run."""
Choice = tuple[Size, int, Cut]
"""What a lever may choose: its size, what is wrong with it in tokens of filler, and what it tells."""
moral = lru_cache(maxsize=100_000)(moral_hits)


def prefixed(paragraphs: Paragraphs) -> Iterable[tuple[str, Sentence]]:
    """Every sentence with what stands before it in the document: nothing, a space or a blank line."""
    started = False
    for paragraph in paragraphs:
        for i, sentence in enumerate(paragraph):
            yield ("" if not started else "\n\n" if i == 0 else " "), sentence
            started = True


class Reach:
    """Every (tokens, moral words) that a renderer can reach for a case.

    Attributes:
        sums: All of them, each with what is wrong with the best cut of this size, in tokens of filler.
        lead: How many tokens the first sentence gains when a filler stands before it.
    """

    def __init__(self, renderer: Renderer, case: Case, seed: int, usage: Usage, count: Count) -> None:
        """Add up, lever by lever.

        Args:
            renderer: Whose cuts are tried.
            case: The filled lesson and its shape.
            seed: Breaks ties.
            usage: The phrasings that were used least are tried, three a slot.
            count: Tokens of a text.
        """
        rng = draw("match", seed, case.lesson.id, renderer.name)
        phrases = {slot: _least_used(renderer, slot, usage, rng) for slot in renderer.slots}
        sizes, base, self.lead, used = _sizes(renderer, case, phrases, count)
        levers = [_choices(sizes, lever) for lever in renderer.levers(case.lesson)]
        for slot in used:
            levers.append([(sizes[slot, phrase], 0, Cut({}, {slot: phrase})) for phrase in phrases[slot]])
        self._layers: list[dict[int, tuple[int, int, Cut]]] = [{_code(base): (0, 0, Cut({}))}]
        for lever in levers:
            self._layers.append(_grown(self._layers[-1], [lever[i] for i in rng.permutation(len(lever))]))
        self.sums: dict[Size, int] = {divmod(code, MANY): flaw for code, (flaw, *_) in self._layers[-1].items()}

    def cut(self, size: Size) -> Cut:
        """A cut of this size."""
        words: dict[str, str] = {}
        phrases: dict[str, str] = {}
        code = _code(size)
        for layer in reversed(self._layers):
            _, code, part = layer[code]
            words, phrases = part.words | words, part.phrases | phrases
        return Cut(words, phrases)


def _code(size: Size) -> int:
    return size[0] * MANY + size[1]


def _choices(sizes: dict[tuple[str, str], Size], lever: Lever) -> list[Choice]:
    """The alternatives of a lever; what one leaves out that another tells is a flaw, and so is what it tells twice."""
    atoms = {atom for told in lever for atom in told}
    flaws = [len(atoms - told.keys()) + sum(" " in words for words in told.values()) for told in lever]
    return [(_total(sizes, told), FLAW_PENALTY * n, Cut(told)) for n, told in zip(flaws, lever, strict=True)]


def _grown(layer: dict[int, tuple[int, int, Cut]], lever: list[Choice]) -> dict[int, tuple[int, int, Cut]]:
    """By size with one more lever: the least that is wrong with a cut of it, the size before, and what is chosen."""
    found: dict[int, tuple[int, int, Cut]] = {}
    distinct: dict[int, tuple[int, Cut]] = {}
    for size, flaw, cut in lever:
        if (code := _code(size)) not in distinct or flaw < distinct[code][0]:
            distinct[code] = flaw, cut
    choices = [(more, flaw, cut) for more, (flaw, cut) in distinct.items()]
    flawless = not any(flaw for _, flaw, _ in lever) and not any(flaws for flaws, *_ in layer.values())
    for before, (flaws, *_) in layer.items():
        for more, flaw, cut in choices:
            code = before + more
            if code not in found or (not flawless and flaws + flaw < found[code][0]):
                found[code] = flaws + flaw, before, cut
    return found


def _least_used(renderer: Renderer, slot: str, usage: Usage, rng: np.random.Generator) -> list[str]:
    bank = renderer.bank(slot)
    mixed = [bank[i] for i in rng.permutation(len(bank))]
    return sorted(mixed, key=lambda phrase: usage[renderer.name, slot, phrase])[:PHRASINGS]


def _total(sizes: dict[tuple[str, str], Size], told: dict[str, str]) -> Size:
    parts = [sizes[atom, words] for atom, both in told.items() for words in both.split()]
    return sum(t for t, _ in parts), sum(h for _, h in parts)


def _sizes(
    renderer: Renderer, case: Case, phrases: dict[str, list[str]], count: Count
) -> tuple[dict[tuple[str, str], Size], Size, int, list[str]]:
    """Size of every variable sentence, of all fixed ones together, the lead of the first, and the slots in use.

    Raises:
        PluginError: A lever of the renderer has an atom in a wording that its documents never have.
    """
    alternatives = [pair for lever in renderer.levers(case.lesson) for told in lever for pair in told.items()]
    atoms = {atom for atom, _ in alternatives}
    sizes: dict[tuple[str, str], Size] = {}
    used: dict[str, None] = {}
    fixed, lead = (0, 0), 0
    for i in range(PHRASINGS):
        cut = Cut(dict.fromkeys(atoms, "mf" if i else "w"), {slot: bank[i] for slot, bank in phrases.items()})
        documents = renderer.write(Parts(case, cut))
        told: dict[tuple[str, str], Size] = {}
        fixed = (0, 0)
        for prefix, s in (pair for paragraphs in documents for pair in prefixed(paragraphs)):
            size = following(count, prefix + s.text) if prefix else count(s.text), moral(s.text)
            if s.words:
                told[s.atom, s.words] = _plus(told.get((s.atom, s.words), (0, 0)), size)
            elif s.slot in phrases:
                told[s.slot, s.phrase] = _plus(told.get((s.slot, s.phrase), (0, 0)), size)
                used[s.slot] = None
            else:
                fixed = _plus(fixed, size)
        sizes |= told
        first = documents[0][0][0].text
        lead = following(count, " " + first) - count(first)
    if lacking := sorted({(atom, words) for atom, both in alternatives for words in both.split()} - sizes.keys()):
        atom, words = lacking[0]
        problem = f"renderer {renderer.name!r} has a lever for {atom!r} in wording {words!r} and never writes it"
        raise PluginError(problem, "tell it in `write`, or leave it out of `levers`", RENDERERS.file(renderer.name))
    return sizes, fixed, lead, list(used)


def _plus(a: Size, b: Size) -> Size:
    return a[0] + b[0], a[1] + b[1]


def filler_sums(fillers: tuple[str, ...], count: Count, seed: int, scenario: str) -> dict[int, tuple[str, ...]]:
    """For every reachable number of tokens, up to three filler sentences that add up to it.

    The first filler opens the document (no space before it); only fillers of the same length either way are used.
    """
    stable = [f for f in fillers if count(f) == following(count, " " + f)]
    rng = draw("fillers", seed, scenario)
    pool = [stable[i] for i in rng.permutation(len(stable))[:POOL]]
    sums: dict[int, tuple[str, ...]] = {}
    shorter: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for _ in range(3):
        for total, chosen in list(shorter):
            for f in pool:
                if f not in chosen:
                    sums.setdefault(total + count(f), (*chosen, f))
        shorter = list(sums.items())
    return sums


Spends = list[tuple[int, tuple[str, ...]]]
"""What fillers can add in tokens, nothing first, and the sentences that do it."""


def match(
    case: Case, renderers: Sequence[Renderer], fillers: tuple[str, ...], seed: int, usage: Usage, count: Count
) -> dict[str, Cut]:
    """A cut for every renderer, so that all matched ones have the same tokens and moral words.

    Args:
        case: Filled lesson and its shape.
        renderers: Matched ones set the common length; the others come as near to it as their cuts allow. Without a
            matched one there is no length to aim at, and each takes its shortest cut (the placebo `neutral`).
        fillers: Sentences that may stand in front of the setting.
        seed: The seed of the run; ties are broken by it.
        usage: Counts of phrasings so far; it is added to.
        count: Tokens of a text.

    Returns:
        Cut by renderer name. Tokens are exactly equal; moral words as far as cuts of all renderers allow it.

    Raises:
        PluginError: A renderer has a lever for what it never writes.
        ScenarioError: No cuts and fillers give all renderers the same length.
    """
    reached = {r.name: Reach(r, case, seed, usage, count) for r in renderers}
    matched = {r.name: reached[r.name] for r in renderers if r.matched}
    sums = filler_sums(fillers, count, seed, case.lesson.id) if matched else {}
    common = _common(case, matched, sums) if matched else None
    cuts: dict[str, Cut] = {}
    for r in renderers:
        reach = reached[r.name]
        if common is None:
            cut = reach.cut(min(reach.sums))
        elif r.matched:
            tokens, hits, spend = common[1][r.name]
            told = sums[spend - reach.lead] if spend else ()
            cut = replace(reach.cut((tokens, hits)), fillers=told)
        else:
            target, hits = common[0]
            cut = reach.cut(min(reach.sums, key=lambda s: MORAL_PENALTY * abs(s[1] - hits) + abs(s[0] - target)))
        cuts[r.name] = cut
        usage.update((r.name, slot, phrase) for slot, phrase in cut.phrases.items())
    return cuts


def _common(
    case: Case, reached: dict[str, Reach], sums: dict[int, tuple[str, ...]]
) -> tuple[Size, dict[str, tuple[int, int, int]]]:
    """The cheapest common size, and of every renderer the tokens and moral words of its cut and its filler tokens.

    The cost of a renderer is its filler, what is wrong with its cut, and a penalty if it has one moral word more or
    less than the common number; unequal filler costs twice its range.
    """
    floor = max(min(tokens for tokens, _ in r.sums) for r in reached.values())
    top = max(hits for r in reached.values() for _, hits in r.sums)
    prices, spends, steps = [], [], []
    for reach in reached.values():
        priced, spent = _cheapest(reach, sorted({0, *(gap + reach.lead for gap in sums)}), floor, top)
        cost = _near(priced, NEVER) + np.array([0, MORAL_PENALTY, MORAL_PENALTY])[:, None, None]
        steps.append(cost.argmin(axis=0))
        prices.append(cost.min(axis=0))
        spends.append(np.take_along_axis(_near(spent, 0), steps[-1][None], axis=0)[0])
    total = np.sum(prices, axis=0) + 2 * (np.max(spends, axis=0) - np.min(spends, axis=0))
    at = np.unravel_index(int(np.argmin(total)), total.shape)
    if total[at] >= NEVER:
        raise ScenarioError(
            "no length is common to all renderers", "add filler sentences to fillers.yaml", case.lesson.id
        )
    target, hits = floor + int(at[0]), int(at[1])
    chosen = {}
    for name, spend, step in zip(reached, spends, steps, strict=True):
        chosen[name] = target - int(spend[at]), hits + (0, -1, 1)[int(step[at])], int(spend[at])
    return (target, hits), chosen


def _near(table: NDArray[np.int64], beyond: int) -> NDArray[np.int64]:
    """The table of moral words as wanted, one less, one more: shape (3, SLACK, top + 1)."""
    padded = np.pad(table, ((0, 0), (1, 1)), constant_values=beyond)
    return np.stack([table, padded[:, :-2], padded[:, 2:]])


def _cheapest(reach: Reach, spends: Sequence[int], floor: int, top: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Least cost of a length from `floor` on and a number of moral words, and the filler in it: (SLACK, top + 1)."""
    low = floor - max(spends)
    flaws = np.full((floor + SLACK - low, top + 1), NEVER, dtype=np.int64)
    for (tokens, hits), flaw in reach.sums.items():
        if low <= tokens < floor + SLACK:
            flaws[tokens - low, hits] = flaw
    cost, spent = np.full((SLACK, top + 1), NEVER, dtype=np.int64), np.zeros((SLACK, top + 1), dtype=np.int64)
    for spend in spends:
        at = floor - spend - low
        priced = flaws[at : at + SLACK] + spend
        better = priced < cost
        cost[better], spent[better] = priced[better], spend
    return cost, spent
