"""Study files: TOML, checked by pydantic, with the nearest name on a typo."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from rearing.arms.curriculum import arm, whole_tellings
from rearing.attacks.texts import ATTACKS
from rearing.corpus.load import COMMONS
from rearing.errors import PluginError, StudyError, UserError, nearest
from rearing.evals.families import INSTRUMENTS
from rearing.evals.forms import SHIFT_FORMS
from rearing.evals.pressure import SHIPPED_TACTICS, TACTICS
from rearing.evals.worlds import SHIPPED_WORLDS, WORLDS
from rearing.plugins import Source, Table, load
from rearing.probes.probe import PROBES
from rearing.records.item import Rule
from rearing.records.plan import UNTRAINED
from rearing.records.reading import DEFAULT_READINGS
from rearing.records.recipe import Recipe
from rearing.records.seal import Seal

GATE_FAMILIES = ("normal", "shift", "agentic")


def _no_doubles(what: str, names: tuple[str, ...]) -> None:
    double = [n for n in names if names.count(n) > 1]
    if double:
        raise ValueError(f"{double[0]!r} stands twice in {what}")


def _look_up(table: Table[Any], names: Iterable[str]) -> None:
    for name in names:
        try:
            table[name]
        except PluginError as err:
            raise ValueError(f"{err.problem}; {err.mend}") from err


LEAST_VIGNETTES = 4  # two a gate


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecipeTable(_Table):
    """`[recipe]`: how every arm is trained; see `records.recipe.Recipe`."""

    lr: Annotated[float, Field(gt=0, le=0.1)] = 1e-4
    documents_per_step: Annotated[int, Field(ge=1, le=64)] = 2
    warmup_steps: Annotated[int, Field(ge=0, le=1000)] = 10
    dtype: Literal["bf16", "fp32"] = "bf16"

    def recipe(self) -> Recipe:
        """The record that travels."""
        return Recipe(**self.model_dump())


class ExamineTable(_Table):
    """`[examine]`: what every checkpoint is asked.

    Attributes:
        vignettes: How many held-out vignettes are asked; one half stands for gate 1, the other for gate 2.
        families: Instruments (`evals.families`).
        external: The CSV of MoralChoice, for family `moralchoice`.
        worlds, tactics: What the families `worlds` and `pressure` ask.
        split: Held-out vignettes, or one half of the dev scenarios, all of it: what an assay searches or confirms on.
        forms: How `shift`, `lexical` and (menus alone) `bare` ask (`evals.forms`).
        gate_forms: Those of the forms that gate 1 stands on; all of them, if none is named.
        rule: How answers of open forms are compared: by their log-probability as it is (`sum`), divided by the bytes
            (`byte`) or by the tokens (`token`) of the answer.
        dtype: In which the items are scored.
        readings: Probes (docs/interpretability.md).
    """

    vignettes: Annotated[int, Field(ge=LEAST_VIGNETTES)] = 60
    families: tuple[str, ...] = GATE_FAMILIES
    external: Path | None = None
    worlds: Annotated[tuple[str, ...], Field(min_length=1)] = tuple(w.name for w in SHIPPED_WORLDS)
    tactics: Annotated[tuple[str, ...], Field(min_length=1)] = tuple(t.name for t in SHIPPED_TACTICS)
    split: Literal["held-out", "dev-search", "dev-confirm"] = "held-out"
    forms: Annotated[tuple[str, ...], Field(min_length=1)] = ("chat", "email", "script", "menu-chat")
    gate_forms: tuple[str, ...] = ()
    rule: Rule = "byte"
    dtype: Literal["bf16", "fp32"] = "fp32"
    readings: Annotated[tuple[str, ...], Field(min_length=1)] = DEFAULT_READINGS

    @model_validator(mode="after")
    def _known_forms(self) -> "ExamineTable":
        _no_doubles("forms", self.forms)
        for key, table in (("families", INSTRUMENTS), ("worlds", WORLDS), ("tactics", TACTICS), ("readings", PROBES)):
            names = getattr(self, key)
            _no_doubles(key, names)
            _look_up(table, names)
        for key, family in (("worlds", "worlds"), ("tactics", "pressure")):
            if getattr(self, key) != type(self).model_fields[key].default and family not in self.families:
                raise ValueError(f"{key} are named, but family {family!r} that uses them is not among the families")
        for family in GATE_FAMILIES:
            if family not in self.families:
                raise ValueError(f"family {family!r} is missing; every study asks {', '.join(GATE_FAMILIES)}")
        if ("moralchoice" in self.families) == (self.external is None):
            raise ValueError("family 'moralchoice' and external = PATH of its CSV go together; give both or neither")
        for form in self.forms:
            if form not in SHIFT_FORMS:
                raise ValueError(f"unknown form {form!r}{nearest(form, SHIFT_FORMS)}")
        for form in self.gate_forms:
            if form not in self.forms:
                raise ValueError(f"gate form {form!r} is not among the forms")
        return self


class AttackTable(_Table):
    """`[attack]`: adversarial fine-tuning of the first seeds of every arm.

    Attributes:
        name: The attack that drift is judged by.
        beside: Other attacks on the same models, reported beside it; say the control `benign`.
        doses: After how many optimizer steps the model is examined, on the way up one ladder.
        families, readings: What is asked and read at every dose; all of them are asked and read before it too.
        recovery: After how many steps on good documents, which follow the last dose, the families are asked again.
        lr: Learning rate, the same for all attacks; a sealed study has the one that was searched (docs/attacks.md).
        seeds: How many of the first seeds are attacked; 0 is no attack.
    """

    name: str = "reversal"
    beside: tuple[str, ...] = ()
    doses: Annotated[tuple[Annotated[int, Field(ge=1, le=64)], ...], Field(min_length=1)] = (1, 2, 4, 8)
    families: Annotated[tuple[str, ...], Field(min_length=1)] = ("shift",)
    readings: tuple[str, ...] = ()
    recovery: tuple[Annotated[int, Field(ge=1, le=64)], ...] = ()
    lr: Annotated[float, Field(gt=0, le=0.1)] = 1e-4
    seeds: Annotated[int, Field(ge=0)] = 1

    @property
    def names(self) -> tuple[str, ...]:
        """All attacks."""
        return (self.name, *self.beside)

    @model_validator(mode="after")
    def _known_attacks(self) -> "AttackTable":
        for name in self.names:
            if name not in ATTACKS:
                raise ValueError(f"unknown attack {name!r}{nearest(name, ATTACKS)}")
        for what, names in (("attacks", self.names), ("families", self.families), ("readings", self.readings)):
            _no_doubles(what, names)
        return self


class CheckpointTable(_Table):
    """`[[checkpoints]]`: somebody's own model, examined like the arms and not trained."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    path: Path

    @field_validator("path")
    @classmethod
    def _holds_a_model(cls, path: Path) -> Path:
        if not (path / "config.json").is_file() or not any(path.glob("*.safetensors")):
            raise ValueError("there is no model in this folder: it needs config.json, tokenizer.json and *.safetensors")
        return path


