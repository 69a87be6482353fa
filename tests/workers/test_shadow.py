"""A processor's learnt score runs beside the one in service, in shadow, until it has earned its own certificate."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from agents.documents import joint
from bench import document_senders
from core.db import app_database
from core.store import confidence, policies
from core.store.sql import rows
from tests.workers.made import Shop
from tests.workers.test_senders import LIBRARY, send
from workers.parse_client import stop_servers
from workers.resources import CONFIDENCE
from workers.shadow import work_beside


@pytest.fixture
def reader(shop: Shop, tmp_path: Path) -> Any:
    shutil.copytree(LIBRARY / "invoice", tmp_path / "agents" / "invoice")
    yield shop
    stop_servers()


def candidate(shop: Shop) -> bytes:
    """Keep a learnt score for invoices that has not earned its place."""
    blob = joint.start([{"document": 0.5, "field.total": 0.5}]).to_bytes()
    kind = CONFIDENCE + "invoice"
    with app_database().transaction(shop.tenant) as connection:
        made = policies.add_classifier(connection, shop.tenant, kind, "learnt", blob, {"judged": 100})
        confidence.settle(connection, shop.tenant, made, kind, serve=False, reason="better on later judgements")
    return blob


def test_documents_are_scored_by_a_candidate_in_shadow_and_go_on_by_the_score_in_service(reader: Shop) -> None:
    blob = candidate(reader)
    plain = document_senders.sender(10)
    first, _ = send(reader, 0, of=plain)
    again, _ = send(reader, 0, of=plain)  # a copy of the first
    assert reader.do_waiting(work_beside, "item.shadow") == 2
    with app_database().transaction(reader.tenant) as connection:
        found = rows(
            connection,
            """SELECT r.shadow, r.score, r.fingerprint, r.proposal -> 'signals' AS signals, d.id, d.review, d.action
               FROM runs r JOIN decisions d ON d.run_id = r.id ORDER BY r.created_at""",
        )
    live, copy = [one for one in found if not one["shadow"]]
    beside = [one for one in found if one["shadow"]]
    assert [live["id"], copy["id"]] == [first, again]
    assert live["score"] == joint.score(live["signals"], b"")
    assert beside[0]["score"] == joint.score(live["signals"], blob) != live["score"]
    assert live["fingerprint"] != beside[0]["fingerprint"] == beside[1]["fingerprint"]
    assert [one["score"] for one in (copy, beside[1])] == [0.0, 0.0]
    assert {one["review"] for one in beside} == {""}
    assert {one["action"] for one in found} == {"hold"}
