"""A small append-only file for write tools that have no system of record of their own (demos, tests): each key once.

Real shops, banks and ticket systems have an API with idempotency keys; use an `openapi:` or `mcp:` tool for those.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any


def entries(path: Path) -> list[dict[str, Any]]:
    """Return all entries of the ledger, oldest first; none if there is no file yet."""
    try:
        with path.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def write_once(path: Path, key: str, entry: dict[str, Any]) -> bool:
    """Append `entry` under `key` and sync it to disk; return False, and write nothing, if the key is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        rows = file.readlines()
        if any(json.loads(row)["key"] == key for row in rows if row.endswith("\n")):
            return False
        if rows and not rows[-1].endswith("\n"):  # a crash cut the last line: it never happened
            file.truncate(sum(len(row.encode()) for row in rows[:-1]))
        file.write(json.dumps({"key": key, **entry}, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True
