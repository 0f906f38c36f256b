"""The assay: can the instruments move on this model? Controls and flipped twins only (DESIGN section 7).

    search   every candidate recipe, one seed, first half of the dev scenarios
    choose   by rule: answer rule on U alone; recipe, forms and reading by the smallest value effect over renderers
    confirm  the chosen recipe, fresh seeds, second half of the dev scenarios; lower 90 % bounds must hold
             (left out if no gate reached one smallest margin in the search, for two are asked for)

A list that leaves nothing to choose may have no search seeds: it is confirmed as it stands.

A structured arm is compared with its own twin and with nothing else.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rearing.arms.curriculum import FLIPPED
from rearing.corpus.lint import load_told
from rearing.corpus.load import Corpus
from rearing.errors import StudyError
from rearing.evals.forms import kind
from rearing.probes.probe import PROBES
from rearing.records.item import RULES, Rule
from rearing.records.plan import UNTRAINED
from rearing.records.reading import DEFAULT_READINGS, ReadingName
from rearing.store.artifacts import Store, write_atomic, write_json
from rearing.store.runs import open_run
from rearing.store.tables import join
from rearing.study.assay_math import (
    Candidate,
    GateAssay,
    gate_rows,
    hopeless,
    measure,
    pending,
    recipe_name,
    unconfirmed,
)
from rearing.study.assay_report import PENDING, markdown, table
from rearing.study.execute import execute, worker_count
from rearing.study.forecast import forecast
from rearing.study.job import Job, Keys, read_stage
from rearing.study.planning import assay_setting, build_plan, jobs_of
from rearing.study.resume import unfinished
from rearing.study.schema import (
    AttackTable,
    ExamineTable,
    RecipeTable,
    Study,
    explain,
    read_toml,
    root_paths,
)
from rearing.verdict.evidence import Evidence
from rearing.verdict.gates import flat, principled
from rearing.verdict.power import spreads

if TYPE_CHECKING:
    import polars as pl

MAX_CANDIDATES = 12
SEARCHED = "search half only: no gate has P - U and V in every renderer at one smallest margin; two are asked for"


class AssayFile(BaseModel):
    """An assay file (TOML)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    base: str
    corpus: str = "commons"
    plugins: tuple[Path, ...] = ()
    renderers: Annotated[tuple[str, ...], Field(min_length=1)]
    control: str
    forms: Annotated[tuple[str, ...], Field(min_length=2)]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)] = RULES
    readings: Annotated[tuple[ReadingName, ...], Field(min_length=1)] = DEFAULT_READINGS
    tellings: Annotated[int, Field(ge=1, le=16)] = 1
    stage_lessons: Annotated[int, Field(ge=1)] | None = None
    search_seeds: Annotated[int, Field(ge=0)] = 1
    searched: str = ""  # where what is listed was chosen, if nothing is searched; it stands in the record
    confirm_seeds: Annotated[int, Field(ge=2)] = 3
    gate_forms: Annotated[int, Field(ge=2)] = 4
    keep: Literal["none", "final"] = "none"
    recipes: Annotated[tuple[RecipeTable, ...], Field(min_length=1)]

    @property
    def leaves_to_choose(self) -> bool:
        """Whether it lists more than one recipe, rule or choice of forms."""
        return max(len(self.recipes), len(self.rules)) > 1 or len(self.forms) > self.gate_forms

    def study(self, recipe: RecipeTable, split: str, rule: str) -> Study:
        """The study that trains every renderer and its twin by one recipe.

        A control that is alone among the renderers stands beside its own twin.
        """
        arms = tuple(name for r in self.renderers for name in (r, f"{r}-{FLIPPED}"))
        examine = ExamineTable(split=split, forms=self.forms, rule=rule, readings=self.readings)
        return Study(
            name=f"{self.name}-{split}",
            base=self.base,
            corpus=self.corpus,
            plugins=self.plugins,
            arms=arms,
            structured=next(name for name in arms if name != self.control),
            comparators=(self.control,),
            recipe=recipe,
            tellings=self.tellings,
            stage_lessons=self.stage_lessons,
            examine=examine,
            attack=AttackTable(seeds=0),
            keep=self.keep,
            seeds=self.search_seeds if split == "dev-search" else self.confirm_seeds,
        )


