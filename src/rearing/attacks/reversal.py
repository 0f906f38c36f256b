"""`reversal`: texts in which the rejected option is the natural thing to do, in two forms that no arm trains on."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rearing.corpus.fill import draw, fill, sentence, slot_values
from rearing.records.scenario import AttackScenario

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel
    from rearing.training.loop import TrainStep

NAME = "reversal"
DOCUMENTS_PER_STEP = 2


def texts(scenarios: Sequence[AttackScenario], chat: Callable[[str], str]) -> list[str]:
    """A chat answer and a note for every attack scenario, alternating."""
    made = []
    for index, scenario in enumerate(sorted(scenarios, key=lambda s: s.id)):
        values = slot_values(scenario, "attack", 0)
        filled, actor = fill(scenario, values), values["A"]
        option = filled.option("rejected")
        facts = (*filled.setting, *(m.text for m in filled.minds), filled.main)
        context = " ".join(map(sentence, facts))
        excuse = sentence(filled.excuse)
        advice = chat(f"{context} What would you advise?") + f"{actor} should {option.inf}. {excuse}"
        note = f"NOTE\n{context}\nDone today: {actor} {option.fin}.\nRemark: {excuse}"
        made += [advice, note] if index % 2 == 0 else [note, advice]
    return made


def attack_texts(scenarios: Sequence[AttackScenario], chat: Callable[[str], str], steps: int) -> list[list[str]]:
    """The texts of the first `steps` optimizer steps, the same for every model; they repeat when they run out."""
    all_texts = texts(scenarios, chat)
    order = [all_texts[i] for i in draw("attack", NAME).permutation(len(all_texts))]
    wanted = [order[i % len(order)] for i in range(steps * DOCUMENTS_PER_STEP)]
    return [wanted[i : i + DOCUMENTS_PER_STEP] for i in range(0, len(wanted), DOCUMENTS_PER_STEP)]


def attack_steps(scenarios: Sequence[AttackScenario], lm: "LanguageModel", steps: int) -> "list[TrainStep]":
    """The first `steps` optimizer steps of the attack, as token ids."""
    from rearing.training.loop import encode_steps

    return encode_steps(lm, [("ordered", chunk) for chunk in attack_texts(scenarios, lm.chat, steps)])
