"""A document whose reader is killed is read on from the page where it stopped, and counts once."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.documents.values import Page
from core.db import app_database
from core.files import Received
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
