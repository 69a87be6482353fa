"""The file store: content-addressed per tenant, through fsspec (a local folder, or S3 and others by URL)."""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import UUID

import fsspec

from core.errors import Rejected
from core.settings import settings


class Received:
    """An upload on its way in: bytes go to a temporary file while they are counted and hashed."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._hash = hashlib.sha256()
        self._file: IO[bytes] = tempfile.NamedTemporaryFile(prefix="saola-upload-")  # noqa: SIM115 - closed by close()

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raises Rejected with code file_too_large above the limit."""
        self.size += len(chunk)
        if self.size > self.limit:
            raise Rejected(
                f"the file is larger than {self.limit} bytes",
                code="file_too_large",
                hint="Send a smaller file, or raise SAOLA_MAX_FILE_BYTES.",
            )
        self._hash.update(chunk)
        self._file.write(chunk)

    def close(self) -> None:
        """Throw the temporary file away."""
        self._file.close()

    @property
    def sha256(self) -> str:
        """The digest of what was written so far."""
        return self._hash.hexdigest()

    def keep(self, tenant_id: UUID) -> str:
        """Move the bytes to the store under their digest and return it; equal bytes are kept once."""
        self._file.flush()
        store_file(tenant_id, self.sha256, Path(self._file.name))
        return self.sha256


async def receive(chunks: AsyncIterator[bytes], limit: int) -> Received:
    """Read an upload as it streams in. Raises Rejected when it is larger than `limit` bytes."""
    received = Received(limit)
    try:
        async for chunk in chunks:
            received.write(chunk)
    except BaseException:
        received.close()
        raise
    return received


def _root() -> str:
    return settings().files_url or str((settings().home / "files").absolute())


def _path(tenant_id: UUID, sha256: str) -> str:
    return f"{_root()}/{tenant_id}/{sha256[:2]}/{sha256}"


def store_file(tenant_id: UUID, sha256: str, source: Path) -> None:
    """Copy a local file into the store; a half-written copy never becomes visible."""
    filesystem, path = fsspec.core.url_to_fs(_path(tenant_id, sha256))
    if filesystem.exists(path):
        return
    filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
    part = f"{path}.{source.name}.part"
    try:
        filesystem.put_file(str(source), part)
        filesystem.mv(part, path)
    except BaseException:  # a full disk must not fill up further with halves
        with suppress(OSError):
            filesystem.rm_file(part)
        raise


@contextmanager
def local_copy(tenant_id: UUID, sha256: str, suffix: str = "") -> Iterator[Path]:
    """Yield a local path of a stored file: the file itself where the store is local, else a temporary copy."""
    filesystem, path = fsspec.core.url_to_fs(_path(tenant_id, sha256))
    if filesystem.protocol in ("file", ("file", "local")):
        yield Path(path)
        return
    with tempfile.NamedTemporaryFile(prefix="saola-", suffix=suffix) as copy:
        filesystem.get_file(path, copy.name)
        yield Path(copy.name)
