"""Per-sender memory in the line: settled documents become notes, and notes fill in what people have before them.

Nothing here touches a run or its score: what goes straight through is decided by the method that earned its
certificate.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from agents.documents.extract import memory
from agents.documents.extract.text import squeeze
from agents.documents.reading import finish
from agents.documents.values import Reading, assemble, part_from_json
from agents.engines.extract import fields_file
from agents.fields_file import FieldsFile
from core.contracts import FieldValue
from core.db import app_database
from core.store import pages, senders
from core.store.outbox import Job
from core.store.records import Record
from workers import reading
from workers.jobs import finish as finish_jobs
from workers.resources import Workshop, workshop

KEPT = 10  # notes of one sender that are looked at
SHARED = 3  # an identity that so many senders' documents show is the addressee's, not a sender's


def learn(jobs: Sequence[Job]) -> None:
    """Make a note of each settled document, and fill in the held documents of the same sender at once."""
    shop = workshop()
    for job in jobs:
        with app_database().transaction(job.tenant_id) as connection:
            finish_jobs(connection, [job])
            row = senders.settled(connection, job.subject_id)
            file = _file(shop, row["agent"]) if row is not None else None
            if row is None or file is None:
                continue
            fields = [FieldValue(**field) for field in row["fields"]]
            read = _stored(connection, row["document_id"])
            if not read.pages:
                continue
            names = memory.sender_names(fields, file)
            senders.save_note(
                connection,
                job.tenant_id,
                job.subject_id,
                agent=row["agent"],
                sender=names[0] if names else "",
                identities=[*memory.identities(read), *(f"name:{name}" for name in names)],
                note=memory.make_note(read, fields),
            )
            for held in senders.waiting(connection, row["agent"]):
                other = _stored(connection, held["document_id"])
                _suggest(connection, held["id"], row["agent"], file, other, [FieldValue(**f) for f in held["fields"]])


def fill_in(shop: Workshop, connection: Connection, written: Sequence[Record]) -> None:
    """Propose values for documents that were just held, where their senders are known."""
    for one in written:
        if one.item.kind != "document" or one.decision.action == "automate" or one.proposal.kind != "fields":
            continue
        file = _file(shop, one.proposal.agent)
        if file is None or not senders.any_notes(connection, one.proposal.agent):
            continue
        document_id = one.item.documents[0].id
        read = reading.last(document_id) or _stored(connection, document_id)
        _suggest(connection, one.decision_id, one.proposal.agent, file, read, one.proposal.fields)


def _suggest(
    connection: Connection,
    decision_id: UUID,
    agent: str,
    file: FieldsFile,
    read: Reading,
    fields: Sequence[FieldValue],
) -> None:
    proposed = memory.suggest(read, fields, _notes(connection, agent, read), file)
    if proposed:
        senders.suggest(connection, decision_id, [field.model_dump(mode="json") for field in proposed])


def _notes(connection: Connection, agent: str, read: Reading) -> list[memory.Note]:
    """The newest notes of the sender that shares most with the document; what the addressee's own numbers share does
    not count."""
    shown = set(memory.identities(read))
    found = sorted(senders.notes(connection, agent, [*shown, *_names(read)]), key=_newest)
    seen: dict[str, set[str]] = defaultdict(set)
    for row in found:
        for identity in row["identities"]:
            seen[identity].add(row["sender"])
    own = {identity for identity, names in seen.items() if len(names) >= SHARED}
    text = squeeze(read.text[:20_000])
    points: Counter[str] = Counter()
    for row in found:
        shared = len((shown & set(row["identities"])) - own)
        points[row["sender"]] = max(points[row["sender"]], shared + 2 * (bool(row["sender"]) and row["sender"] in text))
    best = max(points, key=lambda sender: points[sender], default=None)
    if best is None or points[best] == 0:
        return []
    return [row["note"] for row in found if row["sender"] == best][:KEPT]


def _newest(row: RowMapping) -> float:
    return -float(row["created_at"].timestamp())


def _names(read: Reading) -> list[str]:
    """Every line of the first page as a name that a sender may have."""
    lines = (line.text for page in read.pages[:1] for line in page.lines)
    return [f"name:{name}" for line in lines if len(name := squeeze(line)) >= memory.SHORTEST]


def _stored(connection: Connection, document_id: UUID) -> Reading:
    return finish(assemble((part_from_json(one) for one in pages.load(connection, document_id)), ""))


def _file(shop: Workshop, agent: str) -> FieldsFile | None:
    """The fields of a processor whose folder is here; None for one that is gone."""
    if agent not in shop.catalog.entries or shop.catalog.entries[agent].manifest.engine != "extract":
        return None
    return fields_file(shop.agent(agent, "none"))
