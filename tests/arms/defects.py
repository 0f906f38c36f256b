"""Matched arms, and every defect that is planted in them, with the row of the audit that catches it alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from tests.corpus_fixture import commons, grown_corpus, word

from rearing.arms.audit import audit
from rearing.arms.audit.facts import syllables
from rearing.arms.curriculum import arm, curricula
from rearing.arms.tokens import counter
from rearing.corpus.lexicon import moral_hits
from rearing.corpus.load import Corpus
from rearing.records.document import Curriculum, Document, Phase, Sentence, Step
from rearing.records.recipe import Recipe

BD, FS, P = "branching-developmental", "flat-shuffled", "principled-shuffled"
FP, BD_TWIN = "flat-principled-shuffled", "branching-developmental-flipped"
NAMES = (BD, FS, P, FP, BD_TWIN)
EVERY = (
    *NAMES,
    "branching-reversed",
    "branching-blocked",
    "principled-developmental",
    "paths-shuffled",
    "paraphrase-shuffled",
    "neutral-shuffled",
    "linear-shuffled",
    "rules-shuffled",
)
Arms = dict[str, list[Curriculum]]
Edit = Callable[[Document], Document]


def build(corpus: Corpus, seeds: tuple[int, ...], names: tuple[str, ...] = NAMES) -> Arms:
    made: Arms = {name: [] for name in names}
    for seed in seeds:
        for name, c in curricula(corpus, [arm(n) for n in names], seed, Recipe(warmup_steps=4)).items():
            made[name].append(c)
    return made


@cache
def matched(names: tuple[str, ...] = NAMES) -> Arms:
    return build(grown_corpus(), (1, 2), names)


def edited(
    name: str,
    edit: Edit,
    phases: tuple[Phase, ...] = ("ordered", "cooldown"),
    most: int = 10**6,
    names: tuple[str, ...] = NAMES,
) -> Arms:
    """The matched arms with the first `most` documents of one arm changed."""
    arms, left = dict(matched(names)), most

    def change(d: Document, phase: Phase) -> Document:
        nonlocal left
        if phase not in phases or left <= 0:
            return d
        left -= 1
        return edit(d)

    arms[name] = [
        replace(c, steps=tuple(replace(s, documents=tuple(change(d, s.phase) for d in s.documents)) for s in c.steps))
        for c in arms[name]
    ]
    return arms


def stepped(name: str, edit: Callable[[list[Step]], list[Step]]) -> Arms:
    """The matched arms with the steps of the first run of one arm changed, and with it those of its twin."""
    arms = dict(matched())
    for changed in {name, f"{name}-flipped"} & arms.keys():
        first, *others = arms[changed]
        arms[changed] = [replace(first, steps=tuple(edit(list(first.steps)))), *others]
    return arms


def at(steps: list[Step], phase: str) -> Iterator[int]:
    return (i for i, s in enumerate(steps) if s.phase == phase)


def exchanged(steps: list[Step], i: int, j: int) -> list[Step]:
    steps[i], steps[j] = steps[j], steps[i]
    return steps


def sentences(d: Document, change: Callable[[Sentence], Sentence | tuple[Sentence, ...]]) -> Document:
    def all_of(paragraph: tuple[Sentence, ...]) -> tuple[Sentence, ...]:
        changed = [change(s) for s in paragraph]
        return tuple(s for c in changed for s in (c if isinstance(c, tuple) else (c,)))

    return replace(d, paragraphs=tuple(map(all_of, d.paragraphs)))


def of_role(role: str, change: Callable[[Sentence], Sentence | tuple[Sentence, ...]]) -> Edit:
    return lambda d: sentences(d, lambda s: change(s) if s.role == role else s)


def last_of(role: str, change: Callable[[Document, Sentence], Sentence]) -> Edit:
    def edit(d: Document) -> Document:
        last = [s for s in d.sentences if s.role == role][-1]
        return sentences(d, lambda s: change(d, s) if s is last else s)

    return edit


def failing(arms: Arms) -> set[str]:
    return {r.name for r in audit(arms) if not r.passed}


def one_token_short(d: Document) -> Document:
    count = counter()
    for old in d.sentences:
        for part in old.text.split() if old.role == "setting" else ():
            new = old.text.replace(f" {part}", "", 1)
            if new[0].isupper() and count(" " + old.text) - count(" " + new) == 1:
                return sentences(d, lambda s, old=old, new=new: replace(s, text=new) if s is old else s)  # type: ignore[misc]
    raise AssertionError("no sentence can lose one token")


def turned(d: Document, s: Sentence) -> Sentence:
    """The same words in another order: not the same atom."""
    first, *words = s.text.removesuffix(".").split()
    return replace(s, text=" ".join([first, *reversed(words)]) + ".")


def moral(s: Sentence) -> Sentence:
    """The same number of tokens, words and syllables, with one moral word."""
    new = s.text.replace(" big ", " fair ").replace(" thinks ", " trusts ")
    assert moral_hits(new) > 0 and counter()(" " + new) == counter()(" " + s.text)
    return replace(s, text=new)


def unnamed(endorsed: bool) -> Edit:
    """The verdict line with the words of one option in another order, so that it is not named any more."""

    def change(d: Document) -> Document:
        option = d.endorsed if endorsed else d.rejected
        assert option is not None
        verb, *words = option.ger.split()
        halves = words[len(words) // 2 :] + words[: len(words) // 2]
        return of_role("verdict", lambda s: replace(s, text=s.text.replace(option.ger, " ".join([verb, *halves]))))(d)

    return change


def in_another_form(d: Document) -> Document:
    """The head of the endorsed option with its gerund in place of the finite form."""
    assert d.endorsed is not None
    fin, ger = d.endorsed.fin, d.endorsed.ger
    return of_role("head", lambda s: replace(s, text=s.text.replace(fin, ger)))(d)


def unnamed_ways(d: Document) -> Document:
    """The menu of the fork inside a road with the words of its ways in another order."""

    def turn(s: Sentence) -> Sentence:
        for way in d.inner if s.slot.startswith("inner") else ():
            verb, *words = way.split()
            s = replace(s, text=s.text.replace(way, " ".join([verb, *words[1:], words[0]])))
        return s

    return of_role("menu", turn)(d)


def endorsed_first(*roles: str) -> Edit:
    """The endorsed option is named first in these sentences; the other one takes its place."""

    def change(d: Document) -> Document:
        assert d.endorsed is not None and d.rejected is not None
        pairs = [(getattr(d.endorsed, form), getattr(d.rejected, form)) for form in ("inf", "fin")]
        text = " ".join(s.text for s in d.sentences if s.role in roles)
        wrong = any(bad in text and text.index(bad) < text.index(good) for good, bad in pairs if good in text)

        def swap(s: Sentence) -> Sentence:
            new = s.text
            for good, bad in pairs:
                new = new.replace(good, "§").replace(bad, good).replace("§", bad)
            return replace(s, text=new)

        return sentences(d, lambda s: swap(s) if s.role in roles else s) if wrong else d

    return change


def early_choice(d: Document) -> Document:
    """The paragraph of the choice stands before the second option."""
    if d.layout == "choice-first":
        return d
    opening, one, two, choice = d.paragraphs
    return replace(d, paragraphs=(opening, one, choice, two))


def in_words(s: Sentence) -> tuple[Sentence, ...]:
    """The same text, cut into many short sentences."""
    return tuple(replace(s, text=part) for part in s.text.split())


def droning(s: Sentence) -> Sentence:
    """The same number of tokens, one word again and again."""
    return replace(s, text="The" + " the" * (counter()(" " + s.text) - 2) + ".")


def estranged(s: Sentence, words: Sequence[str]) -> Sentence:
    """Long words exchanged for others where tokens, syllables and moral words stay as many."""
    said = s.text.removesuffix(".").split()
    for i, old in enumerate(said[1:], 1):
        turn = sum(map(ord, old)) % len(words)
        for new in (*words[turn:], *words[:turn]) if len(old) > 3 and old.isalpha() else ():
            text = " ".join((*said[:i], new, *said[i + 1 :])) + "."
            same = counter()(" " + text) == counter()(" " + s.text) and syllables(new) == syllables(old)
            if same and moral_hits(text) == moral_hits(s.text):
                s, said[i] = replace(s, text=text), new
                break
    return s


def invented(d: Document) -> list[str]:
    """Long words that no other document has."""
    return [word(500 + sum(map(ord, d.scenario)) % 97, k) for k in range(60)]


def strange(*roles: str) -> Edit:
    """Sentences of these roles in words that no other document has."""
    return lambda d: sentences(d, lambda s: estranged(s, invented(d)) if s.role in roles else s)


def flat_changed(edit: Callable[[Sequence[Document]], Edit]) -> Arms:
    """Flat and branching on the shipped corpus, whose sentences are long."""
    arms = build(commons(), (1,), (BD, FS))
    told = [d for step in arms[FS][0].steps if step.phase != "warmup" for d in step.documents]
    change = edit(told)
    steps = (
        step if step.phase == "warmup" else replace(step, documents=tuple(map(change, step.documents)))
        for step in arms[FS][0].steps
    )
    return {**arms, FS: [replace(arms[FS][0], steps=tuple(steps))]}


def looking_back_on_another(told: Sequence[Document]) -> Edit:
    """Every reflection and principle is that of the next document which has one of the same size."""

    def size(s: Sentence) -> tuple[int, int, int]:
        return counter()(" " + s.text), counter()("\n\n" + s.text), moral_hits(s.text)

    back = [s for d in told for s in d.sentences if s.role in ("reflection", "principle")]
    alike = {n: [s.text for s in back if size(s) == n] for n in set(map(size, back))}
    return lambda d: sentences(
        d,
        lambda s: replace(s, text=(same := alike[size(s)])[(same.index(s.text) + 4) % len(same)]) if s in back else s,
    )


def padded_everywhere() -> Arms:
    """Of every arm the sentences before the menu are filler: none has more than another."""
    arms = dict(matched())
    for name in arms:
        arms = arms | {name: edited(name, lambda d: padding("setting", padding("mind", d)))[name]}
    return arms


def padding(role: str, d: Document) -> Document:
    return of_role(role, lambda s: replace(s, role="filler"))(d)


def doubled(steps: list[Step]) -> list[Step]:
    i = next(at(steps, "ordered"))
    return [*steps[: i + 1], steps[i], *steps[i + 1 :]]


def lost(steps: list[Step]) -> list[Step]:
    i = next(at(steps, "ordered"))
    return steps[:i] + steps[i + 1 :]


def first_step_last(steps: list[Step]) -> list[Step]:
    ordered = list(at(steps, "ordered"))
    return exchanged(steps, ordered[0], ordered[-1])


def other_cooldown(steps: list[Step]) -> list[Step]:
    late = list(at(steps, "cooldown"))
    return exchanged(steps, late[0], late[-1])


PLANTS: dict[str, tuple[Callable[[], Arms], str]] = {
    "one token short": (lambda: edited(P, one_token_short, most=1), "tokens"),
    "one atom lost": (
        lambda: edited(FS, last_of("outcome", lambda d, s: replace(s, atom="")), most=1),
        "propositions",
    ),
    "one atom lost by the first of two flat arms": (
        lambda: edited(
            FS,
            last_of("outcome", lambda d, s: replace(s, atom="")),
            most=1,
            names=(*NAMES, "flat-developmental"),
        ),
        "propositions",
    ),
    "an atom in other words": (lambda: edited(FS, last_of("outcome", turned), most=1), "propositions"),
    "moral words": (lambda: edited(P, last_of("mind", lambda d, s: moral(s))), "moral_words"),
    "a mention of the endorsed option lost": (lambda: edited(P, unnamed(True)), "mentions_endorsed"),
    "a mention of the rejected option lost": (lambda: edited(BD, unnamed(False)), "mentions_rejected"),
    "a gerund in place of a finite clause": (lambda: edited(FP, in_another_form), "mentions_endorsed"),
    "the ways at an inner fork not named": (lambda: edited(P, unnamed_ways), "inner"),
    "endorsed always first in the menu": (lambda: edited(FS, endorsed_first("menu")), "first_action"),
    "endorsed always first in the body": (lambda: edited(P, endorsed_first("head")), "body_first"),
    "choice before the second option": (lambda: edited(FS, early_choice), "distance"),
    "filler": (lambda: edited(FS, of_role("setting", lambda s: replace(s, role="filler"))), "filler"),
    "filler in all arms alike": (padded_everywhere, "filler_most"),
    "flat looks back on another case": (
        lambda: flat_changed(looking_back_on_another),
        "content_flat",
    ),
    "principles about another case": (
        lambda: edited(P, strange("setting", "mind", "reflection")),
        "content_principled",
    ),
    "another grade": (lambda: edited(P, of_role("reflection", in_words)), "grade"),
    "one phrasing for all": (
        lambda: edited(BD, of_role("back", lambda s: replace(s, slot="back", phrase="Go back."))),
        "phrasing",
    ),
    "a step doubled": (lambda: stepped(FS, doubled), "steps"),
    "a step lost": (lambda: stepped(P, lost), "steps"),
    "order not as planned": (lambda: stepped(BD, first_step_last), "order"),
    "shuffled otherwise than its pair": (lambda: stepped(FS, first_step_last), "order"),
    "another cool-down": (lambda: stepped(BD, other_cooldown), "cooldown"),
    "warm-up changed": (
        lambda: edited(P, of_role("choice", lambda s: replace(s, text="Ann does it.")), ("warmup",), 1),
        "warmup",
    ),
    "a twin that says something else": (lambda: edited(BD_TWIN, last_of("reflection", turned), most=1), "twins"),
    "a twin that lost a step": (lambda: stepped(BD_TWIN, lost), "twins"),
    "a twin in another order": (lambda: stepped(BD_TWIN, first_step_last), "twins"),
    "a twin with another cool-down": (lambda: stepped(BD_TWIN, other_cooldown), "twins"),
    "a twin with another warm-up": (
        lambda: edited(BD_TWIN, of_role("choice", lambda s: replace(s, text="Ann does it.")), ("warmup",), 1),
        "twins",
    ),
    "a twin of a seed that its arm has not": (
        lambda: {**matched(), BD_TWIN: [replace(c, seed=9) for c in matched()[BD_TWIN]]},
        "twins",
    ),
    "a twin that exchanges nothing": (
        lambda: {**matched(), BD_TWIN: matched()[BD]},
        "twins",
    ),
}