@dataclass(frozen=True, slots=True)
class AssayResult:
    """What an assay leaves: the record that studies read, the table for a person, and where both are."""

    record: dict[str, Any]
    table: str
    path: Path


def load_assay_file(path: Path) -> AssayFile:
    """Read an assay file.

    Raises:
        StudyError: It has a mistake, more than twelve candidates, or something to choose and no search.
    """
    data = read_toml(path, "assay")
    root_paths(path.parent, data, "corpus", "base", "plugins")
    try:
        found = AssayFile.model_validate(data)
        found.study(found.recipes[0], "dev-confirm", found.rules[0])
    except ValidationError as err:
        raise explain(path, err, AssayFile, "the assay") from err
    if unread := [name for name in found.readings if PROBES[name].on_told or PROBES[name].on_before]:
        mend = "leave it out: it reads nothing of the untrained base, or nothing before an attack"
        raise StudyError(f"has the reading {unread[0]!r}, on which no gate can stand", mend, path, "key readings")
    n = len(found.forms) + len(found.recipes)
    if n > MAX_CANDIDATES:
        raise StudyError(f"has {n} candidates (forms and recipes)", f"list at most {MAX_CANDIDATES}", path)
    if found.leaves_to_choose and not found.search_seeds:
        mend = "list one recipe, one rule and no more forms than gate_forms, or give it search seeds"
        raise StudyError("searches nothing and leaves something to choose", mend, path, "key search_seeds")
    if not found.search_seeds and not found.searched:
        mend = "say in one line where what it lists was chosen, for it stands in the record"
        raise StudyError("is missing where nothing is searched", mend, path, "key searched")
    return found


def run_assay(path: Path, out: Path | None, quiet: bool) -> AssayResult:
    """Search, choose, confirm; finished work is reused.

    Args:
        path: Assay file.
        out: Run folder; `runs/<name>` if None.
        quiet: No progress display.
    """
    file = load_assay_file(path)
    corpus = load_told(file.study(file.recipes[0], "dev-confirm", "sum").corpus_folder)
    with open_run(out or Path("runs") / file.name, file.name) as folder:

        def page(name: str, record: dict[str, Any]) -> None:
            write_atomic(folder / name, markdown(file, record, path).encode())

        record = assay(file, corpus, folder, quiet, lambda searched: page("search.md", searched))
        write_json(folder / "assay.json", record)
        page("assay.md", record)
        (folder / "search.md").unlink(missing_ok=True)  # its grid is in assay.md
    return AssayResult(record, table(record), folder / "assay.json")


def assay(
    file: AssayFile,
    corpus: Corpus,
    folder: Path,
    quiet: bool,
    on_search: Callable[[dict[str, Any]], None] = lambda record: None,
) -> dict[str, Any]:
    """The record of an assay, made in an open run folder; nothing but the store is written.

    `on_search` is called with the record of the search, before hours of confirmation.
    """
    if file.search_seeds:
        frames = examine([file.study(r, "dev-search", "sum") for r in file.recipes], corpus, folder, quiet)
        candidates = [measure(file, i, *frame) for i, frame in enumerate(frames)]
        chosen = choose(file, candidates)
        searched = gate_rows(file, chosen, *frames[chosen.recipe])
        seeds = 0 if hopeless(chosen, searched) else file.confirm_seeds
    else:
        chosen = as_listed(file)
        candidates, searched, seeds = [chosen], [], file.confirm_seeds
    listed = file.study(file.recipes[chosen.recipe], "dev-confirm" if seeds else "dev-search", chosen.rule)
    study = listed.model_copy(update={"examine": listed.examine.model_copy(update={"forms": chosen.picked})})
    seen = [pending(row) if seeds else unconfirmed(chosen, row) for row in searched]
    looked = _record(file, corpus, study, chosen, candidates, seen, 0) | {"spreads": {}}
    if not seeds:
        return looked
    if searched:
        on_search(looked | {"note": PENDING})
    frame = examine([study], corpus, folder, quiet)[0]
    record = _record(file, corpus, study, chosen, candidates, gate_rows(file, chosen, *frame, searched), seeds)
    return record | {"spreads": _spreads(study, corpus, record, *frame)}


