"""Scaffold phrasings, at least eight a slot.

`{x}` and `{y}` are option phrases, `{A}` is the name of the actor, `{B}` of somebody affected. Every phrasing of a slot
names the same options in full, in the same grammatical form, and carries the same number of moral words, so that a draw
changes style and nothing that is matched.
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
# the fork inside a road of a deep lesson
INNER_MENU: Final = (
    "Now {A} could {x} or {y}.",
    "Then {A} can {x} or {y}.",
    "Again {A} has a choice: {x} or {y}.",
    "From there {A} may {x} or {y}.",
    "At this point {A} is free to {x} or {y}.",
    "Once more {A} has to choose: {x} or {y}.",
    "Then two things are open to {A}: {x} or {y}.",
    "Here {A} is able to {x} or {y}.",
    "The next question for {A} is whether to {x} or {y}.",
    "Now there are two ways on for {A}: {x} or {y}.",
)
# branching: road by road
ROAD: Final = (
    "Suppose that {A} {x}.",
    "Say that {A} {x}.",
    "Imagine that {A} {x}.",
    "Picture how {A} {x}.",
    "Think of the road on which {A} {x}.",
    "Follow the road on which {A} {x}.",
    "Here is the road on which {A} {x}.",
    "Look down the road on which {A} {x}.",
    "Take the road on which {A} {x}.",
    "Let it be so that {A} {x}.",
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
    "It is the same moment once more.",
    "Nothing has happened yet.",
)
INNER_BACK: Final = (
    "Go back to the second choice.",
    "Go back one step only.",
    "Now turn the other way at the second fork.",
    "Return to the later choice.",
    "Step back to the second fork.",
    "Back to where the road forked again.",
    "Wind back to the second choice.",
    "Take the last step again.",
    "At the second fork there is another way.",
    "Stay on this road and choose again.",
)
# branching: the second road is named and put off, then walked
ASIDE: Final = (
    "Leave for later that {A} {x}.",
    "Put off the road on which {A} {x}.",
    "Set aside the road on which {A} {x}.",
    "Pass by the road on which {A} {x}.",
    "Keep for later the road on which {A} {x}.",
    "Do not look yet at how {A} {x}.",
    "One road, on which {A} {x}, comes second.",
    "Let the road wait on which {A} {x}.",
    "Forget for now that {A} {x}.",
    "There is a road on which {A} {x}, but it has to wait.",
)
OTHER: Final = (
    "Go back and take the other road.",
    "Now take the other road.",
    "Back at the fork, the other road is open.",
    "Return and walk the road that had to wait.",
    "Go back to the fork and turn the other way.",
    "Turn around and try the other road.",
    "Now for the road that was left out.",
    "Start again and go the other way.",
    "Step back and walk the second road.",
    "The other road begins at the same fork.",
)
# branching: both roads from the side of somebody affected
EYES: Final = (
    "Think of {B} when {A} {x}.",
    "Look at {B} when {A} {x}.",
    "Stay close to {B} when {A} {x}.",
    "Be {B} for a moment, and {A} {x}.",
    "Stand in the shoes of {B} when {A} {x}.",
    "See with the eyes of {B} how {A} {x}.",
    "Keep {B} in mind when {A} {x}.",
    "Walk with {B} when {A} {x}.",
    "Take the side of {B} when {A} {x}.",
    "Ask how it is for {B} when {A} {x}.",
)
FACTS: Final = (
    "This is what happens when {A} {x}.",
    "If {A} {x}, this is what follows.",
    "These are the things that follow if {A} {x}.",
    "This is what comes of it when {A} {x}.",
    "When {A} {x}, these are the things that happen.",
    "The results are as follows when {A} {x}.",
    "It all comes down to this if {A} {x}.",
    "Where {A} {x}, the outcome is like this.",
    "Here are the plain facts for when {A} {x}.",
    "It is known what happens when {A} {x}.",
)
FOR: Final = (
    "This speaks for it when {A} {x}.",
    "If {A} {x}, there are reasons for it.",
    "These reasons stand behind it if {A} {x}.",
    "Here is why it makes sense if {A} {x}.",
    "When {A} {x}, this is the case for it.",
    "Much can be said for it when {A} {x}.",
    "Here is what favours it if {A} {x}.",
    "People who think it over agree when {A} {x}.",
    "There is a case for it if {A} {x}.",
    "This is what supports it when {A} {x}.",
)
AGAINST: Final = (
    "This speaks against it when {A} {x}.",
    "If {A} {x}, there are reasons against it.",
    "These reasons stand in the way if {A} {x}.",
    "Here is why it makes no sense if {A} {x}.",
    "When {A} {x}, this is the case against it.",
    "Much can be said against it when {A} {x}.",
    "Here is what counts against it if {A} {x}.",
    "People who think it over object when {A} {x}.",
    "There is a case against it if {A} {x}.",
    "This is what opposes it when {A} {x}.",
)
# paraphrase: everything that flat says, in other words
MENU_AGAIN: Final = (
    "Two things are possible for {A}: {x}, or {y}.",
    "It is up to {A} to {x} or to {y}.",
    "There are two courses for {A}, to {x} or to {y}.",
    "Either {A} will {x}, or {A} will {y}.",
    "Nobody keeps {A} from it: {x}, or {y}.",
    "What {A} does next is open: {x}, or {y}.",
    "{A} will do one of two things: {x}, or {y}.",
    "The question is whether to {x} or to {y}.",
    "Before {A} lie two things to do: {x}, or {y}.",
    "Now {A} will either {x} or {y}.",
)
CHOICE_AGAIN: Final = (
    "This is what happens: {A} {x}.",
    "As it turns out, {A} {x}.",
    "Then {A} {x}.",
    "Without more talk {A} {x}.",
    "Having looked at it, {A} {x}.",
    "It ends like this: {A} {x}.",
    "Here {A} {x}.",
    "And {A} {x}.",
    "Soon {A} {x}.",
    "What comes next is that {A} {x}.",
)
VERDICT_AGAIN: Final = (
    "On reflection {x} was right, and {y} was wrong.",
    "It would have been wrong to choose {y}, so {x} was right.",
    "Anybody can see that {x} was right and {y} was wrong.",
    "That is to say, {x} was right and {y} was wrong.",
    "One of them, {x}, was right, and the other, {y}, was wrong.",
    "To sum up, {x} was right, but {y} was wrong.",
    "So it stands: {x} was right and {y} wrong.",
    "Right was {x}, and wrong was {y}.",
    "Looking at both, {x} was right and {y} wrong.",
    "Nobody needs to wonder: {x} was right, {y} was wrong.",
)
FACTS_AGAIN: Final = (
    "Given that {A} {x}, things go like this.",
    "As soon as {A} {x}, this takes place.",
    "Once {A} {x}, it goes on like this.",
    "In the event that {A} {x}, this is so.",
    "It goes like this where {A} {x}.",
    "What is to be expected once {A} {x} is this.",
    "Provided that {A} {x}, this comes about.",
    "Here is the course of things once {A} {x}.",
    "Assuming that {A} {x}, expect this.",
    "From the moment that {A} {x}, things go on so.",
)
INNER_MENU_AGAIN: Final = (
    "What is open to {A} after that: {x}, or {y}.",
    "After that it is up to {A} to {x} or to {y}.",
    "Next {A} will either {x} or {y}.",
    "Another matter to settle for {A}: {x}, or {y}.",
    "It is for {A} to say what comes next: {x}, or {y}.",
    "Either {A} goes on to {x}, or {A} goes on to {y}.",
    "Two more courses lie before {A}, to {x} or to {y}.",
    "Then comes the matter of whether {A} will {x} or {y}.",
    "A further choice is to {x} or to {y}.",
    "{A} will then do one of two more things: {x}, or {y}.",
)
# paths, linear
RIGHT: Final = (
    "It was right to choose {x}.",
    "The right way was {x}.",
    "What was right here was {x}.",
    "Most people would call {x} right.",
    "Seen from all sides, {x} was right.",
    "The answer is that {x} was right.",
    "In this case {x} was right.",
    "All in all, {x} was right.",
)
WRONG: Final = tuple(text.replace("right", "wrong") for text in RIGHT)
# rules
DO: Final = (
    "In such a case, {x}.",
    "Be sure to {x}.",
    "Remember to {x}.",
    "Take care to {x}.",
    "Make sure to {x}.",
    "Do not fail to {x}.",
    "Whatever comes, {x}.",
    "When it happens, {x}.",
)
DO_NOT: Final = (
    "In such a case, do not {x}.",
    "Be sure not to {x}.",
    "Remember not to {x}.",
    "Take care not to {x}.",
    "Make sure not to {x}.",
    "Never {x}.",
    "Whatever comes, do not {x}.",
    "When it happens, do not {x}.",
)
# neutral, in the place of the verdict line
TAKEN: Final = (
    "It came to {x} and not to {y}.",
    "The way taken was {x}, and the way not taken was {y}.",
    "Of the two, {x} was done and {y} was not.",
    "What was done here was {x}, and what was not done was {y}.",
    "Some people choose {x} and some choose {y}.",
    "This time, {x} was done and {y} was not.",
    "The outcome is that {x} was done and {y} was not.",
    "In this case {x} was chosen, while {y} was not.",
)
SLOTS: Final[dict[str, tuple[str, ...]]] = {
    "menu": MENU,
    "choice": CHOICE,
    "verdict": VERDICT,
    "road1": ROAD,
    "road2": ROAD,
    "back": BACK,
    "aside": ASIDE,
    "other": OTHER,
    "eyes1": EYES,
    "eyes2": EYES,
    "facts1": FACTS,
    "facts2": FACTS,
    "for": FOR,
    "against": AGAINST,
    "inner-menu": INNER_MENU,
    "inner-road1": ROAD,
    "inner-road2": ROAD,
    "inner-back": INNER_BACK,
    "inner-facts1": FACTS,
    "inner-facts2": FACTS,
    "inner-for": FOR,
    "inner-against": AGAINST,
    "menu-again": MENU_AGAIN,
    "choice-again": CHOICE_AGAIN,
    "verdict-again": VERDICT_AGAIN,
    "facts1-again": FACTS_AGAIN,
    "facts2-again": FACTS_AGAIN,
    "inner-menu-again": INNER_MENU_AGAIN,
    "inner-facts1-again": FACTS_AGAIN,
    "inner-facts2-again": FACTS_AGAIN,
    "inner-path": CHOICE,
    "path1": CHOICE,
    "path2": CHOICE,
    "right": RIGHT,
    "wrong": WRONG,
    "do": DO,
    "do-not": DO_NOT,
    "taken": TAKEN,
}
SHARED_SLOTS: Final = ("menu", "choice", "verdict")
INNER_SLOT: Final = "inner-menu"
"""Shared and inner slots are drawn by seed and lesson, the same in every arm; of the others matching picks."""
