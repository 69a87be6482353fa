"""Receiving a file, as a multipart form or as the bare body, streamed to disk while it is counted and hashed."""

import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.media_types import media_type_of
from core.errors import Rejected
from core.files import Received, receive
from core.settings import settings

CHUNK = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A received file and the other fields of its form. Whoever got it closes it."""

    file: Received
    filename: str
    media_type: str
    fields: dict[str, str]


async def read_upload(request: Request) -> Upload:
    """Read the request's file. Raises Rejected: file_too_large, file_empty, no_file, bad_filename, malformed."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return await _keep(request.stream(), _header_filename(request), {})
    try:
        async with request.form(max_files=1, max_fields=20, max_part_size=10_000) as form:
            return await _from_form(form)
    except HTTPException as error:  # Starlette's form of MultiPartException inside an application
        if error.status_code == 400:
            raise _malformed(str(error.detail)) from error
        raise


async def _from_form(form: FormData) -> Upload:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        hint = 'Send it as the part "file", or as the bare body.'
        raise Rejected("the form has no file", code="no_file", hint=hint, where="/file")
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return await _keep(_chunks(file), clean_filename(file.filename or ""), fields)


async def _keep(chunks: AsyncIterator[bytes], filename: str, fields: dict[str, str]) -> Upload:
    head = b""

    async def looked_at() -> AsyncIterator[bytes]:
        nonlocal head
        async for chunk in chunks:
            if len(head) < 4096:
                head += chunk[: 4096 - len(head)]
            yield chunk

    file = await receive(looked_at(), settings().max_file_bytes)
    if file.size == 0:
        file.close()
        raise Rejected("the file is empty", code="file_empty", hint="Choose a file that has content.")
    return Upload(file=file, filename=filename, media_type=media_type_of(head, filename), fields=fields)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk


def _header_filename(request: Request) -> str:
    """The name of a bare body: X-Filename (percent-encoded UTF-8), or the query's `filename`."""
    return clean_filename(unquote(request.headers.get("x-filename", "") or request.query_params.get("filename", "")))


def clean_filename(name: str) -> str:
    """Return the last part of a path without control characters, 'document' where nothing is left."""
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    kept = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cs", "Cf")).strip()
    if len(kept) > 255:
        raise Rejected("the file's name is longer than 255 characters", code="bad_filename", hint="Shorten it.")
    return kept if kept.strip(".") else "document"


def _malformed(message: str) -> Rejected:
    return Rejected(f"the form could not be read: {message}", code="malformed", hint="Send multipart/form-data.")
