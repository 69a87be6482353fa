from itertools import pairwise

from agents.knowledge.chunks import OVERLAP, WORDS, Article, chunks


def cut(text: str) -> list[tuple[str, str]]:
    return [(one.heading, one.text) for one in chunks(Article(id="a.md", title="Returns", text=text))]


def test_a_short_article_is_one_chunk_under_its_title() -> None:
    (one,) = chunks(Article(id="a.md", title="Returns", text="Send it back.\n\nWithin 30 days."))
    assert (one.article, one.text, one.place) == ("a.md", "Send it back. Within 30 days.", "Returns")


def test_each_chunk_carries_the_headings_above_it() -> None:
    text = "Before.\n# Shoes\nDry ones.\n## Boots\nClean ones.\n# Hats\nAny."
    assert cut(text) == [("", "Before."), ("Shoes", "Dry ones."), ("Shoes > Boots", "Clean ones."), ("Hats", "Any.")]


def test_a_heading_that_is_the_title_is_not_told_twice() -> None:
    found = chunks(Article(id="a.md", title="Returns", text="# Returns\nSend it.\n## Shoes\nDry ones."))
    assert [one.place for one in found] == ["Returns", "Returns > Shoes"]


def test_a_number_sign_in_a_fence_is_no_heading() -> None:
    assert [heading for heading, _ in cut("```\n# not one\n```")] == [""]


def test_long_texts_are_packed_by_sentences_that_overlap() -> None:
    sentences = [f"Sentence number {count} has just eight words here." for count in range(60)]
    found = [text for _, text in cut(" ".join(sentences))]
    assert all(len(text.split()) <= WORDS for text in found)
    assert all(sentence in " ".join(found) for sentence in sentences)
    for one, after in pairwise(found):
        again = [sentence for sentence in sentences if sentence in one and sentence in after]
        assert again and sum(len(sentence.split()) for sentence in again) <= OVERLAP


def test_a_sentence_without_end_is_cut() -> None:
    assert [len(text.split()) for _, text in cut("word " * (2 * WORDS + 5))][:2] == [WORDS, WORDS]


def test_an_article_that_is_a_title_alone_can_still_be_found() -> None:
    assert cut("") == [("", "")]
