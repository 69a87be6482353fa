from collections.abc import Sequence

import numpy as np
import pytest

from agents.knowledge.chunks import Article
from agents.knowledge.files import File, fingerprint
from agents.knowledge.index import Index, pieces
from agents.knowledge.store import Knowledge, build, pack, unpack
from agents.triage.embedder import BundledEmbedder, Floats, bundled
from core.errors import Broken, Rejected

TEXTS = {
    "kettle.md": ("Descaling your kettle", "Boil water with vinegar in it. Then rinse it three times."),
    "return.md": (
        "Sending goods back",
        "# Post\nPrint the label and take the parcel to a shop.\n# Money\nIt is paid back.",
    ),
    "the.md": ("Thẻ thành viên", "Quý khách tích điểm khi mua hàng và đổi điểm lấy quà tặng."),
    "hours.md": ("Opening hours", "We are open from nine to six, on Saturdays until two."),
}


class Counting:
    """The bundled embedder, counting what it embeds."""

    def __init__(self) -> None:
        self.inner = BundledEmbedder(kind="passage")
        self.name = self.inner.name
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Floats:
        self.texts += texts
        return self.inner.embed(texts)


def files(**changed: str) -> list[File]:
    return [File(name=name, sha256=changed.get(name.partition(".")[0], "1")) for name in TEXTS]


def read(name: str) -> Article:
    title, text = TEXTS[name]
    return Article(id=name, title=title, text=text)


@pytest.fixture(scope="module")
def passages() -> Counting:
    return Counting()


@pytest.fixture(scope="module")
def knowledge(passages: Counting) -> Knowledge:
    return build(files(), read, bundled(), passages)


@pytest.mark.parametrize(
    ("asked", "article"),
    [
        ("how do I get the limescale out of my water boiler?", "kettle.md"),
        ("i dont want it, how to send back", "return.md"),
        ("lam sao de doi diem lay qua", "the.md"),  # typed without diacritics
        ("Wann haben Sie geöffnet?", "hours.md"),
    ],
)
def test_the_right_article_comes_first(knowledge: Knowledge, asked: str, article: str) -> None:
    assert Index(knowledge, bundled()).search([asked], 2)[0].article == article


def test_the_best_chunk_of_an_article_is_the_one_quoted(knowledge: Knowledge) -> None:
    hit = Index(knowledge, bundled()).search(["when do I get my money back for goods I sent back"], 1)[0]
    assert (hit.article, hit.chunk.heading) == ("return.md", "Money")


def test_earlier_messages_count(knowledge: Knowledge) -> None:
    found = Index(knowledge, bundled()).search(["And how long does it take?", "I want to descale my kettle"], 1)
    assert found[0].article == "kettle.md"


@pytest.mark.parametrize("asked", [[], [""], ["  "]])
def test_nothing_asked_finds_nothing(knowledge: Knowledge, asked: list[str]) -> None:
    assert Index(knowledge, bundled()).search(asked, 3) == []


def test_a_question_of_unknown_words_only_still_gets_an_order(knowledge: Knowledge) -> None:
    assert len(Index(knowledge, bundled()).search(["zzz qqq"], 3)) == 3


def test_empty_knowledge_finds_nothing() -> None:
    empty = unpack(pack(Knowledge(embedder="any", parts=())))
    assert Index(empty, bundled()).search(["anything"], 3) == []


def test_stored_knowledge_is_the_same_knowledge(knowledge: Knowledge) -> None:
    again = unpack(pack(knowledge))
    assert again.fingerprint == knowledge.fingerprint == fingerprint(files())
    assert again.chunks == knowledge.chunks
    assert all(np.array_equal(a.vectors, b.vectors) for a, b in zip(again.parts, knowledge.parts, strict=True))


def test_only_changed_files_are_read_again_and_deleted_ones_are_gone(knowledge: Knowledge, passages: Counting) -> None:
    passages.texts.clear()
    changed = [one for one in files(kettle="2") if one.name != "hours.md"]
    after = build(changed, read, bundled(), passages, knowledge)
    assert [text.splitlines()[0] for text in passages.texts] == ["Descaling your kettle"]
    assert {chunk.article for chunk in after.chunks} == {"kettle.md", "return.md", "the.md"}
    assert b"Opening hours" not in pack(after)


def test_a_file_that_cannot_be_read_is_noted_and_the_rest_is_found(passages: Counting) -> None:
    def failing(name: str) -> Article:
        if name == "hours.md":
            raise Rejected("damaged")
        return read(name)

    found = unpack(pack(build(files(), failing, bundled(), passages)))
    assert [part.problem for part in found.parts if part.problem] == ["damaged"]
    assert Index(found, bundled()).search(["kettle"], 1)[0].article == "kettle.md"


def test_bytes_of_something_else_are_refused() -> None:
    with pytest.raises(Broken):
        unpack(b"nothing")


def test_a_long_message_is_looked_up_sentence_by_sentence() -> None:
    short, long = pieces(["Short one.", " ", "A long message begins here. " * 20])
    assert (short, len(long)) == (["Short one."], 20)
