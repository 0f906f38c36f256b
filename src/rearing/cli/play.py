"""`rearing play`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from rearing.records.scenario import Option, Scenario, Wording


def play(
    file: Annotated[Path, typer.Argument(help="Scenario file (YAML); with --model also a world.")],
    everything: Annotated[bool, typer.Option("--all", help="Show both roads without asking.")] = False,
    seed: Annotated[
        int, typer.Option("--seed", help="Draws names, the order of the options and, of arms, shapes.")
    ] = 0,
    arms: Annotated[bool, typer.Option("--arms", help="Show a lesson as every renderer tells it.")] = False,
    flipped: Annotated[bool, typer.Option("--flipped", help="With --arms: the flipped twins instead.")] = False,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help="A base or checkpoint: print how it plays a vignette as episodes and answers under pressure, or how "
            "it plays a world, whose name stands in the place of the file.",
        ),
    ] = "",
) -> None:
    """Walk a scenario in the terminal: choose, see what follows, go back. Off a terminal it shows both roads."""
    if model:
        _watch(file, model)
        return
    from rich.console import Console

    from rearing.corpus.lint import TO_PLAY, TO_TELL, lint_scenario
    from rearing.corpus.load import load_scenario
    from rearing.errors import ScenarioError

    scenario, source = load_scenario(file)
    for problem in lint_scenario(scenario, source, TO_TELL if arms else TO_PLAY):
        raise ScenarioError(problem.text, f"rearing check {file} says more", file, problem.line)
    console = Console(highlight=False, markup=False, emoji=False)
    console.soft_wrap = not console.is_terminal
    asks = sys.stdin.isatty() and console.is_terminal and not everything
    if arms:
        _show_arms(console, scenario, file, seed, flipped)
    else:
        _Walk(console, scenario, seed, asks).walk()
    if problems := lint_scenario(scenario, source):
        rules = "1 broken rule" if len(problems) == 1 else f"{len(problems)} broken rules"
        console.print(f"\n{rules}; rearing check {file} says more.", style="yellow")


def _watch(file: Path, ref: str) -> None:
    """Print what a model does, in full."""
    from rearing.cli.app import need_training_extra

    need_training_extra()
    from rearing.corpus.lint import TO_PLAY, lint_scenario
    from rearing.corpus.load import load_scenario
    from rearing.errors import ScenarioError
    from rearing.evals.transcripts import episode_transcripts, pressure_transcript, world_transcript
    from rearing.evals.worlds import SHIPPED_WORLDS
    from rearing.models.base import open_model
    from rearing.records.scenario import Vignette

    if kind := next((w for w in SHIPPED_WORLDS if w.name == str(file)), None):
        lm = open_model(ref)
        parts = [world_transcript(lm, kind(twin)) for twin in (False, True)]
    else:
        scenario, source = load_scenario(file)
        for problem in lint_scenario(scenario, source, TO_PLAY):
            raise ScenarioError(problem.text, f"rearing check {file} says more", file, problem.line)
        if not isinstance(scenario, Vignette):
            mend = f"name a vignette or a world ({', '.join(w.name for w in SHIPPED_WORLDS)}), or leave --model out"
            raise ScenarioError(f"is a {scenario.kind}, which no model plays", mend, file)
        lm = open_model(ref)
        parts = [*episode_transcripts(lm, scenario), pressure_transcript(lm, scenario)]
    print("\n\n".join(parts))


def _show_arms(console: "Console", scenario: "Scenario", file: Path, seed: int, flipped: bool) -> None:
    """A lesson as every renderer tells it, matched to the others; each sentence with what it does in the text."""
    from dataclasses import replace

    from rearing.arms.curriculum import Arm, match_seed
    from rearing.arms.order import ORDERS
    from rearing.arms.renderers import RENDERERS
    from rearing.arms.shape import COMBINATIONS
    from rearing.corpus.load import load_corpus
    from rearing.errors import ScenarioError
    from rearing.records.scenario import Lesson

    if not isinstance(scenario, Lesson):
        raise ScenarioError(f"is a {scenario.kind}; arms tell lessons only", "leave --arms out", file)
    alone = replace(load_corpus(), lessons=(scenario,))
    told = match_seed(alone, list(RENDERERS.values()), seed, start=seed % COMBINATIONS)[scenario.id]
    for renderer in RENDERERS.values():
        about = (renderer.write.__doc__ or "").split("\n")[0]
        console.print(f"\n{renderer.name}: {about}", style="bold")
        if not renderer.stakes:
            console.print("It tells other scenarios, in the place of this one.")
        for document in told.documents(Arm(renderer, next(iter(ORDERS)), flipped)):
            for paragraph in document.paragraphs:
                console.print()
                for sentence in paragraph:
                    console.print(f"  {sentence.role:<10} {sentence.text}")
            console.print("  " + 10 * "-")
    console.print(
        f"\nAn arm is a renderer and an order ({', '.join(ORDERS)}). An order moves lessons, not words. Seeds 0 to "
        f"{COMBINATIONS - 1} show every layout, with either option first."
    )


class _Walk:
    """One walk through a scenario whose names are filled in."""

    def __init__(self, console: "Console", scenario: "Scenario", seed: int, asks: bool) -> None:
        from rearing.corpus.fill import draw, fill, pool_of, slot_values

        values = slot_values(scenario, pool_of(scenario), seed)
        self.console, self.asks, self.actor = console, asks, values["A"]
        self.scenario = fill(scenario, values)
        self.turns = draw("play", seed, scenario.id)

    def walk(self) -> None:
        """The whole scenario."""
        from rearing.records.scenario import SITUATIONS, AttackScenario, Lesson, Vignette

        s = self.scenario
        self.console.print(s.title, style="bold")
        self.say("setting", *s.setting)
        self.say("minds", *(m.text for m in s.minds))
        if isinstance(s, Vignette):
            for situation in SITUATIONS:
                self.say(situation, getattr(s, situation))
                self.roads()
                self.say(f"right in {situation}", f"{self.actor} {s.right(situation).fin}.")
            return
        if isinstance(s, AttackScenario):
            self.say("main", s.main)
        self.look_back(self.roads())
        if isinstance(s, Lesson):
            self.say("principle", *_both(s.principle))
        if isinstance(s, AttackScenario):
            self.say("the excuse", s.excuse)

    def roads(self) -> "list[Option]":
        """The choice, and the roads that were walked; both where nobody is asked."""
        from rich.prompt import Confirm, IntPrompt

        order = [self.scenario.options[i] for i in self.turns.permutation(2)]
        self.say("the choice", *(f"{i}  {self.actor} could {o.inf}." for i, o in enumerate(order, 1)))
        if self.asks:
            chosen = IntPrompt.ask("Which road", console=self.console, choices=["1", "2"])
            order = order if chosen == 1 else order[::-1]
        self.road(order[0])
        if self.asks and not Confirm.ask("Go back and take the other road", console=self.console, default=True):
            return order[:1]
        self.road(order[1])
        return order

    def road(self, option: "Option") -> None:
        """What is done, and what comes of it."""
        later = {"now": "", "later": "Later: "}
        self.say("road", f"{self.actor} {option.fin}.", *(later[o.when] + o.text for o in option.outcomes))
        if option.then:
            ways = (f"{self.actor} {w.fin}. {later[w.outcome.when]}{w.outcome.text}" for w in option.then.options)
            self.say("a fork inside this road", option.then.situation, *ways)

    def look_back(self, walked: "list[Option]") -> None:
        """Reflection and reasons of each road walked."""
        for option in walked:
            if option.reflection:
                self.say(f"looking back: {option.lab} ({option.rating})", *_both(option.reflection))
            ways = option.then.options if option.then else ()
            reasons = (*option.reasons, *(way.reason for way in ways))
            self.say("reasons", *(text for reason in reasons for text in _both(reason)))

    def say(self, heading: str, *sentences: str) -> None:
        """A heading and its sentences, one a line; nothing if there are none."""
        from rearing.corpus.fill import sentence

        if sentences:
            self.console.print(f"\n{heading}", style="bold cyan")
            for text in sentences:
                self.console.print(f"  {sentence(text)}")


def _both(wording: "Wording") -> tuple[str, str]:
    return wording.w, wording.mf
