"""Reading a document for the line: in the limited parse server, page by page, resumed where a crash stopped it."""

import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from agents.documents.parser import Hints
from agents.documents.values import Page, Reading, part_from_json, part_to_json
from core.contracts import WorkItem
from core.db import app_database
from core.errors import Rejected
from core.files import local_copy
from core.store import items, outbox, pages
from core.store.outbox import Job
from workers.jobs import LeaseLost, lease_seconds
from workers.parse_client import parse

FLUSH_SECONDS = 1.0
_last: list[tuple[UUID, Reading]] = []  # the document being worked on: triage reads it first, then its agent


class _Pages:
    """Stores pages about once a second and holds the job's lease while reading goes on."""

    def __init__(self, job: Job, document_id: UUID) -> None:
        self.job = job
        self.document_id = document_id
        self.unsaved: list[tuple[int, list[Any]]] = []
        self.saved_at = time.monotonic()

    def take(self, page: Page) -> None:
        # Through JSON and back: tuples become what the database gives back.
        self.unsaved.append((page.number, json.loads(json.dumps(part_to_json(page)).replace("\\u0000", ""))))
        if time.monotonic() - self.saved_at > FLUSH_SECONDS:
            with app_database().transaction(self.job.tenant_id) as connection:
                pages.save(connection, self.job.tenant_id, self.document_id, self.unsaved)
                if not outbox.extend(connection, self.job, lease_seconds(self.job.queue)):
                    raise LeaseLost
            self.unsaved, self.saved_at = [], time.monotonic()


def read(tenant_id: UUID, item: WorkItem, document_id: UUID, *, job: Job) -> Reading:
    """Read a document of the item and store what was read; triage and agent share one reading.

    Raises Rejected for a file that must be refused.
    """
    if not _last or _last[0][0] != document_id:
        _last[:] = [(document_id, _read(tenant_id, item, document_id, job))]
    return _last[0][1]


def last(document_id: UUID) -> Reading | None:
    """Return the reading of a document if it is the one that was read last in this process."""
    return _last[0][1] if _last and _last[0][0] == document_id else None


def _read(tenant_id: UUID, item: WorkItem, document_id: UUID, job: Job) -> Reading:
    document = next(d for d in item.documents if d.id == document_id)
    with app_database().transaction(tenant_id) as connection:
        done = [part_from_json(content) for content in pages.load(connection, document_id)]
    taken = _Pages(job, document_id)
    hints = Hints(language=item.language)
    try:
        with local_copy(tenant_id, document.sha256, Path(document.filename).suffix) as path:
            reading = parse(
                path,
                document.media_type,
                document.filename,
                taken.take,
                hints=hints,
                done=[part for part in done if isinstance(part, Page)],
            )
    except Rejected as error:
        with app_database().transaction(tenant_id) as connection:
            items.save_reading(connection, document_id, state="refused", reason=f"{error.code}: {error}")
        raise
    with app_database().transaction(tenant_id) as connection:
        pages.save(connection, tenant_id, document_id, taken.unsaved)
        items.save_reading(connection, document_id, state="read", text=reading.text, language=reading.language)
    return reading
