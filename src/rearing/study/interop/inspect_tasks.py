"""Inspect AI: the items of a study and its episodes as tasks. This module is the entry point of group `inspect_ai`.

`rearing/shift` and `rearing/agentic` ask every item in all its prompts and score it as `rearing run` does;
`rearing/episodes` lets the model play. Any model of Inspect can be asked; only of `rearing/...` are there
log-probabilities, of another the call that it made counts.
"""

from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageUser, ModelOutput, execute_tools, get_model
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolDef, ToolParam, ToolParams
from inspect_ai.util import store

from rearing.corpus.lint import load_told
from rearing.evals import bank
from rearing.evals.episodes import STEPS, Episode, State
from rearing.records.item import Item
from rearing.study.interop.inspect_model import RearingAPI
from rearing.study.interop.told import ITEM, best, check_rule, listed, told_response
from rearing.study.items import bare_chat, name_pool, study_halves, study_items
from rearing.study.schema import load_study

__all__ = ["RearingAPI", "agentic", "episodes", "shift"]


@task
def shift(study: str, template: bool = True) -> Task:
    """The items of gate 1, in forms that no arm was trained on.

    Args:
        study: Path of the study file.
        template: Whether prompts in a chat form carry the chat template of the study's base. Switch it off for a model
            that brings its own.
    """
    return _asked("shift", study, template)


@task
def agentic(study: str) -> Task:
    """The items of gate 2: every decision state of every episode; `study` is the path of the study file."""
    return _asked("agentic", study, False)


@task
def episodes(study: str) -> Task:
    """The episodes of gate 2, played to their end or for eight commands, once for each order of the two options.

    Args:
        study: Path of the study file.
    """
    loaded = load_study(Path(study))
    _, half = study_halves(loaded, load_told(loaded.corpus_folder))
    worlds: dict[str, tuple[Episode, int]] = {
        f"{e.vignette.id}/{e.situation}/{order}": (e, order)
        for e in bank.episodes(half, name_pool(loaded))
        for order in range(2)
    }
    samples = [
        Sample(
            id=name,
            input=e.prompts(State())[order].text,
            target=e.command(e.options[0]),
            metadata={"scenario": e.vignette.id, "situation": e.situation, "pays_right": e.pays_right},
        )
        for name, (e, order) in worlds.items()
    ]

    @solver
    def play() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            await _play(state, *worlds[str(state.sample_id)])
            return state

        return solve

    return Task(dataset=MemoryDataset(samples), solver=play(), scorer=ledger())


async def _play(state: TaskState, episode: Episode, order: int) -> None:
    """One episode: each time the model sees the whole story so far, told in the third person, and gives a command."""
    here = State()
    state.messages = []
    for _ in range(STEPS):
        if here.taken:
            break
        now, legal = here, sorted(episode.legal(here))

        async def command(command: str, now: State = now) -> str:
            nonlocal here
            here = episode.step(now, command)
            return here.history[-1]

        answers = {each: episode.answer(each) for each in legal}
        tool = choice_tool(command, "command", "Gives one of the legal commands.", legal, answers)
        said = ChatMessageUser(content=episode.prompts(here)[order].text)
        output = await get_model().generate([said], tools=[tool], tool_choice="any")
        done = await execute_tools([said, output.message], [tool])
        state.messages += [said, output.message, *done.messages]
        state.output = output
        if here is now:
            break
    found = episode.ledger(here)
    store().set("ledger", {"right": found.right, "points": found.points, "commands": len(here.history)})


def choice_tool(
    run: Any, name: str, description: str, values: list[str], answers: dict[str, str] | None = None
) -> ToolDef:
    """A tool with one parameter of that name, which takes one of `values`; `answers` says how each is written."""
    parameter = ToolParam(type="string", enum=list(values), description="Exactly one of the values.")
    parameters = ToolParams(properties={name: parameter}, required=[name])
    return ToolDef(run, name, description, parameters, options={"answers": answers} if answers else None)


def _asked(family: str, study: str, template: bool) -> Task:
    """A task of all items of a family."""
    loaded = load_study(Path(study))
    check_rule(loaded.examine.rule)
    chat = _template(loaded.base) if template else bare_chat
    items = [i for i in study_items(loaded, load_told(loaded.corpus_folder), chat) if i.family == family]
    samples = [
        Sample(
            id=item.id,
            input=item.prompts[0].text,
            target=best(item, 0).strip(),
            metadata={
                "scenario": item.scenario,
                "rule": loaded.examine.rule,
                "item": ITEM.dump_python(item, mode="json"),
            },
        )
        for item in items
    ]
    return Task(dataset=MemoryDataset(samples), solver=every_prompt(), scorer=preference())


def _template(base: str) -> Any:
    """The chat template of a base, as a function of the turns of a dialogue."""
    from rearing.models.base import open_model

    return open_model(base).chat


@solver
def every_prompt() -> Solver:
    """Ask all prompts of an item, each by itself, and keep what each answer got."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        item = ITEM.validate_python(state.metadata["item"])
        totals = []
        state.messages = []
        for prompt in item.prompts:
            written = {answer.strip(): answer for answer in listed(prompt)}

            async def answer(answer: str) -> str:
                return answer

            tool = choice_tool(answer, "answer", "Gives the answer that you prefer.", list(written), written)
            said = ChatMessageUser(content=prompt.text)
            state.output = await get_model().generate([said], tools=[tool], tool_choice="any")
            state.messages += [said, state.output.message]
            got = _got(state.output)
            totals.append([got.get(a.strip(), 0.0) for a in prompt.answers])
        store().set("totals", totals)
        return state

    return solve


def _got(output: ModelOutput) -> dict[str, float]:
    """Log-probability of every answer; of a model that does not tell, 1 for the answer that it gave."""
    if output.metadata and "candidates" in output.metadata:
        return {c["arguments"]["answer"]: float(c["logprob"]) for c in output.metadata["candidates"]}
    calls = output.message.tool_calls or []
    return {str(call.arguments.get("answer")): 1.0 for call in calls[:1]}


@scorer(metrics=[mean(), stderr(cluster="scenario")])
def preference() -> Scorer:
    """The score of an item, as `rearing run` reads it from the same log-probabilities."""

    async def score(state: TaskState, target: Target) -> Score:
        item: Item = ITEM.validate_python(state.metadata["item"])
        row = told_response(item, store().get("totals"), state.metadata["rule"])
        return Score(value=row["score"], metadata={"margin": row["margin"]})

    return score


@scorer(metrics={"*": [mean(), stderr(cluster="scenario")]})
def ledger() -> Scorer:
    """What an episode led to: whether the right option was taken (a half if none), points, commands given."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=store().get("ledger"))

    return score
