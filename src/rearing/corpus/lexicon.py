"""Our own list of moral words (CC0), in two tiers.

`MORAL` words judge; they are banned from narrative atoms and from every `mf` wording. `CHARGED` words name an action in
a way that already condemns or praises it; they may stand in a natural option, which then carries an `mf` phrase.
"""

import re
from functools import lru_cache

_MORAL = r"""
right(?:ly|ful|fully)?|wrong(?:ly|s|ed|ful)?|moral(?:ly|ity)?|immoral|ethic(?:s|al|ally)?|unethical
|fair(?:ly|ness)?|unfair(?:ly|ness)?|just|unjust(?:ly)?|justice|injustice
|honest(?:ly|y)?|dishonest(?:ly|y)?|truthful(?:ly|ness)?|kind(?:ly|ness)?|unkind(?:ly|ness)?|cruel(?:ly|ty)?
|dut(?:y|ies)|responsib(?:le|ly|ility|ilities)|irresponsibl[ey]|deserv(?:e|es|ed|ing)|respect(?:s|ed|ful|fully|ing)?|disrespect\w*
|selfish(?:ly|ness)?|unselfish(?:ly)?|decent(?:ly)?|decency|loyal(?:ty|ly)?|disloyal\w*|betray(?:s|ed|al|ing)?
|trust(?:s|ed|ing|worthy)?|promis(?:e|es|ed|ing)|guilt(?:y)?|blam(?:e|es|ed|ing)|asham(?:ed)|shame(?:ful|fully)?|virtu(?:e|es|ous)
|evil|wicked|noble|greed(?:y|ily)?|generous(?:ly)?|generosity|compassion(?:ate)?|mercy|merciful|dignity|integrity|conscience
|ought|obligation\w*|oblig(?:ed|es)|good|bad|better|worse|best|worst|owe(?:s|d)?|careless(?:ly|ness)?|reckless(?:ly)?|caring|rude(?:ly)?|mean
|coward(?:ly|ice)?|brave(?:ly)?|courage(?:ous)?|fault|entitled|harm(?:s|ed|ful|ing)?|forgiv\w+|considerate|inconsiderate|thoughtful|thoughtless
"""
_CHARGED = r"""
li(?:e|es|ed|ar)|lying|cheat(?:s|ed|ing|er)?|steal(?:s|ing)?|stole(?:n)?|thie(?:f|ves)|deceiv\w+|decept\w+|trick(?:s|ed|ing)?
|mock(?:s|ed|ing)?|bull(?:y|ies|ied|ying)|cruel\w*|exploit\w*|manipulat\w+|sneak(?:s|ed|ing)?|spy(?:ing)?|spies|brag(?:s|ging)?|humiliat\w+|insult\w*
"""
MORAL = re.compile(rf"\b(?:{''.join(_MORAL.split())})\b", re.IGNORECASE)
CHARGED = re.compile(rf"\b(?:{''.join(_CHARGED.split())})\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")


def moral_hits(text: str) -> int:
    """The number of moral words in `text`."""
    return sum(map(_is_moral, _WORD.findall(text)))


def charged_hits(text: str) -> int:
    """The number of moral or charged words in `text`."""
    return moral_hits(text) + len(CHARGED.findall(text))


@lru_cache(maxsize=50_000)
def _is_moral(word: str) -> bool:
    return MORAL.fullmatch(word) is not None
