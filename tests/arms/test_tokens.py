"""Lengths are those of the tokenizer itself, and moral words those of the list, however they are remembered."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus_fixture import commons

from rearing.arms.curriculum import Arm, match_seed
from rearing.arms.renderers import RENDERERS
from rearing.arms.tokens import counter, encoder
from rearing.corpus.lexicon import MORAL, moral_hits

PIECES = st.sampled_from(
    ["it's", "don't ", "I'll", "'s", "12", " 3", "!?", ' "', "\n\n", "  ", "—", "é", "<|im_end|>", "<", "_"]
)


@settings(deadline=None)
@given(st.lists(PIECES | st.text(st.characters(codec="utf-8"), max_size=6)))
def test_a_text_is_as_long_as_the_tokenizer_says(parts: list[str]) -> None:
    assert counter()(text := "".join(parts)) == len(encoder()(text))


def test_documents_are_as_long_as_the_tokenizer_says() -> None:
    for m in match_seed(commons(), tuple(RENDERERS.values()), 1, most=3).values():
        for renderer in RENDERERS.values():
            for document in m.documents(Arm(renderer, "shuffled")):
                assert counter()(document.text) == len(encoder()(document.text)), document.id


@given(
    st.lists(
        st.sampled_from(["good", "Unfair", "forgiving", "disrespectful", "a good-bad", "goodness", " ", "-", "'s", "_"])
    )
)
def test_moral_words_are_those_of_the_list(parts: list[str]) -> None:
    assert moral_hits(text := "".join(parts)) == len(MORAL.findall(text))
