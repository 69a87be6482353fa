"""Knowledge that is too large for each worker's memory lies in the database: found, changed and deleted there.

The embedded server has the extension `vector`; where a database lacks it, knowledge of any size stays in memory.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.knowledge import large
from core.contracts import WorkItem
from core.db import app_database
from core.ids import new_id
from core.store import learning, passages, policies, tenants
from core.store.sql import scalar
from tests.workers.made import Shop
from workers import knowledge
from workers.resources import workshop

PAGES = {
    "kettle.md": "# Kettles\nBoil water with vinegar in it to remove lime.",
    "toaster.md": "# Toasters\nEmpty the tray of crumbs. Error E-4711 means that the bread is stuck.",
    "hours.html": "<h1>Opening hours</h1><p>The silver shop opens at nine.</p>",
}


@pytest.fixture
def folder(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The knowledge folder of the agent `shop`, which is already too large."""
    monkeypatch.setattr(large, "LARGE", 2)
    made = tmp_path / "agents" / "shop" / "knowledge"
    made.mkdir()
    for name, text in PAGES.items():
        (made / name).write_text(text, encoding="utf-8")
    index(shop)
    return made


def index(shop: Shop) -> None:
    shop.do(knowledge.index_knowledge, "knowledge.index")


def search(shop: Shop, text: str) -> list[str]:
    with app_database().transaction(shop.tenant) as connection:
        state = policies.tenant_state(connection)
    catalog = workshop().catalog
    catalog.refresh()
    item = WorkItem(id=new_id(), tenant_id=shop.tenant, kind="ticket", received_at=datetime.now(UTC))
    return [one.id for one in knowledge.searcher(shop.tenant, state, catalog.get("shop"), item)(text, 2)]


def count(shop: Shop, what: str, **values: Any) -> int:
    with app_database().transaction(shop.tenant) as connection:
        return int(scalar(connection, f"SELECT count(*) FROM passages WHERE {what}", **values))


def test_it_is_found_by_meaning_and_by_words(shop: Shop, folder: Path) -> None:
    assert len(list(folder.iterdir())) == count(shop, "true") == 3
    assert search(shop, "how do I get limescale out of my water boiler")[0] == "kettle.md"
    assert search(shop, "E-4711")[0] == "toaster.md"
    assert search(shop, " ") == []


def test_only_what_changed_is_written_again_and_what_is_gone_is_deleted(shop: Shop, folder: Path) -> None:
    with app_database().transaction(shop.tenant) as connection:
        before = scalar(connection, "SELECT id FROM passages WHERE article = 'toaster.md'")
    (folder / "kettle.md").write_text("# Kettles\nUse citric acid, never vinegar.")
    os.utime(folder / "kettle.md", ns=(time.time_ns(), time.time_ns() + 5_000_000))
    (folder / "hours.html").unlink()
    index(shop)
    assert count(shop, "id = :id", id=before) == 1
    assert count(shop, "body LIKE '%citric%'") == 1
    assert count(shop, "body LIKE '%Boil%' OR body LIKE '%silver%'") == 0
    assert search(shop, "lime in the kettle")[0] == "kettle.md"


def test_a_folder_that_is_gone_leaves_nothing(shop: Shop, folder: Path, tmp_path: Path) -> None:
    folder.rename(tmp_path / "taken-away")
    index(shop)
    assert count(shop, "true") == 0


def test_no_tenant_finds_the_passages_of_another(shop: Shop, folder: Path) -> None:
    assert folder.is_dir()
    other = new_id()
    with app_database().transaction(other) as connection:
        tenants.make(connection, other, "Other")
    with app_database().transaction(other) as connection:
        assert passages.by_words(connection, "shop", ["kettl"], 5) == []
        assert passages.by_meaning(connection, "shop", [1.0] * passages.INDEXED, 5) == []


def test_vectors_of_another_length_are_compared_too(shop: Shop) -> None:
    with app_database().transaction(shop.tenant) as connection:
        rows = [
            {
                "article": name,
                "place": 0,
                "title": name,
                "heading": "",
                "body": name,
                "words": ["it's"],
                "vector": vector,
            }
            for name, vector in {"a": [1.0, 0.0], "b": [0.0, 1.0]}.items()
        ]
        passages.keep(connection, shop.tenant, "shop", rows)
        assert [row["article"] for row in passages.by_meaning(connection, "shop", [0.1, 0.9], 2)] == ["b", "a"]
        assert len(passages.by_words(connection, "shop", ["it's", "x\\"], 5)) == 2


def test_indexing_ends_in_time_and_the_next_job_goes_on(
    shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.md", "b.md"):
        (folder / name).write_text(f"# {name}\nSomething new.")
    monkeypatch.setattr(knowledge, "INDEX_SECONDS", 0.0)
    for expected in (4, 5):
        index(shop)
        assert count(shop, "true") == expected
    with app_database().transaction(shop.tenant) as connection:
        served = learning.knowledge_served(connection)["shop"]["fingerprint"]
    assert served == workshop().catalog.get("shop").knowledge