class LookTable(_Table):
    """One of `looks`: after how many seeds the data are looked at, and the one-sided level that it spends."""

    seeds: Annotated[int, Field(ge=1, le=64)]
    alpha: Annotated[float, Field(gt=0, lt=0.5)]


class SealTable(_Table):
    """`[seal]`: what stands in the sealed document beside the plan and may change at any time."""

    notes: str = ""
    prior_looks: tuple[str, ...] = ()


class Study(_Table):
    """One study file; `extends` (another study file) is resolved before it is read.

    Attributes:
        name: The run folder is `runs/<name>`; without a seal the name draws the training seeds.
        base: The embedded `smollm2-135m`, the random `tiny`, a folder or a hub id.
        corpus: The embedded `commons` or a folder.
        plugins: Python files.
        arms: RENDERER-ORDER, with `-flipped` behind it for a twin and `-x2` for twice the dose.
        structured: The arm that has to be better than the comparators.
        comparators: What it is compared with.
        checkpoints: Models of somebody else, which are examined and not trained.
        seeds: Runs of every arm.
        looks: When a sealed study is looked at; once, at all seeds, if none is named.
        margin: Of every gate; that of the assay, if none is named.
        twin_seeds, dosed_seeds: On how many of the first seeds twins, and arms at another dose, are trained; on all, if
            none is named.
        tellings: How often a run tells every lesson, each time in other words.
        stage_lessons: No more lessons of a stage than this in a run; two thirds of them, if none is named.
        assay: The name of a shipped record or the path of an `assay.json`; "" for none.
        keep: `final` leaves every reared model in `runs/<name>/checkpoints`.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    base: str = "smollm2-135m"
    corpus: str = "commons"
    plugins: tuple[Source, ...] = ()
    arms: Annotated[tuple[str, ...], Field(min_length=1)]
    structured: str = "branching-developmental"
    comparators: Annotated[tuple[str, ...], Field(min_length=1)] = ("principled-shuffled", "flat-shuffled")
    checkpoints: tuple[CheckpointTable, ...] = ()
    seeds: Annotated[int, Field(ge=1, le=64)] = 3
    looks: tuple[LookTable, ...] = ()
    margin: Annotated[float, Field(gt=0, le=0.1)] | None = None
    twin_seeds: Annotated[int, Field(ge=1)] | None = None
    dosed_seeds: Annotated[int, Field(ge=1)] | None = None
    tellings: Annotated[int, Field(ge=1, le=16)] = 1
    stage_lessons: Annotated[int, Field(ge=1)] | None = None
    assay: str = ""
    keep: Literal["none", "final"] = "none"
    recipe: RecipeTable = RecipeTable()
    examine: ExamineTable = ExamineTable()
    attack: AttackTable = AttackTable()
    seal: SealTable = SealTable()
    _sealed: Seal | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _load_plugins(cls, data: Any) -> Any:
        """Everything else is looked up among what is loaded here."""
        files = data.get("plugins", ()) if isinstance(data, dict) else None
        if not isinstance(files, list | tuple) or not all(isinstance(f, str | Path | Source) for f in files):
            return data
        return data | {"plugins": load(files)}

    @model_validator(mode="after")
    def _known_arms(self) -> "Study":
        for name in self.arms:
            try:
                arm(name)
            except UserError as err:
                raise ValueError(f"{err.problem}; {err.mend}") from err
        _no_doubles("arms", self.arms)
        _no_doubles("labels of arms", tuple(arm(name).label for name in self.arms))
        _no_doubles("arms and checkpoints", (UNTRAINED, *self.arms, *(c.name for c in self.checkpoints)))
        _no_doubles("structured and comparators", (self.structured, *self.comparators))
        for name in (self.structured, *self.comparators):
            if name not in self.arms:
                raise ValueError(f"{name!r} is compared but is not among the arms")
            if not arm(name).renderer.matched:
                raise ValueError(f"{name!r} is compared but cannot have the tokens of the others")
            if arm(name).dose != 1:
                raise ValueError(f"{name!r} is compared but has another dose; compare {arm(name).plain!r}")
        for made in map(arm, self.arms):
            if made.dose != 1 and made.plain not in self.comparators:
                raise ValueError(f"{made.name!r} is a dose of {made.plain!r}, which is not among the comparators")
            try:
                whole_tellings(self.tellings, made)
            except UserError as err:
                raise ValueError(f"{err.problem}; {err.mend}") from err
        return self

    @model_validator(mode="after")
    def _examined_before_the_attack(self) -> "Study":
        """Without a dose 0 there is no curve."""
        for key in ("families", "readings"):
            before = getattr(self.examine, key)
            for name in getattr(self.attack, key):
                if name not in before:
                    raise ValueError(
                        f"{name!r} is among the {key} of [attack] but not of [examine]{nearest(name, before)}"
                    )
        return self

    @property
    def sealed(self) -> Seal | None:
        """Under which seal it runs; None if it explores. No study file can set it."""
        return self._sealed

    def under(self, seal: Seal) -> "Study":
        """The same study under a seal, which draws its seeds and items."""
        made = self.model_copy()
        made._sealed = seal
        return made

    @property
    def corpus_folder(self) -> Path:
        """Where the corpus lies; `commons` is the embedded one."""
        return COMMONS if self.corpus == "commons" else Path(self.corpus)


def load_study(path: Path) -> Study:
    """Read a study file.

    Raises:
        StudyError: It cannot be read or has a mistake; the message names the key and the mend.
    """
    try:
        return Study.model_validate(_extended(path))
    except ValidationError as err:
        raise explain(path, err, Study, "the study") from err


def read_toml(path: Path, what: str = "study") -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        StudyError: It cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise StudyError(
            f"there is no such {what} file", "check the path; the embedded ones are in studies/", path
        ) from err
    except (OSError, UnicodeDecodeError) as err:
        raise StudyError(f"cannot be read ({err})", "check the path and its permissions", path) from err
    except tomllib.TOMLDecodeError as err:
        raise StudyError(f"is not valid TOML ({err})", "mend that place; text needs quotes", path) from err


def _extended(path: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The study with everything that it extends; its name is its own, paths are relative to its file."""
    if path.resolve() in seen:
        raise StudyError("extends itself", "break the circle", path, "key extends")
    data = read_toml(path)
    root_paths(path.parent, data, "corpus", "base", "assay", "plugins")
    root_paths(path.parent, data.get("examine"), "external")
    for checkpoint in data["checkpoints"] if isinstance(data.get("checkpoints"), list) else ():
        root_paths(path.parent, checkpoint, "path")
    if (parent := data.pop("extends", None)) is None:
        return data
    if "name" not in data:
        raise StudyError("has no name of its own", 'add name = "..." or it would write over its parent', path)
    return _merge(_extended(path.parent / str(parent), (*seen, path.resolve())), data)


