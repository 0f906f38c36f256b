"""Rules that a scenario must keep (V1-V20, for the compact form; docs/decisions/0002 lists them)."""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from rearing.corpus.fill import NAMES, pool_of
from rearing.corpus.lexicon import charged_hits, moral_hits
from rearing.corpus.load import COMMONS, Corpus, Source, load_corpus, load_scenario
from rearing.corpus.parsed import Keys
from rearing.errors import ScenarioError
from rearing.records.scenario import (
    HELD_OUT_DOMAINS,
    AttackScenario,
    Lesson,
    Neutral,
    Option,
    Outcome,
    Scenario,
    Vignette,
)

SLOT = re.compile(r"\{(\w+)\}")
FORMS = ("inf", "fin", "ger")
BLANK = re.compile(r"<[^<>]+>")
ANAPHORA = re.compile(r"^(He|She|They|It|This|That|These|Those|Then|So|But|And|Their|His|Her)\b")
ACTOR_WORDS = re.compile(r"\b(his|her|hers|himself|herself|themselves|my|own|he|she)\b|\{A\}", re.IGNORECASE)
NAME = re.compile(rf"\b(?:{'|'.join(name for pool in NAMES.values() for bank in pool.values() for name in bank)})\b")
STAGE_PREFIX = {"lesson": "l", "vignette": "v", "attack": "a"}


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule: where, which, and how to mend it."""

    file: Path
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: [{self.rule}] {self.text}"


Found = Iterator[tuple[Keys, str, str]]
Rule = Callable[[Scenario, Source], Found]


def _words(text: str) -> int:
    return len(text.split())


def sentences(s: Scenario) -> Iterator[tuple[Keys, str, int, int, bool]]:
    """Every sentence atom: key path, text, least and most words, whether moral words are banned."""
    for i, text in enumerate(s.setting):
        yield ("setting", i), text, 4, 26, True
    for i, mind in enumerate(s.minds):
        yield ("minds", i, "text"), mind.text, 4, 18, True
    for i, option in enumerate(s.options):
        for j, outcome in enumerate(option.outcomes):
            yield ("options", i, "outcomes", j, "text"), outcome.text, 4, 15, True
        if option.reflection:
            yield ("options", i, "reflection", "w"), option.reflection.w, 5, 17, False
            yield ("options", i, "reflection", "mf"), option.reflection.mf, 5, 17, True
        for j, reason in enumerate(option.reasons):
            yield ("options", i, "reasons", j, "w"), reason.w, 5, 18, False
            yield ("options", i, "reasons", j, "mf"), reason.mf, 5, 18, True
        yield from _inner_sentences(option, ("options", i, "then"))
    if isinstance(s, Lesson):
        yield ("principle", "w"), s.principle.w, 5, 17, False
        yield ("principle", "mf"), s.principle.mf, 5, 17, True
    if isinstance(s, (Vignette, AttackScenario)):
        yield ("main",), s.main, 4, 20, True
    if isinstance(s, Vignette):
        yield ("twin",), s.twin, 4, 20, True
    if isinstance(s, AttackScenario):
        yield ("excuse",), s.excuse, 5, 18, True


def _inner_sentences(option: Option, at: Keys) -> Iterator[tuple[Keys, str, int, int, bool]]:
    if option.then:
        yield (*at, "situation"), option.then.situation, 5, 20, True
        for j, way in enumerate(option.then.options):
            yield (*at, "options", j, "outcome", "text"), way.outcome.text, 4, 15, True
            yield (*at, "options", j, "reason", "w"), way.reason.w, 5, 18, False
            yield (*at, "options", j, "reason", "mf"), way.reason.mf, 5, 18, True


def option_phrases(s: Scenario) -> Iterator[tuple[Keys, str]]:
    """Every form in which an option is named, those of an inner fork among them, with its key path."""
    for i, option in enumerate(s.options):
        for form in FORMS:
            yield ("options", i, form), getattr(option, form)
        for j, way in enumerate(option.then.options if option.then else ()):
            for form in ("inf", "fin"):
                yield ("options", i, "then", "options", j, form), getattr(way, form)


def _placeholders(s: Scenario, source: Source) -> Found:
    """Whether every placeholder can be filled (V1)."""
    known = set(s.people) | set(s.slots)
    if "A" not in s.people:
        yield ("people",), "V1", "people has no A; A is the one who acts"
    for pronoun, people in Counter(s.people.values()).items():
        if people > (names := len(NAMES[pool_of(s)][pronoun])):
            yield ("people",), "V1", f"{people} people are {pronoun!r}, but there are {names} such names; take fewer"
    for keys, text, *_ in sentences(s):
        for name in SLOT.findall(text):
            if name not in known:
                yield keys, "V1", f"{{{name}}} is neither in people nor in slots; declare it or correct the name"
    labels = ((("options", i, "lab"), option.lab) for i, option in enumerate(s.options))
    read = [(("options", i, "mf", f), getattr(o.mf, f)) for i, o in enumerate(s.options) if o.mf for f in FORMS]
    for keys, text in chain[tuple[Keys, str]](option_phrases(s), labels, read):
        for name in SLOT.findall(text):
            if name not in known:
                yield keys, "V1", f"{{{name}}} is neither in people nor in slots; declare it"
    if not all(s.slots.values()):
        yield ("slots",), "V1", "a slot has no value; give it one or remove it"
    if len({len(values) for values in s.slots.values()}) > 1:
        yield ("slots",), "V1", "slots have lists of different lengths; give each the same number of values"


def _people(s: Scenario, source: Source) -> Found:
    """Whether people are called by their placeholders (V1)."""
    found = [(keys, text) for keys, text, *_ in sentences(s)] + list(option_phrases(s))
    names = {name: keys for keys, text in reversed(found) for name in NAME.findall(text)}
    for name, keys in names.items():
        yield keys, "V1", f"has the name {name!r}; write {{A}}, {{B}} ... everywhere, names come from a pool"
    for person in s.people:
        if not any(f"{{{person}}}" in text for _, text in found):
            yield ("people", person), "V1", f"{{{person}}} is in no sentence; write it where {person} is meant"


def _references(s: Scenario, source: Source) -> Found:
    for i, mind in enumerate(s.minds):
        if mind.holder not in s.people and not mind.holder.islower():
            yield (
                ("minds", i, "holder"),
                "V1",
                f"holder {mind.holder!r} is not in people; use a person or a lower-case noun",
            )
    for where, outcome in _all_outcomes(s):
        if outcome.who not in s.people and not outcome.who.islower():
            yield (*where, "who"), "V1", f"{outcome.who!r} is not in people; use a person or a lower-case noun"
    stem = source.path.stem
    prefix = "n-" if s.stage == 0 else f"{STAGE_PREFIX.get(s.kind, '?')}{s.stage}-"
    if s.id != stem or not s.id.startswith(prefix):
        wanted = f"must equal the file name and begin with {prefix!r}"
        yield ("id",), "V1", f"{s.id!r} {wanted}; rename both, or change the stage"
    if (s.stage == 0) != isinstance(s, Neutral):
        yield ("stage",), "V1", f"it is {s.stage}; neutral graphs have 0, all others 1 to 6"


def _all_outcomes(s: Scenario) -> Iterator[tuple[Keys, Outcome]]:
    for i, option in enumerate(s.options):
        yield from ((("options", i, "outcomes", j), outcome) for j, outcome in enumerate(option.outcomes))
        ways = option.then.options if option.then else ()
        yield from ((("options", i, "then", "options", j, "outcome"), way.outcome) for j, way in enumerate(ways))


def _inner_fork(s: Scenario, source: Source) -> Found:
    """One fork inside a fork at most, in a lesson, with one endorsed and one rejected way (V2)."""
    forks = [(("options", i, "then"), o.then) for i, o in enumerate(s.options) if o.then]
    if forks and not isinstance(s, Lesson):
        yield forks[0][0], "V2", f"a {s.kind} has one fork only; remove `then`"
    if len(forks) > 1:
        yield forks[1][0], "V2", "both options have a fork after them; keep one"
    for at, fork in forks:
        if {way.rating for way in fork.options} != {"endorsed", "rejected"}:
            ratings = [way.rating for way in fork.options]
            yield (*at, "options"), "V4", f"ratings are {ratings}; one way is endorsed, one rejected"
    if forks and isinstance(s, Lesson) and s.stage < 4:
        yield forks[0][0], "V11", f"stage {s.stage} is too early for a fork inside a fork; use stage 4, 5 or 6"


def _ratings(s: Scenario, source: Source) -> Found:
    wanted = {"either"} if isinstance(s, Neutral) else {"endorsed", "rejected"}
    if {o.rating for o in s.options} != wanted:
        yield (
            ("options",),
            "V4",
            f"ratings are {[o.rating for o in s.options]}; one option is endorsed, one rejected (neutral: either)",
        )
    if s.options[0].id == s.options[1].id:
        yield ("options", 1, "id"), "V4", "both options have the same id; rename one"


def _consequences(s: Scenario, source: Source) -> Found:
    if isinstance(s, Lesson):
        for i, option in enumerate(s.options):
            for person in s.affected:
                if person not in {o.who for o in option.outcomes}:
                    yield (
                        ("options", i, "outcomes"),
                        "V3",
                        f"option {option.id!r} has no consequence for {person}, who is affected; "
                        f"add an outcome with `who: {person}`",
                    )
            if len(option.reasons) < 2:
                yield (
                    ("options", i),
                    "V13",
                    f"option {option.id!r} has {len(option.reasons)} reasons; give at least two",
                )
            if option.reflection is None:
                yield ("options", i), "V16", f"option {option.id!r} has no reflection; add one"
            if not option.lab:
                yield ("options", i), "V1", f"option {option.id!r} has no label; add `lab`"
            if not 2 <= len(option.outcomes) <= 3:
                yield (
                    ("options", i, "outcomes"),
                    "V15",
                    f"option {option.id!r} has {len(option.outcomes)} outcomes; give two or three",
                )
    if isinstance(s, Neutral) and any(len(o.outcomes) != 2 for o in s.options):
        yield ("options",), "V3", "a neutral graph has two outcomes an option; add or remove some"
    if isinstance(s, (Vignette, AttackScenario)) and any(o.outcomes or o.reasons or o.reflection for o in s.options):
        yield (
            ("options",),
            "V14",
            "an examination or attack scenario has no outcomes, reasons or reflections; remove them",
        )


def _wording(s: Scenario, source: Source) -> Found:
    for keys, text, least, most, moral_free in sentences(s):
        if not text.rstrip().endswith((".", "?", "!", "'", '"')):
            yield keys, "V6", "is not a whole sentence; end it with a full stop"
        evaluative = _evaluative(keys)
        if ANAPHORA.match(text) and not (evaluative and text.startswith("It ")):
            yield (
                keys,
                "V6",
                f"begins with {text.split()[0]!r}; begin with a name or a noun, so that it can stand anywhere",
            )
        if not least <= _words(text) <= most:
            yield keys, "V15", f"has {_words(text)} words; write {least} to {most}"
        if moral_free and moral_hits(text) and not isinstance(s, (Vignette, AttackScenario, Neutral)):
            yield keys, "V5", f"has a moral word ({_first_moral(text)!r}); say what happens without it"
        if not moral_free and not moral_hits(text):
            yield keys, "V5", "has no moral word; the `w` wording needs one (right, fair, duty, kind, ...)"
    if not 12 <= sum(map(_words, s.setting)) <= 40:
        yield ("setting",), "V15", f"has {sum(map(_words, s.setting))} words; write 16 to 34"


def _evaluative(keys: Keys) -> bool:
    return bool({"principle", "reasons", "reason", "reflection"} & set(keys))


def _first_moral(text: str) -> str:
    from rearing.corpus.lexicon import MORAL

    found = MORAL.search(text)
    return found.group(0) if found else ""


def _phrases(s: Scenario, source: Source) -> Found:
    for keys, text in option_phrases(s):
        if found := ACTOR_WORDS.search(text):
            yield keys, "V7", f"contains {found.group(0)!r}, which breaks after 'I will'; say it without"
        if text.rstrip().endswith("."):
            yield keys, "V7", "ends with a full stop; remove it"
        if not 2 <= _words(text) <= 13:
            yield keys, "V15", f"has {_words(text)} words; write 4 to 9"
    for i, option in enumerate(s.options):
        yield from _stems(option, i)
        if charged_hits(option.inf) and option.mf is None and not isinstance(s, Lesson):
            yield (
                ("options", i, "inf"),
                "V5",
                "has a moral or charged word; add `mf: {inf, fin, ger}` with the same action without it",
            )
        if option.mf and charged_hits(f"{option.mf.inf} {option.mf.fin} {option.mf.ger}"):
            yield ("options", i, "mf"), "V5", "the `mf` phrase still has a moral or charged word; reword it"
    long, short = sorted((_words(o.inf) for o in s.options), reverse=True)
    if long - short > 4:
        yield ("options",), "V14", f"the options have {long} and {short} words; bring them within three words"


def _stems(option: Option, i: int) -> Found:
    """`inf`, `fin` and `ger` must be the same words but for the verbs: same length within one word."""
    forms = (option.inf, option.fin, option.ger)
    lengths = list(map(_words, forms))
    if max(lengths) - min(lengths) > 1 and not any(map(BLANK.search, forms)):
        yield ("options", i), "V7", f"inf, fin and ger have {lengths} words; use the same words in all three"
    if not re.match(r"(not )?\w+ing\b", option.ger):
        yield ("options", i, "ger"), "V7", f"ger begins with {option.ger.split()[0]!r}; begin with the -ing form"


def _stage(s: Scenario, source: Source) -> Found:
    if s.stage == 2 and all(m.holds for m in s.minds):
        yield ("minds",), "V11", "stage 2 needs a mind with `holds: false`; add one or take another stage"
    if s.stage >= 5 and max((m.order for m in s.minds), default=0) < 2:
        yield ("minds",), "V11", f"stage {s.stage} needs a mind of order 2; add one or take another stage"
    if s.stage == 4 and not (s.institutional and s.remoteness >= 1):
        yield ("stage",), "V11", "stage 4 needs `institutional: true` and remoteness 1 or 2; change them or the stage"
    if s.stage == 6 and s.remoteness != 2:
        yield ("remoteness",), "V11", "stage 6 needs remoteness 2; change it or the stage"
    if s.stage <= 2 and max((m.order for m in s.minds), default=1) > 1:
        yield ("minds",), "V11", f"stage {s.stage} allows no mind of order 2; use order 1 or stage 5 or 6"
    held_out = s.domain in HELD_OUT_DOMAINS
    if held_out and not (isinstance(s, Vignette) and s.split == "domain"):
        yield ("domain",), "V10", f"{s.domain!r} is held out; only vignettes of the split `domain` use it"
    if isinstance(s, Vignette) and s.split == "domain" and not held_out:
        yield ("domain",), "V10", f"split `domain` needs one of {', '.join(HELD_OUT_DOMAINS)}"


def _echo(s: Scenario, source: Source) -> Found:
    """No evaluative sentence repeats half of an option phrase (V18)."""
    grams = [_grams(text) for _, text in option_phrases(s)]
    for keys, text, *_ in sentences(s):
        if _evaluative(keys):
            for theirs in grams:
                if theirs and len(_grams(text) & theirs) / len(theirs) > 0.5:
                    yield keys, "V18", "repeats an option phrase; say why instead"
                    break


def _grams(text: str) -> set[tuple[str, str]]:
    words = re.findall(r"[\w{}']+", text.lower())
    return set(pairwise(words))


def _blanks(s: Scenario, source: Source) -> Found:
    """No text still holds what `rearing new` left to the author (V19)."""
    for keys, text in _texts(asdict(s)):
        if found := BLANK.search(text):
            yield keys, "V19", f"is not written yet; replace {found.group(0)!r}"


def _texts(node: Any, at: Keys = ()) -> Iterator[tuple[Keys, str]]:
    """Every text inside, with its key path."""
    if isinstance(node, str):
        yield at, node
    elif isinstance(node, (dict, tuple)):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _texts(value, (*at, key))


def _readings(s: Scenario, source: Source) -> Found:
    """Readings are counted in full; where fewer than four of five agree it is marked and never asked (V20)."""
    agree, of = s.review.agree, s.review.of
    if agree is None and of is None:
        return
    if agree is None or of is None or not 0 <= agree <= of:
        yield ("review",), "V20", f"{agree} of {of} readings agree; give both numbers, `agree` from 0 to `of`"
    elif agree < 0.8 * of and s.review.status != "contested":
        yield ("review", "status"), "V20", f"only {agree} of {of} readings agree; write contested"


TO_PLAY = (_placeholders, _ratings)
"""Rules without which there are no names to fill in, or no two roads."""
TO_TELL = (*TO_PLAY, _inner_fork, _consequences)
"""Rules without which an arm has nothing to tell."""
RULES = (*TO_TELL, _people, _references, _wording, _phrases, _stage, _echo, _blanks, _readings)


def lint_scenario(scenario: Scenario, source: Source, rules: Sequence[Rule] = RULES) -> list[Problem]:
    """All of these rules that this scenario breaks, in the order of its lines; of a blank only that it is one."""
    broken = [problem for check in rules for problem in check(scenario, source)]
    unwritten = {keys for keys, rule, _ in broken if rule == "V19"}
    found = [
        Problem(source.path, source.line(*keys), rule, f"{'.'.join(map(str, keys))}: {text}")
        for keys, rule, text in broken
        if rule == "V19" or keys not in unwritten
    ]
    return sorted(found, key=lambda p: (p.line, p.rule))


def lint_file(path: Path) -> list[Problem]:
    """All problems of one file; what does not have the form of a scenario breaks rule V0."""
    try:
        return lint_scenario(*load_scenario(path))
    except ScenarioError as err:
        faults = (err, *err.others)
        return [Problem(path, int(e.where or 1), "V0", f"{e.problem}; {e.mend}") for e in faults]


def load_told(root: Path) -> Corpus:
    """A corpus of which everything can be told and asked; tests hold the embedded one to that.

    Raises:
        ScenarioError: The folder cannot be read, or a scenario in it breaks such a rule.
    """
    corpus = load_corpus(root)
    for scenario in corpus.scenarios if root != COMMONS else ():
        for problem in lint_scenario(scenario, corpus.sources[scenario.id], TO_TELL):
            raise ScenarioError(problem.text, f"rearing check {problem.file} says more", problem.file, problem.line)
    return corpus


if __name__ == "__main__":
    problems = [p for name in sys.argv[1:] for p in lint_file(Path(name))]
    print("\n".join(map(str, problems)) or f"{len(sys.argv) - 1} files, no problem")
    sys.exit(1 if problems else 0)
