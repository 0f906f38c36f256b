"""Scaffold phrasings, eight a slot.

Those of `SHARED_SLOTS` are drawn by seed and lesson, the same in every arm; the others belong to one renderer, and
matching picks among them.

`{x}` and `{y}` are option phrases, `{A}` the name of the actor. Every phrasing of a slot names the same options in full
and carries the same number of moral words, so that a draw changes style and nothing that is matched.
"""

from typing import Final

MENU: Final = (
    "{A} could {x} or {y}.",
    "{A} can {x} or {y}.",
    "{A} is free to {x} or {y}.",
    "{A} has a choice: {x} or {y}.",
    "{A} may {x} or {y}.",
    "{A} is able to {x} or {y}.",
    "{A} sees two ways: {x} or {y}.",
    "{A} has to choose: {x} or {y}.",
)
ROAD: Final = (
    "Suppose that {A} {x}.",
    "Say that {A} {x}.",
    "Imagine that {A} {x}.",
    "Picture how {A} {x}.",
    "Think of the road on which {A} {x}.",
    "Follow the road on which {A} {x}.",
    "Here is the road on which {A} {x}.",
    "Look down the road on which {A} {x}.",
)
BACK: Final = (
    "Now go back.",
    "Go back to the fork.",
    "Turn back to the choice.",
    "Return to the moment of choice.",
    "Back to the start.",
    "Wind the clock back.",
    "Go back and choose again.",
    "Step back to where the roads part.",
)
FACTS: Final = (
    "This is what comes of {x}.",
    "These are the facts about {x}.",
    "This is known about {x}.",
    "These things come with {x}.",
    "This belongs to {x}.",
    "These are the results of {x}.",
    "This is the record of {x}.",
    "These things follow from {x}.",
)
FOR: Final = (
    "This speaks for {x}.",
    "These are the reasons for {x}.",
    "This is the case for {x}.",
    "There are reasons for {x}.",
    "Much speaks for {x}.",
    "Here is why {x} is the way to go.",
    "People who think it over choose {x}.",
    "Here is what favours {x}.",
)
AGAINST: Final = (
    "This speaks against {x}.",
    "These are the reasons against {x}.",
    "This is the case against {x}.",
    "There are reasons against {x}.",
    "Much speaks against {x}.",
    "Here is why {x} is not the way to go.",
    "People who think it over do not choose {x}.",
    "Here is what counts against {x}.",
)
CHOICE: Final = (
    "{A} {x}.",
    "In the end {A} {x}.",
    "So {A} {x}.",
    "{A} decides and {x}.",
    "{A} thinks it over and {x}.",
    "After a moment {A} {x}.",
    "{A} makes a decision and {x}.",
    "{A} does not wait long and {x}.",
)
VERDICT: Final = (
    "It was right to choose {x} and wrong to choose {y}.",
    "The right way was {x}, and the wrong way was {y}.",
    "Of the two, {x} was right and {y} was wrong.",
    "What was right here was {x}, and what was wrong was {y}.",
    "Most people would call {x} right and {y} wrong.",
    "Seen from all sides, {x} was right and {y} was wrong.",
    "The answer is that {x} was right and {y} was wrong.",
    "In this case {x} was right, while {y} was wrong.",
)
SLOTS: Final = {
    "menu": MENU,
    "road1": ROAD,
    "road2": ROAD,
    "back": BACK,
    "facts1": FACTS,
    "facts2": FACTS,
    "for": FOR,
    "against": AGAINST,
    "choice": CHOICE,
    "verdict": VERDICT,
}
SHARED_SLOTS: Final = ("menu", "choice", "verdict")
