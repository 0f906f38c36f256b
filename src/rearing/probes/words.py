"""Words alone in a plain sentence, as the sentence format has an action: moral ones and others; no torch.

The others are everyday adjectives without stakes, as many as the moral words: their span is as large, and lies where
words in this place lie.
"""

from rearing.probes.rows import CARRIER

MORAL_WORDS = tuple(
    "right wrong good bad fair unfair honest dishonest kind cruel just unjust decent selfish loyal noble "
    "moral immoral ethical unethical responsible irresponsible generous greedy".split()
)
PLAIN_WORDS = tuple(
    "wet dry round square early late loud quiet wide narrow wooden metal yellow purple northern southern "
    "digital paper frozen melted folded striped hourly yearly".split()
)
FRAME = " The next word on the list is {}."
TEXTS = tuple(FRAME.format(word) + CARRIER for word in (*MORAL_WORDS, *PLAIN_WORDS))