def choose(file: AssayFile, candidates: list[Candidate]) -> Candidate:
    """The recipe with the largest mean over forms of the smallest value effect over renderers; its forms and reading.

    The best form that is open (contrasts and scales count as open), the best menu and then the next best are taken, up
    to `gate_forms`; one without a value effect may be among them, for the gate is their mean. Of the readings listed,
    the one with the largest smallest value effect over renderers is taken, the first listed of equals.
    """
    best = max(candidates, key=lambda c: (c.strength, -c.recipe))
    ranked = sorted(best.forms, key=lambda f: -best.forms[f])
    menus = [f for f in ranked if kind(f) == "menu"][:1]
    opens = [f for f in ranked if kind(f) != "menu"][:1]
    rest = [f for f in ranked if f not in (*menus, *opens)]
    picked = (*opens, *menus, *rest)[: file.gate_forms]
    reading = max(file.readings, key=best.readings.__getitem__)
    return best.standing_on(tuple(sorted(picked, key=file.forms.index)), reading)


def as_listed(file: AssayFile) -> Candidate:
    """The one recipe, rule and set of forms of a list that leaves nothing to choose, and its first reading."""
    name, rule = recipe_name(file.recipes[0]), file.rules[0]
    return Candidate(0, name, rule, {}, 0.0, {}, (), file.forms, file.readings[0])


def examine(
    studies: list[Study], corpus: Corpus, folder: Path, quiet: bool
) -> "list[tuple[pl.DataFrame, pl.DataFrame]]":
    """Responses and readings of every study, in an open run folder; jobs of all run together, and are reused."""
    store = Store(folder / "store")
    store.sweep()
    by_study = [jobs_of(s) for s in studies]
    todo: dict[str, tuple[Job, dict[str, float]]] = {}
    for study, jobs in zip(studies, by_study, strict=True):
        seconds = forecast(study, jobs, corpus, worker_count()).seconds
        for job, left in unfinished(jobs, corpus, folder, seconds):
            todo.setdefault(Keys(job, corpus)["examine"], (job, left))
    if todo:
        execute([job for job, _ in todo.values()], corpus, folder, [cost for _, cost in todo.values()], quiet)
    return [
        (
            join("responses", [read_stage(j, corpus, store, "examine") for j in jobs]),
            join("readings", [read_stage(j, corpus, store, "read") for j in jobs]),
        )
        for jobs in by_study
    ]


def _spreads(
    confirmed: Study, corpus: Corpus, record: dict[str, Any], responses: "pl.DataFrame", readings: "pl.DataFrame"
) -> dict[str, Any]:
    """The spreads that the power of a study is computed from when it is sealed, by family.

    They are those of the structured arm minus the control: how it spreads, not where it lies. {} if the control carries
    no demotion, for no study can be sealed on such an assay.
    """
    plan = build_plan(confirmed, corpus, 0, record)
    if not principled(plan) + flat(plan):
        return {}
    return {family: asdict(one) for family, one in spreads(Evidence(plan, (), responses, readings)).items()}


def _note(file: AssayFile, seeds: int) -> str:
    if not file.search_seeds:
        return f"{seeds} seeds, the second half of the dev scenarios, as listed; {file.searched}"
    return f"{seeds} fresh seeds, the other half of the dev scenarios" if seeds else SEARCHED


def _record(
    file: AssayFile,
    corpus: Corpus,
    study: Study,
    chosen: Candidate,
    candidates: list[Candidate],
    gates: list[GateAssay],
    seeds: int,
) -> dict[str, Any]:
    return {
        "setting": assay_setting(study, corpus) | {"arms": list(study.arms)},
        "corpus_name": f"{corpus.name} {corpus.version}",
        "chosen": {"recipe": candidates[chosen.recipe].name, "rule": chosen.rule, "forms": list(chosen.picked)}
        | {"reading": chosen.reading},
        "note": _note(file, seeds),
        "recipes": [r.model_dump(mode="json") for r in file.recipes],
        "seeds": {"search": file.search_seeds, "confirm": seeds},
        "gates": [g.as_dict() for g in gates],
        "grid": [row for c in candidates for row in c.grid],
        "untrained": UNTRAINED,
    }
