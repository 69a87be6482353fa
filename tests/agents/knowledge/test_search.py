"""What a run finds in a knowledge folder as it is now."""

from datetime import UTC, datetime

import pytest

from agents.knowledge.folder import index_of
from agents.knowledge.index import Index
from agents.knowledge.search import find_articles
from agents.triage.embedder import BundledEmbedder, bundled
from core.contracts import Message, WorkItem
from core.ids import new_id

AT = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("knowledge")
    (folder / "kettle.md").write_text("# Kettle\nBoil water with vinegar in it to descale the kettle.\n")
    (folder / "hours.html").write_text("<h1>Hours</h1><p>We are open from nine to six.</p>")
    (folder / "notes.xyz").write_text("How do I descale the kettle?")
    return index_of(folder, None, bundled(), BundledEmbedder(kind="passage"))


def asked(*said: str) -> WorkItem:
    messages = tuple(Message(turn=n, author="customer", text=text, at=AT) for n, text in enumerate(said, 1))
    return WorkItem(
        id=new_id(), tenant_id=new_id(), kind="ticket", turn=len(said), text=said[-1], messages=messages, received_at=AT
    )


def test_an_article_is_found_with_its_title_and_words(index: Index) -> None:
    (best, *_) = find_articles(index, asked("descale my kettle"), "descale my kettle", 2)
    assert (best.kind, best.id, best.title) == ("article", "kettle.md", "Kettle")
    assert "vinegar" in best.quote


def test_a_follow_up_is_looked_up_with_what_was_said_before(index: Index) -> None:
    follow_up = asked("I want to descale my kettle", "And then, how long?")
    assert find_articles(index, follow_up, follow_up.text, 1)[0].id == "kettle.md"
    assert find_articles(index, asked(follow_up.text), follow_up.text, 1)[0].id == "hours.html"
