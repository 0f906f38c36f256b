"""Inspect AI: the model provider `rearing`, whose tool calls are chosen by likelihood among the legal ones.

    inspect eval rearing/episodes --model rearing/smollm2-135m -T study=mine.toml
    inspect eval rearing/shift --model rearing/mine -M path=runs/mine/checkpoints/flat-shuffled-1234 -T study=mine.toml

A small model cannot be asked for JSON. So every legal call is listed (the product of the parameters' enums), each is
scored as a continuation of the prompt, and one is returned as a genuine `ToolCall`; loops, logs and viewer of Inspect
work unchanged. `ModelOutput.metadata["candidates"]` holds all of them with their log-probabilities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from anyio import to_thread
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import ChatMessage, ChatMessageAssistant, GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.tool import ToolChoice, ToolFunction, ToolInfo

from rearing.corpus.fill import draw
from rearing.errors import UserError


@dataclass(frozen=True, slots=True)
class Call:
    """A legal tool call and the continuation that stands for it."""

    function: str
    arguments: dict[str, Any]
    answer: str


def legal_calls(tools: Sequence[ToolInfo], choice: ToolChoice) -> list[Call]:
    """Every call that the model may make.

    A call is written as its values (with the name of the tool before them, if there are several tools) between a space
    and a line end. A tool may say otherwise in its options: `{"answers": {values: continuation}}`, its values with a
    space between them, or its name if it has no parameter.

    Raises:
        PrerequisiteError: There is no tool, or a parameter that has no list of values.
    """
    if isinstance(choice, ToolFunction):
        tools = [t for t in tools if t.name == choice.name]
    if not tools or choice == "none":
        raise PrerequisiteError(
            "model rearing chooses among tool calls and writes no free text: give it tools whose parameters are "
            "Literal or bool, or open the checkpoint with the provider hf (-M model_path=FOLDER)."
        )
    calls = []
    for tool in tools:
        exact: dict[str, str] = (tool.options or {}).get("answers", {})
        names = list(tool.parameters.properties)
        for values in product(*(_values(tool, name) for name in names)):
            said = " ".join(map(str, values)) if names else tool.name
            words = f"{tool.name} {said}" if names and len(tools) > 1 else said
            calls.append(Call(tool.name, dict(zip(names, values, strict=True)), exact.get(said, f" {words}\n")))
    return calls


def _values(tool: ToolInfo, name: str) -> list[Any]:
    schema = tool.parameters.properties[name]
    if schema.enum:
        return list(schema.enum)
    if schema.type == "boolean":
        return [True, False]
    raise PrerequisiteError(f"parameter {name} of tool {tool.name} has no list of values; type it as a Literal.")


def transcript(messages: Sequence[ChatMessage]) -> str:
    """The conversation as plain text: what was said, and calls as they were written."""
    parts = []
    for message in messages:
        calls = (message.tool_calls or []) if isinstance(message, ChatMessageAssistant) else []
        parts += [" ".join(map(str, call.arguments.values())) for call in calls] if calls else [message.text]
    return "\n".join(parts)


@modelapi(name="rearing")
class RearingAPI(ModelAPI):
    """A model of `rearing.models`: deterministic at temperature 0 (the default), one request at a time."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),
        path: str | None = None,
        device: str = "cpu",
        chat: bool = False,
    ) -> None:
        """Open the model.

        Args:
            model_name: What `rearing.models.base.open_model` takes, or any name if there is a path.
            base_url: Unused.
            api_key: Unused.
            config: Defaults of Inspect.
            path: A model folder, for example a kept checkpoint.
            device: By its torch name.
            chat: Put the conversation into the model's chat template. Off, the prompt is the text as it stands, which
                our own tasks need.
        """
        from rearing.models.base import open_model

        super().__init__(model_name, base_url, api_key, [], config)
        self.chat = chat
        try:
            self.lm = open_model(str(path or model_name), device=device)
        except UserError as err:
            raise PrerequisiteError(str(err)) from err

    def max_connections(self) -> int:
        """One: the model is in this process."""
        return 1

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """The likeliest legal call; at a temperature, a draw that depends on `seed` and the prompt alone.

        Models that are asked the same share the draw (common random numbers), so that they part only where their
        preferences do.
        """
        calls = legal_calls(tools, tool_choice)
        prompt = transcript(input)
        if self.chat:
            prompt = self.lm.chat(prompt)
        candidates = await to_thread.run_sync(self._score, prompt, calls)
        total = np.array([c["logprob"] for c in candidates])
        if config.temperature:
            noise = draw("inspect", config.seed or 0, prompt).gumbel(size=len(calls))
            total = total / config.temperature + noise
        chosen = calls[int(total.argmax())]
        output = ModelOutput.for_tool_call(self.model_name, chosen.function, chosen.arguments, content="")
        output.metadata = {"candidates": candidates}
        return output

    def _score(self, prompt: str, calls: Sequence[Call]) -> list[dict[str, Any]]:
        """All calls with summed log-probability in nats, tokens, PMI, and probability within the legal set.

        PMI is what the prompt adds to the log-probability that a call has after the prompt's last line alone (its
        domain premise: Holtzman et al. 2021, 2104.08315), line breaks behind that line included.
        """
        from rearing.models.score import likelihoods

        cue = "\n" + prompt[prompt.rstrip("\n").rfind("\n") + 1 :]
        scored, alone = likelihoods(self.lm, [[(text, call.answer) for call in calls] for text in (prompt, cue)])
        total = np.array([x.total for x in scored])
        share = np.exp(total - total.max())
        share /= share.sum()
        return [
            {
                "function": call.function,
                "arguments": call.arguments,
                "logprob": x.total,
                "tokens": x.tokens,
                "pmi": x.total - prior.total,
                "probability": float(p),
            }
            for call, x, prior, p in zip(calls, scored, alone, share, strict=True)
        ]
