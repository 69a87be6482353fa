"""A reviewer's correction of one document fills in the next documents of its sender, held ones at once; a document that
came before is linked to the first."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from agents import yaml_errors
from agents.documents.extract.engine import extract
from agents.documents.extract.text import squeeze
from agents.documents.reading import read
from agents.documents.same import ALIKE
from agents.fields_file import FieldsFile
from bench import document_senders
from core.db import app_database
from core.files import Received
from core.store import items, reviews, senders
from core.store.intake import NewDocument, add_document
from core.store.sql import execute, one_row, rows
from tests.workers.made import Shop
from workers import pipeline
from workers.parse_client import stop_servers
from workers.senders import learn

LIBRARY = Path(__file__).parents[2] / "agents" / "library"
ODD = document_senders.sender(1)  # its words are none that a label list knows


@pytest.fixture
def reader(shop: Shop, tmp_path: Path) -> Any:
    shutil.copytree(LIBRARY / "invoice", tmp_path / "agents" / "invoice")
    yield shop
    stop_servers()


def send(shop: Shop, number: int, more: bytes = b"", of: document_senders.Sender = ODD) -> tuple[UUID, dict[str, str]]:
    """Upload an invoice and let the line work on it; returns its decision and its true values."""
    data, truth = document_senders.document(of, number)
    data += more
    received = Received(1_000_000)
    received.write(data)
    sha256 = received.keep(shop.tenant)
    received.close()
    with app_database().transaction(shop.tenant) as connection:
        new = NewDocument(
            filename="a.pdf", media_type="application/pdf", size=len(data), sha256=sha256, received_at=datetime.now(UTC)
        )
        document = add_document(connection, shop.tenant, new)
    shop.do_waiting(pipeline.work, "item.work")
    with app_database().transaction(shop.tenant) as connection:
        found = one_row(
            connection,
            "SELECT d.id FROM decisions d JOIN work_items w ON w.id = d.work_item_id WHERE w.document_id = :id",
            id=document,
        )
    return found["id"], truth


def fields(shop: Shop, decision: UUID, column: str) -> dict[str, str | None]:
    with app_database().transaction(shop.tenant) as connection:
        found = one_row(
            connection,
            """SELECT r.proposal -> 'fields' AS read, d.suggested
               FROM decisions d JOIN runs r ON r.id = d.run_id WHERE d.id = :id""",
            id=decision,
        )
    return {one["name"]: one["value"] for one in found[column] or ()}


def wrong(read: dict[str, str | None], truth: dict[str, str]) -> list[str]:
    return [name for name, value in truth.items() if squeeze(read.get(name) or "") != squeeze(value)]


def correct(shop: Shop, decision: UUID, truth: dict[str, str]) -> None:
    read = fields(shop, decision, "read")
    values = {name: truth.get(name) for name in read if read[name] != truth.get(name)}
    with app_database().transaction(shop.tenant) as connection:
        reviews.correct(
            connection, shop.tenant, decision, values, by="mai", at=datetime.now(UTC), undo_seconds=-senders.AFTER_UNDO
        )


def test_a_correction_fills_in_held_and_later_documents_of_the_sender(reader: Shop) -> None:
    shop = reader
    first, truth = send(shop, 0)
    held, held_truth = send(shop, 1)
    assert len(wrong(fields(shop, held, "read"), held_truth)) >= 2  # the general method cannot know this sender's words
    assert fields(shop, held, "suggested") == {}

    correct(shop, first, truth)
    assert shop.do_waiting(learn, "documents.learn") == 1
    assert wrong(fields(shop, held, "read") | fields(shop, held, "suggested"), held_truth) == []

    later, later_truth = send(shop, 2)
    assert wrong(fields(shop, later, "read") | fields(shop, later, "suggested"), later_truth) == []


def test_what_was_learned_fills_in_a_form_and_moves_no_run_s_values_or_score(reader: Shop, tmp_path: Path) -> None:
    first, truth = send(reader, 0)
    correct(reader, first, truth)
    assert reader.do_waiting(learn, "documents.learn") == 1
    later, _ = send(reader, 1)
    assert fields(reader, later, "suggested")

    path = tmp_path / "alone.pdf"
    path.write_bytes(document_senders.document(ODD, 1)[0])
    alone, _ = extract(read(path), yaml_errors.parse(FieldsFile, (LIBRARY / "invoice" / "fields.yaml").read_text()))
    with app_database().transaction(reader.tenant) as connection:
        run = one_row(
            connection,
            """SELECT r.proposal -> 'fields' AS fields, d.action FROM decisions d JOIN runs r ON r.id = d.run_id
               WHERE d.id = :id""",
            id=later,
        )
    assert [(one["value"], one["score"]) for one in run["fields"]] == [(one.value, one.score) for one in alone]
    assert run["action"] == "hold"


def test_what_was_undone_teaches_nothing(reader: Shop) -> None:
    shop = reader
    first, truth = send(shop, 0)
    correct(shop, first, truth)
    with app_database().transaction(shop.tenant) as connection:
        reviews._mark(connection, first, "open", "mai")
    assert shop.do_waiting(learn, "documents.learn") == 1
    with app_database().transaction(shop.tenant) as connection:
        assert rows(connection, "SELECT 1 FROM sender_notes") == []


def link(shop: Shop, decision: UUID) -> tuple[UUID, UUID | None, float, str]:
    with app_database().transaction(shop.tenant) as connection:
        row = one_row(
            connection,
            """SELECT x.id, x.duplicate_of, r.score, r.proposal ->> 'reason' AS reason FROM decisions d
               JOIN runs r ON r.id = d.run_id JOIN work_items w ON w.id = d.work_item_id
               JOIN documents x ON x.id = w.document_id WHERE d.id = :id""",
            id=decision,
        )
    return row["id"], row["duplicate_of"], row["score"], row["reason"]


def test_the_same_document_again_is_linked_and_never_goes_straight_through(reader: Shop) -> None:
    first, same_bytes, other = (link(reader, send(reader, number)[0]) for number in (0, 0, 1))
    same_text = link(reader, send(reader, 0, b"\n% saved by another program\n")[0])
    assert first[1] is None and other[1] is None
    for again in (same_bytes, same_text):
        assert again[1] == first[0]
        assert (again[2], again[3]) == (0.0, f"the same document came before: {first[0]}")
    assert first[3] == ""


def test_a_receipt_that_was_photographed_again_is_linked_and_another_of_the_shop_is_not(shop: Shop) -> None:
    first = [str(number) for number in range(100, 120)]
    with app_database().transaction(shop.tenant) as connection:
        ids = [
            add_document(
                connection,
                shop.tenant,
                NewDocument(
                    filename="a.jpg", media_type="image/jpeg", size=1, sha256=f"{place:064}",
                    received_at=datetime.now(UTC),
                ),
            )
            for place in range(4)
        ]  # fmt: skip
        printed: tuple[list[str], ...] = (
            first,
            [*first[2:], "998"],
            [*first[:12], *(str(number) for number in range(700, 708))],
            [],
        )
        linked = [
            items.link_duplicate(connection, one, f"text {place}", numbers, ALIKE)
            for place, (one, numbers) in enumerate(zip(ids, printed, strict=True))
        ]
    assert linked == [None, ids[0], None, None]


def test_notes_of_other_senders_do_not_push_out_the_true_one(reader: Shop) -> None:
    decision, truth = send(reader, 0)
    correct(reader, decision, truth)
    reader.do_waiting(learn, senders.TASK)
    with app_database().transaction(reader.tenant) as connection:
        own = one_row(connection, "SELECT sender, identities FROM sender_notes")
        execute(  # 300 newer ones, which share what the addressee prints on every document
            connection,
            """WITH again AS (
                   INSERT INTO runs SELECT (jsonb_populate_record(r, jsonb_build_object(
                       'id', gen_random_uuid(), 'generation', n))).* FROM runs r, generate_series(1, 300) n
                   RETURNING id),
               made AS (
                   INSERT INTO decisions SELECT (jsonb_populate_record(d, jsonb_build_object(
                       'id', gen_random_uuid(), 'run_id', again.id))).* FROM decisions d, again
                   RETURNING id)
               INSERT INTO sender_notes (decision_id, tenant_id, agent, sender, identities, note)
               SELECT id, :tenant, 'invoice', 'other' || row_number() OVER (), ARRAY['shop.example'], '{"fields": {}}'
               FROM made""",
            tenant=reader.tenant,
        )
        found = senders.notes(connection, "invoice", [*own["identities"], "shop.example"])
    assert own["sender"] in {row["sender"] for row in found}
