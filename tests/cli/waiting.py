"""Small helpers for tests of real processes."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil


def wait_for(true: Callable[[], object], seconds: float = 15.0, what: str = "") -> None:
    """Wait until `true()` is true; fail with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s: {what or true}"
        time.sleep(0.02)


def crowding() -> float:
    """Return how many times over the processors are taken, at least 1: what promises on an idle machine grow by."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def alive(pid: int) -> bool:
    """Say whether `pid` runs; one that ended and is not yet collected does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def open_to_others(folder: Path) -> list[Path]:
    """Return what in `folder`, itself included, group or others could read or enter; a 0700 folder hides its inside."""
    if folder.lstat().st_mode & 0o077 == 0 and folder.is_dir():
        return []
    return [path for path in (folder, *folder.rglob("*")) if path.lstat().st_mode & 0o007]
