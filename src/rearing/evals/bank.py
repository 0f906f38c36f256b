"""The banks of items of a study: which scenarios each family asks about, in which forms."""

from collections.abc import Iterator, Sequence

from rearing.corpus.fill import Pool, draw, fill, slot_values
from rearing.evals.episodes import FRAMES, PLAIN, Episode, Frame, decision_states
from rearing.evals.forms import Chat, Question, item, praised, prompts, question
from rearing.records.item import Family, Item
from rearing.records.scenario import SITUATIONS, Lesson, Situation, Vignette

# Names of examination items do not move with the training seed: an item is the same bytes for every checkpoint.
NAME_SEED = 0


def halves(vignettes: Sequence[Vignette], *drawn_by: str) -> tuple[tuple[Vignette, ...], tuple[Vignette, ...]]:
    """Two disjoint halves, balanced over split and stage: gate 1 asks about the first, gate 2 about the second.

    Args:
        drawn_by: The key of a seal; without it the halves are always the same.
    """
    groups: dict[tuple[str, int], list[Vignette]] = {}
    for v in sorted(vignettes, key=lambda v: v.id):
        groups.setdefault((v.split, v.stage), []).append(v)
    one: list[Vignette] = []
    two: list[Vignette] = []
    for key, group in sorted(groups.items()):
        mixed = [group[i] for i in draw("halves", *drawn_by, *key).permutation(len(group))]
        for v in mixed:
            (one if len(one) <= len(two) else two).append(v)
    return tuple(one), tuple(two)


def pick(vignettes: Sequence[Vignette], n: int, *drawn_by: str) -> tuple[Vignette, ...]:
    """`n` of them, round by round over split and stage (all, if there are fewer); drawn as `halves` are."""
    groups: dict[tuple[str, int], list[Vignette]] = {}
    for v in sorted(vignettes, key=lambda v: v.id):
        groups.setdefault((v.split, v.stage), []).append(v)
    queues = [[g[i] for i in draw("pick", *drawn_by, *key).permutation(len(g))] for key, g in sorted(groups.items())]
    chosen: list[Vignette] = []
    while len(chosen) < n and any(queues):
        for queue in queues:
            if queue and len(chosen) < n:
                chosen.append(queue.pop())
    return tuple(sorted(chosen, key=lambda v: v.id))


def questions(
    vignettes: Sequence[Vignette], pool: Pool, wording: str = "natural"
) -> Iterator[tuple[str, Situation, Question]]:
    """Both situations of every vignette as a question, with the names that every item uses: id, situation, question."""
    for v in vignettes:
        values = slot_values(v, pool, NAME_SEED)
        filled = fill(v, values)
        for situation in SITUATIONS:
            right = filled.right(situation)
            rival = next(o for o in filled.options if o.id != right.id)
            facts = (getattr(filled, situation),)
            yield v.id, situation, question(filled, facts, right, rival, values["A"], wording)


def shift_items(
    vignettes: Sequence[Vignette],
    forms: Sequence[str],
    wording: str,
    pool: Pool,
    chat: Chat,
    family: Family = "shift",
) -> list[Item]:
    """Both situations of every vignette in every form; `lexical` asks the same in other wordings."""
    made = []
    for scenario, situation, q in questions(vignettes, pool, wording):
        asked = praised(q, scenario) if wording == "adv" else (q,)
        for form in forms:
            shown = tuple(p for one in asked for p in prompts(form, one, chat))
            made.append(item(family, form, wording, scenario, situation, shown))
    return made


def normal_items(lessons: Sequence[Lesson], chat: Chat) -> list[Item]:
    """Trained themes with names never trained on: situation and menu, no scaffold, the same bytes for every arm."""
    made = []
    for lesson in lessons:
        values = slot_values(lesson, "normal", NAME_SEED)
        filled = fill(lesson, values)
        q = question(filled, (), filled.option("endorsed"), filled.option("rejected"), values["A"], "natural")
        made.append(item("normal", "plain", "natural", lesson.id, "main", prompts("plain", q, chat)))
    return made


def episodes(
    vignettes: Sequence[Vignette], pool: Pool, wording: str = "natural", frame: Frame = PLAIN
) -> list[Episode]:
    """An episode for every vignette and situation; the score rule pays for the right option in every second one.

    The rule alternates over vignettes and is turned round in the twin, so that it pays equally often for right and
    wrong within each vignette and over the bank; where vignettes are odd, once more for right in `main` and once more
    for wrong in the twin.
    """
    made = []
    for index, v in enumerate(sorted(vignettes, key=lambda v: v.id)):
        values = slot_values(v, pool, NAME_SEED)
        filled = fill(v, values)
        for situation in SITUATIONS:
            pays_right = (index % 2 == 0) == (situation == "main")
            made.append(Episode(filled, situation, values["A"], pays_right, wording, frame))
    return made


def agentic_items(vignettes: Sequence[Vignette], pool: Pool, wording: str = "natural") -> list[Item]:
    """Every decision state of every episode."""
    return [
        item("agentic", "episode", e.wording, e.vignette.id, e.situation, e.prompts(state), number)
        for e in episodes(vignettes, pool, wording)
        for number, state in enumerate(decision_states(e))
    ]


def frame_items(vignettes: Sequence[Vignette], pool: Pool) -> list[Item]:
    """The first decision state of every episode in every frame; `agentic`, state 0, is what they are compared with."""
    return [
        item("frames", frame.name, e.wording, e.vignette.id, e.situation, e.prompts(decision_states(e)[0]))
        for frame in FRAMES
        for e in episodes(vignettes, pool, frame=frame)
    ]
