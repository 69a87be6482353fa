"""Reading a document for the line: in the limited parse server, page by page, resumed where a crash stopped it."""

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from agents.documents.parser import Hints
from agents.documents.same import ALIKE, content_key, picture_numbers
from agents.documents.splitting import names, split
from agents.documents.values import Page, Reading, part_from_json, part_to_json
from core.contracts import WorkItem
from core.db import app_database
from core.errors import Rejected
from core.files import local_copy
from core.store import intake, items, outbox, pages
from core.store.outbox import Job
from workers.jobs import LeaseLost, lease_seconds
from workers.parse_client import parse

FLUSH_SECONDS = 1.0
KEPT = 8  # readings: a document's triage reads it first, then its agent, and jobs come in small batches


class _AtHand(threading.local):
    """What the jobs at hand read; each thread has its own, because workers of the queue llm are threads."""

    def __init__(self) -> None:
        self.kept: dict[UUID, Reading] = {}
        self.first: dict[UUID, UUID | None] = {}  # the document that came before with the same contents
        self.jobs: list[Job] = []  # their leases are held while one of them is read


_at_hand = _AtHand()


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
            self.save()

    def save(self) -> None:
        """Store what came since the last time, and hold the leases of all jobs at hand."""
        with app_database().transaction(self.job.tenant_id) as connection:
            pages.save(connection, self.job.tenant_id, self.document_id, self.unsaved)
            for job in {self.job.id: self.job, **{one.id: one for one in _at_hand.jobs}}.values():
                if not outbox.extend(connection, job, lease_seconds(job.queue)) and job.id == self.job.id:
                    raise LeaseLost
        self.unsaved, self.saved_at = [], time.monotonic()


def read(tenant_id: UUID, item: WorkItem, document_id: UUID, *, job: Job) -> Reading:
    """Read a document of the item and store what was read; triage and agent share one reading.

    Raises Rejected for a file that must be refused.
    """
    if document_id not in _at_hand.kept:
        found = _read(tenant_id, item, document_id, job)
        while len(_at_hand.kept) >= KEPT:
            _at_hand.kept.pop(next(iter(_at_hand.kept)))
        _at_hand.kept[document_id] = found
    return _at_hand.kept[document_id]


def hold(jobs: Sequence[Job]) -> None:
    """Begin a batch: earlier readings are let go, and reading one document holds the leases of all."""
    _at_hand.jobs[:] = jobs
    _at_hand.kept.clear()
    _at_hand.first.clear()


def first(document_id: UUID) -> UUID | None:
    """Return the document of which this one, read for the jobs at hand, is a duplicate."""
    return _at_hand.first.get(document_id)


def last(document_id: UUID) -> Reading | None:
    """Return the reading of a document if it was read for the jobs at hand."""
    return _at_hand.kept.get(document_id)


def _read(tenant_id: UUID, item: WorkItem, document_id: UUID, job: Job) -> Reading:
    document = next(d for d in item.documents if d.id == document_id)
    done = []  # of a part all pages: who read the first document of its file stored them
    if (
        job.task != "item.work" or job.attempts > 1 or document.part is not None
    ):  # nothing can be stored before the first attempt
        with app_database().transaction(tenant_id) as connection:
            done = [part_from_json(content) for content in pages.load(connection, document.part_of or document_id)]
    taken = _Pages(job, document.part_of or document_id)
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
                on_beat=taken.save,
            )
    except Rejected as error:
        with app_database().transaction(tenant_id) as connection:
            items.save_reading(connection, document_id, state="refused", reason=f"{error.code}: {error}")
        raise
    parts = split(reading)
    reading = parts[min(document.part or 0, len(parts) - 1)]
    with app_database().transaction(tenant_id) as connection:
        pages.save(connection, tenant_id, taken.document_id, taken.unsaved)
        if len(parts) > 1 and document.part_of is None:
            intake.add_parts(connection, tenant_id, document_id, _parts(document.filename, parts))
        items.save_reading(connection, document_id, state="read", text=reading.text, language=reading.language)
        _at_hand.first[document_id] = items.link_duplicate(
            connection, document_id, content_key(reading), picture_numbers(reading), ALIKE
        )
    return reading


def _parts(filename: str, parts: Sequence[Reading]) -> list[intake.Part]:
    """An attachment has a name of its own; pages are called by the file's and theirs."""
    return [
        intake.Part(
            name if not one.pages or one.pages[0].part else f"{filename}, {name}",
            tuple(dict.fromkeys(page.number for page in one.pages)),
        )
        for one, name in zip(parts, names(parts), strict=True)
    ]
