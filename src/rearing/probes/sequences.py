"""What is read of a vignette, as token sequences; no torch, so that a forecast can count them.

Sentence format: the situation, then one action as a plain sentence, then a neutral carrier sentence.
Menu format: the situation, both options in a list to be ticked, then the ticked one; once in either order.
No arm is trained on either, and no family asks in them.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rearing.arms.tokens import Encode
from rearing.corpus.fill import Pool, fill, sentence, slot_values
from rearing.models.trees import grow
from rearing.probes.probe import FEWER, PROBES, Format, few, formats
from rearing.probes.rows import CARRIER
from rearing.records.scenario import SITUATIONS, Lesson, Option, Phrase, Situation, Vignette

# Lessons are read with names and slot values that nobody was trained on.
LESSON_NAMES: Pool = "normal"
BEFORE_FIRST, BEFORE_SECOND, TICKED, END = "\n\nTo do, one of two:\n- [ ]", "\n- [ ]", "\n\nDone by {}:\n- [x]", "\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """One situation of a vignette: which sequences hold its options, right one first, and where their parts begin.

    Attributes:
        starts: Where the action begins.
        stops: Where it ends.
        sizes: Its bytes.
    """

    situation: Situation
    paths: tuple[int, int]
    starts: int
    stops: tuple[int, int]
    sizes: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shown:
    """One order of the menu in one situation: which sequences tick its options, right one first, and where parts lie.

    Attributes:
        right_first: Whether the right option stands first in the list.
        situation_end: The last token of the situation.
        mentions: The last token of either option in the list, right one first.
        decision: The last token before what is ticked.
        stops: Where what is ticked ends.
        sizes: Its bytes.
    """

    situation: Situation
    right_first: bool
    paths: tuple[int, int]
    situation_end: int
    mentions: tuple[int, int]
    decision: int
    stops: tuple[int, int]
    sizes: tuple[int, int]


def pair_sequences(encode: Encode, scenario: Vignette | Lesson, pool: Pool) -> tuple[list[list[int]], list[Asked]]:
    """Both options of a vignette in both situations, or of a lesson, in the sentence format, wording `mf`."""
    sequences: list[list[int]] = []
    asked: list[Asked] = []
    carrier = encode(CARRIER)
    for situation, told, actor, options in _situations(scenario, pool):
        context = encode(told)
        texts = [f" {actor} {o.fin}." for o in options]
        actions = [encode(t) for t in texts]
        first = len(sequences)
        sequences += [context + a + carrier for a in actions]
        stops = (len(context) + len(actions[0]), len(context) + len(actions[1]))
        sizes = (len(texts[0].encode()), len(texts[1].encode()))
        asked.append(Asked(situation, (first, first + 1), len(context), stops, sizes))
    return sequences, asked


def menu_sequences(encode: Encode, vignette: Vignette, pool: Pool) -> tuple[list[list[int]], list[Shown]]:
    """Both options of a vignette ticked in both situations and orders in the menu format, wording `mf`."""
    sequences: list[list[int]] = []
    shown: list[Shown] = []
    end = encode(END)
    for situation, told, actor, options in _situations(vignette, pool):
        context, ticked = encode(told), encode(TICKED.format(actor))
        right, rival = (encode(f" {o.inf}") for o in options)
        sizes = tuple(len(f" {o.inf}{END}".encode()) for o in options)
        for right_first in (True, False):
            first, second = (right, rival) if right_first else (rival, right)
            one = context + encode(BEFORE_FIRST) + first
            two = one + encode(BEFORE_SECOND) + second
            prompt = two + ticked
            mentions = (len(one) - 1, len(two) - 1)
            stops = tuple(len(prompt) + len(o) + len(end) for o in (right, rival))
            shown.append(
                Shown(
                    situation,
                    right_first,
                    (len(sequences), len(sequences) + 1),
                    len(context) - 1,
                    mentions if right_first else (mentions[1], mentions[0]),
                    len(prompt) - 1,
                    (stops[0], stops[1]),
                    (sizes[0], sizes[1]),
                )
            )
            sequences += [prompt + right + end, prompt + rival + end]
    return sequences, shown


def read_tokens(
    encode: Encode, vignettes: Sequence[Vignette], pool: Pool, readings: Collection[str]
) -> tuple[int, int]:
    """Tokens that these readings of a bank compute with gradients and without.

    The base, which is read once a worker, is not counted.
    """
    probes, some = [PROBES[name] for name in readings], {v.id for v in few(vignettes)}
    graded = any(p.graded for p in probes)
    back = forth = 0
    for v in vignettes:
        tokens = _format_tokens(encode, v, pool, readings)
        own = [p for p in probes if v.id in some or not p.few]
        held_back = tokens["menu"] if graded else 0
        back += held_back + sum(p.passes_back * tokens[p.format] for p in own)
        forth += sum(tokens.values()) - held_back + sum(p.passes * tokens[p.format] for p in own)
    if again := [p for p in probes if p.repeatable and any(q.on_told for q in probes)]:
        for v in few(vignettes, FEWER):  # their order-free twins, and the null of these
            tokens = _format_tokens(encode, v, pool, [p.name for p in again])
            back += 2 * sum(p.passes_back * tokens[p.format] for p in again)
            forth += 2 * (sum(tokens.values()) + sum(p.passes * tokens[p.format] for p in again))
    return back, forth


def held_tokens(encode: Encode, vignette: Vignette, pool: Pool, readings: Collection[str]) -> int:
    """Tokens that holding one vignette in the formats of these readings computes."""
    return sum(_format_tokens(encode, vignette, pool, readings).values())


def _format_tokens(encode: Encode, vignette: Vignette, pool: Pool, readings: Collection[str]) -> dict[Format, int]:
    made = {"sentence": pair_sequences, "menu": menu_sequences}
    return {name: len(grow(made[name](encode, vignette, pool)[0])) for name in formats(readings)}


def beside_tokens(encode: Encode, lessons: Collection[Lesson], readings: Collection[str]) -> int:
    """Tokens that these readings compute beside the bank: texts of their own, and the lessons that a model was told."""
    probes = [PROBES[name] for name in readings]
    texts = sum(len(encode(text)) for text in {text for p in probes for text in p.beside})
    if not any(p.on_told for p in probes):
        return texts
    return texts + sum(len(grow(pair_sequences(encode, lesson, LESSON_NAMES)[0])) for lesson in lessons)


def options_of(vignette: Vignette, pool: Pool) -> dict[Situation, tuple[Phrase, Phrase]]:
    """What can be done in both situations, filled, right one first, wording `mf`."""
    return {situation: options for situation, _, _, options in _situations(vignette, pool)}


def _situations(scenario: Vignette | Lesson, pool: Pool) -> Iterator[tuple[Situation, str, str, tuple[Phrase, Phrase]]]:
    """Situation, its text, who acts, and the options, right one first; a lesson has `main` alone."""
    values = slot_values(scenario, pool, 0)
    filled = fill(scenario, values)
    known = (*filled.setting, *(m.text for m in filled.minds))
    for situation in SITUATIONS if isinstance(filled, Vignette) else SITUATIONS[:1]:
        if isinstance(filled, Vignette):
            facts, right = (*known, getattr(filled, situation)), filled.right(situation)
        else:
            facts, right = known, filled.option("endorsed")
        rival = next(o for o in filled.options if o.id != right.id)
        yield situation, " ".join(map(sentence, facts)), values["A"], (_phrase(right), _phrase(rival))


def _phrase(option: Option) -> Phrase:
    return option.mf or Phrase(inf=option.inf, fin=option.fin, ger=option.ger)
