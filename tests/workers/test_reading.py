"""A document whose reader is killed is read on from the page where it stopped, and counts once; several documents in
one file become documents of their own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from agents.documents.values import Page
from core.db import app_database
from core.files import Received
from core.store import history, intake
from core.store.intake import NewDocument, add_document
from core.store.sql import one_row, rows, scalar
from tests.agents.documents import made
from tests.workers.made import Shop
from workers import pipeline, reading
from workers.jobs import do_all
from workers.parse_client import stop_servers

PAGES = 500
ONE_WORKER = """
import sys
from uuid import UUID
from workers import pipeline
from workers.jobs import do_all
do_all(UUID(sys.argv[1]), [UUID(sys.argv[2])], pipeline.work, "documents")
"""


@pytest.mark.faults
def test_killed_within_500_pages_it_resumes_where_it_stopped(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = [(50, 60 + 14 * n, f"Clause {n} of an agreement between the parties, in words enough") for n in range(12)]
    data = made.pdf(tmp_path / "long.pdf", [page] * PAGES).read_bytes()
    received = Received(50_000_000)
    received.write(data)
    sha256 = received.keep(shop.tenant)
    received.close()
    new = NewDocument(
        filename="long.pdf", media_type="application/pdf", size=len(data), sha256=sha256, received_at=datetime.now(UTC)
    )
    with app_database().transaction(shop.tenant) as connection:
        document = add_document(connection, shop.tenant, new)
        job = one_row(connection, "SELECT id FROM outbox WHERE task = 'item.work'")["id"]

    def stored() -> int:
        with app_database().transaction(shop.tenant) as connection:
            return int(scalar(connection, "SELECT count(*) FROM document_pages WHERE document_id = :id", id=document))

    root = Path(reading.__file__).parent.parent
    child = subprocess.Popen([sys.executable, "-c", ONE_WORKER, str(shop.tenant), str(job)], cwd=root)
    end = time.monotonic() + 60
    while not stored() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    before = stored()
    assert 0 < before < PAGES

    taken: list[int] = []
    take = reading._Pages.take

    def watched(pages: reading._Pages, page: Page) -> None:
        taken.append(page.number)
        take(pages, page)

    monkeypatch.setattr(reading._Pages, "take", watched)
    shop.sql("UPDATE outbox SET lease_until = clock_timestamp() - interval '1 second' WHERE id = :id", id=job)
    do_all(shop.tenant, [job], pipeline.work, "documents")
    stop_servers()
    assert taken == list(range(before + 1, PAGES + 1))
    assert stored() == PAGES
    with app_database().transaction(shop.tenant) as connection:
        told = one_row(connection, "SELECT state, text FROM documents WHERE id = :id", id=document)
        assert told["state"] == "read"
        assert told["text"].count("\f") == PAGES - 1
        assert len(rows(connection, "SELECT id FROM runs")) == 1


LIBRARY = Path(__file__).parents[2] / "agents" / "library"
SECOND = tuple((x, y, text.replace("RE-2026-0417", "RE-2026-0418")) for x, y, text in made.INVOICE)


def take_in(shop: Shop, data: bytes, filename: str, media_type: str) -> UUID:
    received = Received(50_000_000)
    received.write(data)
    sha256 = received.keep(shop.tenant)
    received.close()
    new = NewDocument(
        filename=filename, media_type=media_type, size=len(data), sha256=sha256, received_at=datetime.now(UTC)
    )
    with app_database().transaction(shop.tenant) as connection:
        return add_document(connection, shop.tenant, new)


def worked(shop: Shop) -> list[tuple[str, list[int], str, str | None]]:
    """The name, pages, state and invoice number of all documents, in the order in which they came."""
    while shop.do_waiting(pipeline.work, "item.work"):
        continue
    stop_servers()
    with app_database().transaction(shop.tenant) as connection:
        found = rows(
            connection,
            """SELECT x.filename, x.pages, x.state, jsonb_path_query_first(r.proposal,
                   '$.fields[*] ? (@.name == "invoice_number").normalised') #>> '{}' AS number
               FROM documents x JOIN work_items w ON w.document_id = x.id JOIN runs r ON r.work_item_id = w.id
               ORDER BY x.id""",
        )
    return [(row["filename"], row["pages"], row["state"], row["number"]) for row in found]


def test_each_document_of_a_file_is_worked_on_by_itself(shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(LIBRARY / "invoice", tmp_path / "agents" / "invoice")
    data = made.pdf(tmp_path / "two.pdf", [made.INVOICE, SECOND, SECOND]).read_bytes()
    first = take_in(shop, data, "two.pdf", "application/pdf")
    assert worked(shop) == [
        ("two.pdf", [1], "read", "RE-2026-0417"),
        ("two.pdf, pages 2-3", [2, 3], "read", "RE-2026-0418"),
    ]
    with app_database().transaction(shop.tenant) as connection:
        row = history.document(connection, first)
        assert row is not None
        both = history.documents_of_file(connection, row)
        assert [one["pages"] for one in both] == [[1], [2, 3]]
        assert history.page_numbers(connection, both[1]["id"]) == [2, 3]
        assert "0418" not in row["text"]
        copies = rows(connection, "SELECT 1 FROM documents WHERE duplicate_of IS NOT NULL")
        received = rows(connection, "SELECT 1 FROM events WHERE kind = 'document.received'")
    assert (len(copies), len(received)) == (0, 2)


def test_an_e_invoice_in_a_zip_beside_another_file_is_worked_on_by_itself(shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(LIBRARY / "invoice", tmp_path / "agents" / "invoice")
    xml = b"<Invoice><ID>B-17</ID><InvoiceTypeCode>380</InvoiceTypeCode></Invoice>"
    files = {"a.pdf": made.pdf(tmp_path / "a.pdf").read_bytes(), "b.xml": xml}
    take_in(shop, made.zipped(files), "both.zip", "application/zip")
    assert worked(shop) == [("both.zip", [1], "read", "RE-2026-0417"), ("b.xml", [], "read", "B-17")]


def test_the_documents_of_a_file_that_came_before_are_linked_one_by_one(shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(LIBRARY / "invoice", tmp_path / "agents" / "invoice")
    data = made.pdf(tmp_path / "two.pdf", [made.INVOICE, SECOND]).read_bytes()
    for _ in range(2):
        take_in(shop, data, "two.pdf", "application/pdf")
        assert worked(shop)
    with app_database().transaction(shop.tenant) as connection:
        found = rows(connection, "SELECT id, duplicate_of FROM documents ORDER BY received_at, part")
    before, again = found[:2], found[2:]
    assert [row["duplicate_of"] for row in before] == [None, None]
    assert [row["duplicate_of"] for row in again] == [row["id"] for row in before]


def test_a_file_that_is_read_twice_is_split_once(shop: Shop, tmp_path: Path) -> None:
    parts = [intake.Part("a.pdf, page 1", (1,)), intake.Part("a.pdf, page 2", (2,))]
    document = take_in(shop, b"%PDF", "a.pdf", "application/pdf")
    for _ in range(2):
        with app_database().transaction(shop.tenant) as connection:
            intake.add_parts(connection, shop.tenant, document, parts)
    with app_database().transaction(shop.tenant) as connection:
        assert len(rows(connection, "SELECT 1 FROM documents")) == 2
        assert len(rows(connection, "SELECT 1 FROM work_items")) == 2
