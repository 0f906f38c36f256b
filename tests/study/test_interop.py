"""Other people's tools for real, on the tiny model: what lm-eval and Inspect AI print is what we compute.

They are run by the commands of docs/interop.md, in a folder that is laid out as it says.
"""

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from rearing.cli import app
from rearing.corpus.load import load_corpus
from rearing.errors import StudyError
from rearing.evals import bank
from rearing.evals.ask import ask
from rearing.evals.episodes import Episode, State, play
from rearing.models.base import LanguageModel, open_model
from rearing.models.score import likelihoods
from rearing.records.item import Item, Prompt
from rearing.study.interop.lm_eval import export_tasks, process_results, score
from rearing.study.interop.told import best, told_response
from rearing.study.items import bare_chat, name_pool, study_items, study_vignettes
from rearing.study.schema import Study, load_study
from rearing.training.rear import save_checkpoint

GUIDE = (Path(__file__).parents[2] / "docs" / "interop.md").read_text(encoding="utf-8").replace("\\\n", " ")
STUDY_FILE, KEPT = "mine.toml", "runs/mine/checkpoints/flat-shuffled-1234"
STUDY = """
name = "tools"
base = "tiny"
arms = ["branching-developmental", "flat-shuffled"]
comparators = ["flat-shuffled"]
[examine]
vignettes = 4
forms = ["chat", "log", "menu-form"]
"""
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
LIMIT = 1e-3  # nat, of a log-likelihood


def needs(module: str) -> pytest.MarkDecorator:
    absent = importlib.util.find_spec(module) is None
    return pytest.mark.skipif(absent, reason=f"{module} is not installed: uv pip install --group interop")


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return open_model("tiny")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, lm: LanguageModel) -> Path:
    """A study file, and the tiny model as a kept checkpoint."""
    made = tmp_path_factory.mktemp("tools")
    (made / STUDY_FILE).write_text(STUDY)
    (made / KEPT).mkdir(parents=True)
    save_checkpoint(lm, lm.copy_weights(), made / KEPT)
    return made


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return load_study(folder / STUDY_FILE)


@pytest.fixture(scope="module")
def items(study: Study, lm: LanguageModel) -> list[Item]:
    return study_items(study, load_corpus(study.corpus_folder), lm.chat)


@pytest.fixture(scope="module")
def rows(items: list[Item], lm: LanguageModel) -> dict[str, dict[str, Any]]:
    """By item, what we compute."""
    found = {row["item"]: row for row in ask(lm, items, "byte")}
    edge = min(abs(row["margin"]) for row in found.values())
    assert edge > 1e-5, "an item on the edge could fall to either side in another tool"
    return found


@pytest.fixture(scope="module")
def own(rows: dict[str, dict[str, Any]]) -> dict[str, float]:
    """By family, the mean score that we compute."""
    return {f: float(np.mean([r["score"] for r in rows.values() if r["family"] == f])) for f in ("shift", "agentic")}


def told(beginning: str) -> list[str]:
    """The arguments of the one command of the guide that begins so."""
    (line,) = re.findall(rf"^{beginning} (.*)$", GUIDE, re.MULTILINE)
    return shlex.split(line)


def tool(*command: str | Path, cwd: Path, said: str = "") -> str:
    """Run another tool as a user does; what it printed."""
    env = os.environ | OFFLINE
    command_line = [str(c) for c in command]
    ran = subprocess.run(command_line, capture_output=True, text=True, timeout=170, cwd=cwd, env=env, input=said)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.stdout


