"""The files of a knowledge folder, by the hashes of their bytes. Light: the catalog asks it in every process."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = "knowledge"  # its name inside an agent's folder
MARKDOWN = frozenset({".md", ".markdown", ".txt"})
HTML = frozenset({".html", ".htm"})
DOCUMENTS = frozenset({".pdf", ".docx"})
SUFFIXES = MARKDOWN | HTML | DOCUMENTS
MAX_BYTES = 50_000_000


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of the folder: its path there, with '/', and the SHA-256 of its bytes."""

    name: str
    sha256: str


def files(folder: Path) -> list[File]:
    """Return the folder's readable files, hidden ones left out, sorted; none where there is no such folder."""
    return [File(name=name, sha256=_digest(path)) for name, path in sorted(_paths(folder))]


def fingerprint(found: Iterable[File]) -> str:
    """Return 16 hex digits that change when a file comes, goes or changes; '' where there is none."""
    lines = [f"{one.name}:{one.sha256}" for one in found]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] if lines else ""


def _paths(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*") if folder.is_dir() else ():
        name = path.relative_to(folder)
        hidden = any(part.startswith((".", "_")) for part in name.parts)
        if not hidden and path.suffix.lower() in SUFFIXES and path.is_file():
            yield name.as_posix(), path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