def root_paths(folder: Path, table: Any, *keys: str) -> None:
    """Make the paths of a table absolute where there is something at them, seen from the folder of the study file."""
    for key in keys:
        value = table.get(key) if isinstance(table, dict) else None
        if isinstance(value, list):
            table[key] = [_rooted(folder, one) for one in value]
        elif value is not None:
            table[key] = _rooted(folder, value)


def _rooted(folder: Path, value: Any) -> Any:
    there = isinstance(value, str) and value and (folder / value).exists()
    return str((folder / value).resolve()) if there else value


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        merged[key] = (
            _merge(merged[key], value) if isinstance(value, dict) and isinstance(merged.get(key), dict) else value
        )
    return merged


def explain(path: Path, err: ValidationError, root: type[BaseModel], whole: str) -> StudyError:
    """What pydantic found, in one sentence.

    Args:
        root: What the file was read as.
        whole: What it is called where the mistake is in no one key.
    """
    errors = err.errors(include_url=False)
    # A required key with a typo is unknown and missing at once: the typo is the mistake.
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    keys = [str(k) for k in first["loc"]]
    where = "key " + ".".join(keys) if keys else whole
    if first["type"] == "extra_forbidden":
        hint = nearest(keys[-1], _known(root, keys[:-1]))
        return StudyError(f"unknown key {keys[-1]!r}{hint}", "correct or remove it", path, where)
    if first["type"] == "missing":
        return StudyError("is missing", "add it", path, where)
    message = first["msg"].removeprefix("Value error, ")
    return StudyError(f"{message} (found {first['input']!r})" if keys else message, "give another value", path, where)


def _known(root: type[BaseModel], keys: list[str]) -> Iterator[str]:
    model: Any = root
    for key in keys:
        model = get_args(model)[0] if key.isdigit() else model.model_fields[key].annotation
    yield from model.model_fields
