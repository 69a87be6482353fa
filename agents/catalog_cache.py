"""What a catalog has read, kept in one file: the next process needs not parse folders that are as they were.

Reading and checking 1,500 folders takes 0.65 s of a core, and each process of an installation does it at its start.
An entry is taken from the file only where names, times and sizes of the folder's files are the same: what `refresh`
itself goes by. The file is a cache: it may be removed at any time, and one that another release wrote is passed over.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.folder_look import Signature
from agents.manifest import Manifest

FORMAT = 1
_CODE = Path(__file__).parent  # what is checked, and how, is part of what was read


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was read of one folder without a fault."""

    signature: Signature
    manifest: Manifest
    content_hash: str
    knowledge: str


def read(file: Path) -> dict[Path, Found]:
    """Return what is kept, by folder; nothing where there is no such file, or it is not ours."""
    try:
        kept = json.loads(file.read_bytes())
        if kept["code"] != _code():
            return {}
        return {Path(folder): _found(one) for folder, one in kept["folders"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write(file: Path, found: Mapping[Path, Found]) -> None:
    """Keep what was read. A file that cannot be written costs time at the next start and nothing else."""
    folders = {str(folder): _plain(one) for folder, one in found.items()}
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        being_written = file.with_name(f"{file.name}.{os.getpid()}")
        being_written.write_text(json.dumps({"code": _code(), "folders": folders}), encoding="utf-8")
        being_written.replace(file)


def _found(one: Mapping[str, Any]) -> Found:
    return Found(
        signature=tuple((str(name), int(time), int(size)) for name, time, size in one["signature"]),
        manifest=Manifest.model_validate(one["manifest"]),
        content_hash=str(one["content_hash"]),
        knowledge=str(one["knowledge"]),
    )


def _plain(one: Found) -> dict[str, Any]:
    manifest = one.manifest.model_dump(mode="json", exclude_defaults=True)
    return {
        "signature": one.signature,
        "manifest": manifest,
        "content_hash": one.content_hash,
        "knowledge": one.knowledge,
    }


def _code() -> list[Any]:
    return [FORMAT, *_stats(sorted(_CODE.glob("*.py")))]


def _stats(files: Iterable[Path]) -> list[list[Any]]:
    return [[str(file), file.stat().st_mtime_ns, file.stat().st_size] for file in files]