@needs("lm_eval")
def test_lm_eval_opens_a_kept_checkpoint_and_gets_our_scores(
    folder: Path, items: list[Item], own: dict[str, float], lm: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    exported = CliRunner().invoke(app, told("rearing(?= check mine.toml)"))
    assert exported.exit_code == 0, exported.output
    assert "--tasks rearing_normal,rearing_shift,rearing_agentic" in exported.output
    tool(
        *(sys.executable, "-m", "lm_eval", "run", *told("lm_eval run"), "--device", "cpu", "--batch_size", "8"),
        *("--output_path", "out", "--log_samples"),
        cwd=folder,
    )
    (found,) = (folder / "out").rglob("results_*.json")
    results = json.loads(found.read_text())["results"]
    assert {f: results[f"rearing_{f}"]["score,none"] for f in own} == pytest.approx(own)
    by_id = {i.id: i for i in items}
    samples = [
        json.loads(s) for path in (folder / "out").rglob("samples_*.jsonl") for s in path.read_text().splitlines()
    ]
    assert len(samples) == sum(len(i.prompts) for i in items if i.family in own)
    for sample in samples[::5]:
        prompt = by_id[sample["doc"]["id"].partition("#")[0]].prompts[sample["doc"]["index"]]
        (ours,) = likelihoods(lm, [[(prompt.text, answer) for answer in sample["doc"]["choices"]]])
        theirs = [float(r[0][0] if isinstance(r[0], list) else r[0]) for r in sample["resps"]]
        assert theirs == pytest.approx([x.total for x in ours], abs=LIMIT)


@needs("inspect_ai")
def test_inspect_asks_our_items_and_plays_our_episodes_by_likelihood(
    folder: Path, study: Study, rows: dict[str, dict[str, Any]], own: dict[str, float], lm: LanguageModel
) -> None:
    tool(
        *(Path(sys.executable).parent / "inspect", "eval", *told("inspect eval")),
        *("--log-dir", "logs", "--log-format", "json", "--display", "plain"),
        cwd=folder,
    )
    logs = {log["eval"]["task"]: log for log in map(json.loads, map(Path.read_text, (folder / "logs").glob("*.json")))}
    assert {log["status"] for log in logs.values()} == {"success"}
    for family, mean in own.items():
        log = logs[f"rearing/{family}"]
        assert metric(log, "preference") == pytest.approx(mean)
        assert {s["id"] for s in log["samples"]} == {name for name, row in rows.items() if row["family"] == family}
        for sample in log["samples"]:
            given = sample["scores"]["preference"]
            assert given["value"] == rows[sample["id"]]["score"]
            assert given["metadata"]["margin"] == pytest.approx(rows[sample["id"]]["margin"], abs=LIMIT)
    _, half = bank.halves(study_vignettes(study, load_corpus(study.corpus_folder)))
    episodes = {
        f"{e.vignette.id}/{e.situation}/{order}": play(e, by_likelihood(lm, order))
        for e in bank.episodes(half, name_pool(study))
        for order in range(2)
    }
    played = {s["id"]: s["scores"]["ledger"]["value"] for s in logs["rearing/episodes"]["samples"]}
    assert {name: (v["right"], v["points"]) for name, v in played.items()} == {
        name: (ledger.right, ledger.points) for name, ledger in episodes.items()
    }
    sample = logs["rearing/episodes"]["samples"][0]
    calls = [m["tool_calls"][0] for m in sample["messages"] if m.get("tool_calls")]
    assert len(calls) == sample["scores"]["ledger"]["value"]["commands"] > 0
    assert {m["role"] for m in sample["messages"]} == {"user", "assistant", "tool"}


def metric(log: dict[str, Any], scorer: str) -> float:
    (found,) = (s for s in log["results"]["scores"] if s["name"] == scorer)
    return float(found["metrics"]["mean"]["value"])


def by_likelihood(lm: LanguageModel, order: int) -> Any:
    """The policy of a model that gives the likeliest command."""

    def policy(episode: Episode, state: State) -> str:
        prompt = episode.prompts(state)[order]
        (scored,) = likelihoods(lm, [[(prompt.text, answer) for answer in prompt.answers]])
        return episode.legal(state)[max(range(len(scored)), key=lambda i: scored[i].total)]

    return policy


@needs("inspect_ai")
def test_only_legal_calls_can_be_chosen() -> None:
    from inspect_ai._util.error import PrerequisiteError
    from inspect_ai.tool import ToolFunction, ToolInfo, ToolParam, ToolParams

    from rearing.study.interop.inspect_model import legal_calls

    def made(name: str, options: dict[str, Any] | None = None, **parameters: ToolParam) -> ToolInfo:
        return ToolInfo(name=name, description="d", parameters=ToolParams(properties=parameters), options=options)

    go = made("go", to=ToolParam(type="string", enum=["north", "south"]), run=ToolParam(type="boolean"))
    wait = made("wait")
    alone = [(c.arguments, c.answer) for c in legal_calls([go], "any")]
    assert alone[0] == ({"to": "north", "run": True}, " north True\n") and len(alone) == 4
    assert [c.answer for c in legal_calls([go, wait], "auto")][-2:] == [" go south False\n", " wait\n"]
    assert [c.function for c in legal_calls([go, wait], ToolFunction(name="wait"))] == ["wait"]
    exact = made("say", {"answers": {"yes": "Yes."}}, word=ToolParam(type="string", enum=["yes", "no"]))
    assert [c.answer for c in legal_calls([exact], "any")] == ["Yes.", " no\n"]
    rest = made("rest", {"answers": {"rest": " I rest."}})
    assert [c.answer for c in legal_calls([exact, rest], "any")] == ["Yes.", " say no\n", " I rest."]
    for tools, choice in (([], "any"), ([go], "none"), ([made("type", text=ToolParam(type="string"))], "any")):
        with pytest.raises(PrerequisiteError):
            legal_calls(tools, choice)  # type: ignore[arg-type]


@needs("inspect_ai")
def test_the_provider_is_greedy_when_cold_and_draws_by_probability_when_warm() -> None:
    """At temperature 1 over 300 seeds each call is drawn as often as its probability says, within 4 standard errors."""
    import anyio
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, GenerateConfig
    from inspect_ai.tool import ToolCall, ToolInfo, ToolParam, ToolParams

    from rearing.study.interop.inspect_model import RearingAPI, transcript

    way = ToolParam(type="string", enum=["north", "south", "to the old bridge"])
    go = ToolInfo(name="go", description="d", parameters=ToolParams(properties={"way": way}))
    api = RearingAPI("tiny")
    said = [ChatMessageUser(content="You may go north or south.\nYou go")]

    def drawn(config: GenerateConfig) -> tuple[str, list[dict[str, Any]]]:
        output = anyio.run(api.generate, said, [go], "any", config)
        (call,) = output.message.tool_calls or []
        return call.arguments["way"], (output.metadata or {})["candidates"]

    cold, candidates = drawn(GenerateConfig())
    p = {c["arguments"]["way"]: c["probability"] for c in candidates}
    assert sum(p.values()) == pytest.approx(1) and p[cold] == max(p.values())
    (scored,) = likelihoods(api.lm, [[(said[0].text, f" {w}\n") for w in p]])
    assert [c["logprob"] for c in candidates] == pytest.approx([x.total for x in scored], abs=LIMIT)
    (prior,) = likelihoods(api.lm, [[("\nYou go", f" {w}\n") for w in p]])
    expected = [x.total - before.total for x, before in zip(scored, prior, strict=True)]
    assert [c["pmi"] for c in candidates] == pytest.approx(expected, abs=2 * LIMIT) and max(map(abs, expected)) > LIMIT
    warm = [drawn(GenerateConfig(temperature=1.0, seed=seed))[0] for seed in range(300)]
    for w in p:
        assert warm.count(w) / 300 == pytest.approx(p[w], abs=4 * (p[w] * (1 - p[w]) / 300) ** 0.5 + 1e-9)
    assert warm[:20] == [drawn(GenerateConfig(temperature=1.0, seed=seed))[0] for seed in range(20)]
    chatty = anyio.run(RearingAPI("tiny", chat=True).generate, said, [go], "any", GenerateConfig())
    asked = api.lm.chat(said[0].text)
    line = asked.strip("\n").split("\n")[-1] + "\n" * (len(asked) - len(asked.rstrip("\n")))
    scored, prior = likelihoods(api.lm, [[(text, f" {w}\n") for w in p] for text in (asked, f"\n{line}")])
    assert line.strip(), "a template ends in a line that says who speaks"
    expected = [x.total - before.total for x, before in zip(scored, prior, strict=True)]
    assert [c["pmi"] for c in (chatty.metadata or {})["candidates"]] == pytest.approx(expected, abs=2 * LIMIT)
    assert [c["logprob"] for c in (chatty.metadata or {})["candidates"]] == pytest.approx(
        [x.total for x in scored], abs=LIMIT
    )
    made = ToolCall(id="1", function="go", arguments={"way": "north"})
    assert transcript([*said, ChatMessageAssistant(content="", tool_calls=[made])]) == f"{said[0].text}\nnorth"


ANOTHER = """
import json, sys
from inspect_ai import eval as run
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from rearing.study.interop.inspect_tasks import shift

study, wanted = sys.argv[1], json.loads(sys.stdin.read())

def answer(messages, tools, choice, config):
    given = ModelOutput.for_tool_call("mockllm/model", "answer", {"answer": wanted[messages[-1].text]})
    given.usage = ModelUsage()  # without it the tool fetches a tokenizer, to count
    return given

(log,) = run(shift(study, template=False), model=get_model("mockllm/model", custom_outputs=answer), display="none")
print(json.dumps([log.status, {s.id: s.scores["preference"].value for s in log.samples}]))
"""


@needs("inspect_ai")
def test_any_other_model_is_scored_by_the_calls_that_it_makes(folder: Path, study: Study) -> None:
    """One that tells no log-probabilities, asked without our template; here it is right in every second item."""
    items = [i for i in study_items(study, load_corpus(study.corpus_folder), bare_chat) if i.family == "shift"]
    good = {i.id: k % 2 == 0 for k, i in enumerate(items)}
    wanted = {
        p.text: next(a.strip() for a in p.answers if (a == best(i, k)) == good[i.id])
        for i in items
        for k, p in enumerate(i.prompts)
    }
    said = tool(sys.executable, "-c", ANOTHER, STUDY_FILE, cwd=folder, said=json.dumps(wanted))
    assert json.loads(said.splitlines()[-1]) == ["success", {name: float(right) for name, right in good.items()}]


def asked(kind: str, *prompts: Prompt) -> Item:
    return Item(f"x/{kind}", "shift", "f", kind, "natural", "v", "main", 0, prompts)  # type: ignore[arg-type]


KINDS = (
    asked("open", Prompt("p", (" b.", " a longer one."))),
    asked("menu", Prompt("p", (" b", " a")), Prompt("q", (" b", " a"))),
    asked("contrast", Prompt("right?", (" Yes", " No")), Prompt("rival?", (" Yes", " No"))),
    asked("scale", Prompt("right?", (" 1", " 2", " 3")), Prompt("rival?", (" 1", " 2", " 3"))),
    asked("decision", *(Prompt(p, (" a", " b", " c"), (0.2, 1.0, 0.0)) for p in "pq")),
)


@pytest.mark.parametrize("item", KINDS, ids=lambda i: i.kind)
def test_a_model_that_gives_the_best_answers_is_scored_one_through_the_exported_documents(
    item: Item, tmp_path: Path
) -> None:
    """And one that never gives them is not; the right answer does not always stand first."""
    assert export_tasks([item], "byte", tmp_path) == ["rearing_shift"]
    docs = [json.loads(line) for line in (tmp_path / "shift.jsonl").read_text().splitlines()]
    for good in (True, False):
        told = [
            process_results(d, [(float((i == d["gold"]) == good), False) for i in range(len(d["choices"]))])
            for d in docs
        ]
        assert {t["acc"] for t in told} == {float(good)}
        assert (score([t["score"] for t in told]) == 1.0) == good
    assert [d["choices"][d["gold"]] for d in docs] == [best(item, i) for i in range(len(docs))]


def test_a_family_whose_prompts_have_no_right_answer_has_a_score_and_no_accuracy(tmp_path: Path) -> None:
    """Whoever lets permission excuse a breach of custom alone says yes, yes, yes, no."""
    questions = ("wrong, allowed", "wrong", "custom", "custom, allowed")
    item = replace(
        asked("contrast", *(Prompt(text, ("Yes", "No")) for text in questions)), family="turiel", id="turiel/x"
    )
    assert export_tasks([item, KINDS[2]], "byte", tmp_path) == ["rearing_turiel", "rearing_shift"]
    has_acc = {f: "metric: acc" in (tmp_path / f"rearing_{f}.yaml").read_text() for f in ("turiel", "shift")}
    assert has_acc == {"turiel": False, "shift": True}
    docs = [json.loads(line) for line in (tmp_path / "turiel.jsonl").read_text().splitlines()]
    told = [
        process_results(d, [(float(c == given), False) for c in d["choices"]])
        for d, given in zip(docs, ("Yes", "Yes", "Yes", "No"), strict=True)
    ]
    assert [t.keys() for t in told] == [{"score"}] * 4 and score([t["score"] for t in told]) == 1.0


def test_a_row_from_another_tools_numbers_is_our_row() -> None:
    item = KINDS[0]
    assert told_response(item, [[-3.0, -5.0]], "byte")["margin"] == pytest.approx(-3 / 3 + 5 / 14)


def test_the_rule_that_needs_tokens_is_refused_before_the_model_is_opened(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="other tools do not tell"):
        export_tasks(KINDS, "token", tmp_path)
    study = tmp_path / STUDY_FILE
    study.write_text(STUDY.replace('"tiny"', '"no/such-model"').replace("[examine]", '[examine]\nrule = "token"'))
    ran = CliRunner().invoke(app, ["check", str(study), "--export", "lm-eval", "--out", str(tmp_path / "tasks")])
    assert isinstance(ran.exception, StudyError) and "other tools do not tell" in str(ran.exception)
    assert not (tmp_path / "tasks").exists()
