"""Pictures of documents' pages, for people and models that see. Files are untrusted: a child with limits draws them."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

from core.errors import Rejected
from core.files import local_copy
from core.settings import settings

DRAWN = frozenset(
    {"application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/bmp", "image/heic"}
)
SECONDS = 20


def picture(tenant_id: UUID, sha256: str, media_type: str, number: int) -> bytes:
    """Return page `number` (from 1) as PNG; drawn once, then kept. Raises Rejected (code no_picture)."""
    if media_type not in DRAWN:
        raise _none("files of this kind have no pages to draw; their text is shown instead")
    kept = settings().home / "cache" / "pages" / str(tenant_id) / f"{sha256}-{number}.png"
    if kept.exists():
        return kept.read_bytes()
    with local_copy(tenant_id, sha256) as path:
        content = _draw(path, media_type, number)
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{id(content)}.part")
    part.write_bytes(content)
    part.replace(kept)
    return content


def _draw(path: Path, media_type: str, number: int) -> bytes:
    words = [sys.executable, "-m", "core.draw_page", str(path), media_type, str(number)]
    try:
        done = subprocess.run(
            words, capture_output=True, timeout=SECONDS, cwd=Path(__file__).parent.parent, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _none("the page takes too long to draw") from error
    if done.returncode != 0 or not done.stdout.startswith(b"\x89PNG"):
        raise _none("this page cannot be drawn: the file is damaged, or it has no such page")
    return done.stdout


def _none(told: str) -> Rejected:
    return Rejected(told, code="no_picture", hint="Download the file instead: GET /v1/documents/ID/file")
