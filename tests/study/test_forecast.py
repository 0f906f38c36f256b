"""What a forecast counts is what the engine then computes, stage by stage."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.corpus_fixture import grown_corpus

from rearing.arms.tokens import encoder
from rearing.errors import ModelError
from rearing.evals import noted
from rearing.evals.episodes import NOTE_TOKENS
from rearing.evals.worlds import World
from rearing.evals.worlds.contest import Contest
from rearing.evals.worlds.model import play_tokens, play_worlds
from rearing.evals.worlds.play import SCRIPTED, Spot, prompts, roll_out
from rearing.models.base import open_model, open_tokenizer
from rearing.models.identity import EMBEDDED, TINY, shipped_chat
from rearing.models.meter import Meter
from rearing.models.trees import computed_tokens
from rearing.store.artifacts import Store
from rearing.study.forecast import Forecast, forecast, parameters, power_lines
from rearing.study.job import Job, Keys, stages
from rearing.study.planning import jobs_of
from rearing.study.schema import AttackTable, ExamineTable, RecipeTable, Study
from rearing.study.spent import spent
from rearing.study.worker import run_job

FAMILIES = ("normal", "shift", "lexical", "turiel", "agentic", "pressure", "capability")
STUDY = Study(
    name="counted",
    base="tiny",
    arms=("branching-developmental", "flat-shuffled", "principled-shuffled"),
    seeds=1,
    stage_lessons=2,
    recipe=RecipeTable(documents_per_step=4, warmup_steps=2, dtype="fp32"),
    examine=ExamineTable(vignettes=4, forms=("chat", "menu-chat", "ranking"), families=FAMILIES),
    attack=AttackTable(
        doses=(1, 3),
        seeds=1,
        beside=("benign",),
        families=("shift", "capability"),
        readings=("decode",),
        recovery=(2,),
    ),
)
TURNS = ("Is it late?", "I see.", "What will you do?")


def test_every_stage_computes_the_tokens_that_were_forecast(tmp_path: Path) -> None:
    """In bf16 there is everything that fp32 has, and the first structured arm asks a quarter in fp32 as well."""
    study = STUDY.model_copy(update={"examine": STUDY.examine.model_copy(update={"dtype": "bf16"})})
    corpus, jobs = grown_corpus(), jobs_of(study)
    job = next(j for j in jobs if j.arm == study.structured)
    run_job(job, corpus, tmp_path, lambda stage, share: None)
    store, cost = Store(tmp_path / "store"), forecast(study, jobs, corpus, 1)
    for stage in stages(job):
        real, planned = store.spent(stage, Keys(job, corpus)[stage]), cost.work[job.id][stage]
        assert (real["trained"], real["scored"]) == (planned.trained, planned.scored + planned.exact), stage
        assert real["seconds"] > 0 and real["cpu_seconds"] > 0
        assert (planned.exact > 0) == (stage == "examine")
    rows = spent(jobs, corpus, store, cost)
    assert [(row.stage, row.jobs) for row in rows] == [(stage, 1) for stage in stages(job)]
    assert all(row.tokens[0] == row.tokens[1] > 0 for row in rows)
    assert "(+0.0%)" in rows[0].line
    manifest = json.loads((store.path("examine", Keys(job, corpus)["examine"]) / "manifest.json").read_text())
    assert "spent" in manifest and "spent" not in json.dumps([manifest["inputs"], manifest["files"]])


def test_worlds_that_are_asked_are_counted_and_those_that_are_played_have_a_bound() -> None:
    """How long a model plays is its own affair: from one command to `steps`, each at most as dear as the dearest."""
    lm, meter, among = open_model("tiny"), Meter(), [Contest(False), Contest(True)]
    meter.watch(lm.model)
    play_worlds(lm, among)
    real = meter.lap()["scored"]
    assert sum(map(shortest, among)) <= real <= sum(map(longest, among))
    assert sum(map(shortest, among)) < play_tokens(among, encoder()) <= sum(map(longest, among))


def test_episodes_with_a_scratchpad_are_counted_but_for_what_is_written() -> None:
    """What is written back to a model may have other tokens than it wrote, and a line may end early."""
    lm, meter, vignettes = open_model("tiny"), Meter(), grown_corpus().vignettes[:2]
    meter.watch(lm.model)
    noted.play_noted(lm, vignettes, "exam", "byte")
    assert meter.lap()["scored"] == pytest.approx(noted.play_tokens(vignettes, "exam", encoder()), rel=0.1)


def spot_tokens(world: World, spot: Spot) -> int:  # type: ignore[type-arg]
    asked = prompts(world, spot, world.legal(spot.state))
    return computed_tokens(encoder(), [(p.text, answer) for p in asked for answer in p.answers])


def shortest(world: World) -> int:  # type: ignore[type-arg]
    return spot_tokens(world, Spot(world.start()))


def longest(world: World) -> int:  # type: ignore[type-arg]
    """Every step as dear as the dearest of the scripted players, with a scratchpad twice as long as it may be."""
    note = 2 * NOTE_TOKENS * " and"
    played = [roll_out(world, policy, "bound", k).spots for policy in SCRIPTED.values() for k in range(4)]
    dearest = max(spot_tokens(world, replace(spot, note=note)) for spots in played for spot in spots)
    return (2 * world.steps + 1) * dearest


def test_the_template_of_the_tiny_base_is_known_without_transformers() -> None:
    for said in (TURNS[:1], TURNS):
        assert shipped_chat(TINY, *said) == open_model("tiny").chat(*said)


@pytest.mark.slow
def test_the_template_of_the_embedded_base_is_known_without_transformers() -> None:
    roles = ("user", "assistant", "user")
    messages = [{"role": role, "content": turn} for role, turn in zip(roles, TURNS, strict=True)]
    told = open_tokenizer(EMBEDDED).apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert shipped_chat(EMBEDDED, *TURNS) == told


def test_a_forecast_counts_the_untrained_base_too() -> None:
    jobs = jobs_of(STUDY)
    cost = forecast(STUDY, jobs, grown_corpus(), 2)
    (base,) = (job for job in jobs if not job.trained)
    assert set(cost.work[base.id]) == {"examine", "read", "attack"}
    reared: Job = jobs[-1]
    of_base, of_reared = (cost.work[job.id]["examine"] for job in (base, reared))
    assert 0 < of_base.scored - of_reared.scored < 0.1 * of_reared.scored, "the options without the situation"
    assert replace(of_base, scored=of_reared.scored) == of_reared
    faster = STUDY.model_copy(update={"recipe": STUDY.recipe.model_copy(update={"dtype": "bf16"})})
    seconds = [c.seconds[reared.id]["train"] for c in (cost, forecast(faster, jobs_of(faster), grown_corpus(), 2))]
    assert seconds[0] > seconds[1] > 0 and cost.wall(2) > 0, "training in fp32 is slower"
    assert not any(work.exact for by_stage in cost.work.values() for work in by_stage.values()), "in fp32 all is exact"


LFS = b"version https://git-lfs.github.com/spec/v1\nsize 538090408\n"
CUT = (1000).to_bytes(8, "little") + b'{"a":'


@pytest.mark.parametrize("content", [LFS, CUT, b"", b"\x02" + bytes(7) + b"[]", b"\x08" + bytes(7) + b'{"a":{}}'])
def test_a_file_that_is_no_safetensors_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors: is no safetensors file; fetch it again"):
        parameters(str(tmp_path))


def test_dev_scenarios_are_asked_at_both_gates_and_read_once() -> None:
    def found(split: str) -> dict[str, float]:
        examine = ExamineTable(vignettes=4, split=split)
        return power_lines(STUDY.model_copy(update={"examine": examine, "seeds": 3}), grown_corpus())

    dev, held_out = found("dev-search"), found("held-out")
    assert dev["representational"] == dev["format-neutral"] == dev["agentic"]
    assert held_out["representational"] < held_out["format-neutral"] == held_out["agentic"]


def test_readings_beside_the_training_of_the_same_models() -> None:
    reared, base = {"train": 10.0, "examine": 99.0, "read": 25.0}, {"examine": 99.0, "read": 7.0}
    assert (
        Forecast(1, {}, {"a/1": reared, "b/1": {"train": 10.0, "read": 5.0}, "untrained/0": base}, 0, 0).readings == 1.5
    )
    assert Forecast(1, {}, {"untrained/0": base}, 0, 0).readings is None
