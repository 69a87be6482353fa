"""Documents over HTTP: streaming upload, list, what was read, page pictures, the file itself."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import Field, TypeAdapter
from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

from agents import yaml_errors
from agents.fields_file import FieldsFile
from api import results, views
from api.agents_seen import catalog
from api.exports import MEDIA, write
from api.figures import period
from api.idempotency import IdempotencyKey, digest_of, once
from api.media_types import SHOWN
from api.problems import invalid
from api.routes.tickets import checked
from api.security import AnyCaller, Caller, Reader
from api.shapes import Line, Past, Shape, Word
from api.uploads import Upload, read_upload
from core import page_images
from core.db import app_database
from core.errors import Rejected
from core.files import local_copy
from core.store import events, history, inbox, intake
from core.store.inbox import Filters

router = APIRouter(prefix="/v1/documents", tags=["documents"])


class DocumentFields(Shape):
    """What may come with a file, as form fields or query parameters."""

    ticket_id: UUID | None = None
    customer: Annotated[Line, Field(max_length=320)] = ""
    received_at: Past | None = None
    origin: Literal["live", "import", "demo"] = "live"
    filename: str = ""


_fields = TypeAdapter(DocumentFields)
_FILE = {"type": "string", "format": "binary"}
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": _FILE,
                        "ticket_id": {"type": "string", "format": "uuid"},
                        "customer": {"type": "string"},
                        "received_at": {"type": "string", "format": "date-time"},
                        "origin": {"enum": ["live", "import", "demo"]},
                    },
                }
            },
            "application/octet-stream": {"schema": _FILE},
        },
    }
}


@router.post(
    "",
    operation_id="create_document",
    status_code=202,
    responses={202: {"model": views.DocumentAccepted}},
    openapi_extra=_UPLOAD,
    summary="Upload a document",
    description="A form with the part `file`, or the bare bytes with the header X-Filename (percent-encoded UTF-8). "
    "Answers 202 only after the file is stored and its work is committed. Takes the header Idempotency-Key.",
)
async def create_document(request: Request, caller: AnyCaller, key: IdempotencyKey) -> Response:
    upload = await read_upload(request)
    try:
        return await run_in_threadpool(store_upload, request, caller, upload, key)
    finally:
        upload.file.close()


def store_upload(request: Request, caller: Caller, upload: Upload, key: str | None) -> Response:
    """Store the file and its document and answer 202, or the first answer of its Idempotency-Key."""
    fields = invalid(_fields, {**request.query_params, **upload.fields})
    if (fields.received_at or fields.origin != "live") and not caller.may("ops"):
        told = "received_at and origin are for imports: they need the scope ops"
        raise Rejected(told, code="scope_missing", hint="Leave both out, or use a key with the scope ops.")
    told = json.dumps([upload.file.sha256, upload.filename, fields.model_dump(mode="json")])
    sha256 = upload.file.keep(caller.tenant_id)
    now = datetime.now(UTC)
    received = fields.received_at or now

    def work(connection: Connection) -> Response:
        if fields.ticket_id and history.ticket(connection, fields.ticket_id) is None:
            raise views.no_ticket()
        new = intake.NewDocument(
            filename=upload.filename,
            media_type=upload.media_type,
            size=upload.file.size,
            sha256=sha256,
            ticket_id=fields.ticket_id,
            customer_address=fields.customer.strip(),
            origin=fields.origin,
            received_at=received,
            shift=max(now - received, timedelta(0)),
        )
        document_id = intake.add_document(connection, caller.tenant_id, new)
        url = f"/v1/documents/{document_id}"
        content = {"id": str(document_id), "state": "accepted", "url": url, "sha256": sha256, "size": new.size}
        return Response(json.dumps(content).encode(), 202, {"Location": url}, "application/json")

    return once(caller.tenant_id, key, digest_of(request, told.encode()), work)


@router.get("", operation_id="list_documents", summary="List documents, newest first")
def list_documents(
    caller: Reader,
    state: Literal["received", "read", "refused"] | None = None,
    attention: Literal["any", "review", "handoff", "failed"] | None = None,
    type: Word | None = None,
    outcome: Word | None = None,
    since: Past | None = None,
    until: Past | None = None,
    q: Annotated[str | None, Query(max_length=200, description="A part of the file's name.")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> views.DocumentList:
    filters = Filters(state=state, attention=attention, outcome=outcome, since=since, until=until, q=checked(q, "q"))
    with app_database().transaction(caller.tenant_id) as connection:
        page = inbox.documents(connection, filters, type=type, cursor=cursor, limit=limit)
    return views.DocumentList(documents=[views.DocumentSummary(**row) for row in page.rows], next=page.next)


@router.get(
    "/export", operation_id="export_documents", summary="Results of documents as a file", response_class=FileResponse
)
def export(
    caller: Reader,
    processor: Annotated[Word, Query(description="Whose fields.yaml says which columns, in which order and shape.")],
    format: Literal["csv", "jsonl"] = "csv",
    since: Past | None = None,
    until: Past | None = None,
    outcome: Literal["automated", "approved", "edited"] | None = None,
) -> FileResponse:
    """The values that went on, of documents that arrived in the period (default: the last 30 days). A dot in a field's
    `target` makes objects within objects in JSON lines."""
    start, end = period(since, until)
    file = fields_of(processor)
    with tempfile.NamedTemporaryFile(suffix=f".{format}", delete=False) as made:
        path = FilePath(made.name)
    try:
        with app_database().transaction(caller.tenant_id) as connection:
            found = results.rows(history.results(connection, processor, start, end, outcome), file)
            if format == "csv":
                write(found, results.columns(file), format, path)
            else:
                with path.open("wb") as out:
                    out.writelines(orjson.dumps(results.nested(row)) + b"\n" for row in found)
    except BaseException:
        path.unlink()
        raise
    name = f"{processor}-{start:%Y-%m-%d}-{end:%Y-%m-%d}.{format}"
    return FileResponse(path, filename=name, media_type=MEDIA[format], background=BackgroundTask(path.unlink))


def fields_of(processor: str) -> FieldsFile:
    """Return a processor's fields file. Raises Rejected (processor_unknown)."""
    entry = catalog().entries.get(processor)
    if entry is None or entry.manifest.kind != "processor":
        told = f"there is no document processor called {processor!r}"
        raise Rejected(told, code="processor_unknown", hint="GET /v1/agents names them.")
    return yaml_errors.parse(FieldsFile, entry.files["fields.yaml"])


