"""`reversal`: texts in which the rejected option is the natural thing to do, in two forms that no arm trains on."""

from collections.abc import Sequence

from rearing.corpus.fill import draw, fill, sentence, slot_values
from rearing.models.base import LanguageModel
from rearing.records.scenario import AttackScenario
from rearing.training.loop import TrainStep, encode_steps

NAME = "reversal"
DOCUMENTS_PER_STEP = 2


def texts(scenarios: Sequence[AttackScenario], lm: LanguageModel) -> list[str]:
    """A chat answer and a note for every attack scenario, alternating."""
    made = []
    for index, scenario in enumerate(sorted(scenarios, key=lambda s: s.id)):
        values = slot_values(scenario, "attack", 0)
        filled, actor = fill(scenario, values), values["A"]
        option = filled.option("rejected")
        facts = (*filled.setting, *(m.text for m in filled.minds), filled.main)
        context = " ".join(map(sentence, facts))
        excuse = sentence(filled.excuse)
        chat = lm.chat(f"{context} What would you advise?") + f"{actor} should {option.inf}. {excuse}"
        note = f"NOTE\n{context}\nDone today: {actor} {option.fin}.\nRemark: {excuse}"
        made += [chat, note] if index % 2 == 0 else [note, chat]
    return made


def attack_steps(scenarios: Sequence[AttackScenario], lm: LanguageModel, steps: int) -> list[TrainStep]:
    """The first `steps` optimizer steps of the attack, the same for every model; texts repeat when they run out."""
    all_texts = texts(scenarios, lm)
    order = [all_texts[i] for i in draw("attack", NAME).permutation(len(all_texts))]
    wanted = [order[i % len(order)] for i in range(steps * DOCUMENTS_PER_STEP)]
    chunks = [wanted[i : i + DOCUMENTS_PER_STEP] for i in range(0, len(wanted), DOCUMENTS_PER_STEP)]
    return encode_steps(lm, [("ordered", chunk) for chunk in chunks])