@router.get("/{document_id}", operation_id="get_document", summary="A document with everything that was read")
def get_document(document_id: UUID, request: Request, caller: Reader) -> views.DocumentHistory:
    with app_database().transaction(caller.tenant_id) as connection:
        row = history.document(connection, document_id)
        if row is None:
            raise views.no_document()
        runs = history.runs_of_document(connection, document_id)
        deliveries = history.deliveries_of_document(connection, document_id)
        happened = events.of_document(connection, document_id)
        pages = history.page_numbers(connection, document_id)
        same_file = history.documents_of_file(connection, row)
    return views.document_history(row, runs, deliveries, happened, pages, same_file, views.language_of(request))


@router.get(
    "/{document_id}/file",
    operation_id="get_document_file",
    response_class=Response,
    responses={200: {"content": {kind: {"schema": _FILE} for kind in (*sorted(SHOWN), "application/octet-stream")}}},
    summary="The file as it was received",
)
def get_file(document_id: UUID, caller: Reader) -> Response:
    row = _find(caller, document_id)
    shown = row["media_type"] in SHOWN
    how = "inline" if shown else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(row['filename'])}",
        "Content-Length": str(row["size"]),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    media_type = row["media_type"] if shown else "application/octet-stream"
    return StreamingResponse(_chunks(caller, row["sha256"]), headers=headers, media_type=media_type)


def _chunks(caller: Caller, sha256: str) -> Iterator[bytes]:
    """Open the file now, so that a lost one is a problem and not half an answer; read it as it is sent."""
    held = ExitStack()
    try:
        path = held.enter_context(local_copy(caller.tenant_id, sha256))
        file = held.enter_context(path.open("rb"))
    except FileNotFoundError as error:
        told = "the file is not in the store any more"
        raise Rejected(told, code="not_found", hint="Ask the customer to send it again.") from error

    def chunks() -> Iterator[bytes]:
        with held:
            while chunk := file.read(256 * 1024):
                yield chunk

    return chunks()


@router.get(
    "/{document_id}/pages/{number}.png",
    operation_id="get_document_page",
    response_class=Response,
    responses={200: {"content": {"image/png": {"schema": _FILE}}}},
    summary="One page as a picture",
)
def get_page(document_id: UUID, number: Annotated[int, Path(ge=1, le=2000)], caller: Reader) -> Response:
    row = _find(caller, document_id)
    content = page_images.picture(caller.tenant_id, row["sha256"], row["media_type"], number)
    return Response(content, 200, {"Cache-Control": "private, max-age=86400"}, "image/png")


def _find(caller: Caller, document_id: UUID) -> views.Row:
    with app_database().transaction(caller.tenant_id) as connection:
        row = history.document(connection, document_id)
    if row is None:
        raise views.no_document()
    return row
