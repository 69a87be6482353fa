"""The temporary folder of a parse server: locked while anybody of it lives, and swept by a later start where a kill -9
left it behind."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "saola-parse-"
YOUNG_SECONDS = 60.0  # between making and locking a folder others must not take it for abandoned


@contextmanager
def own() -> Iterator[Path]:
    """Make a folder that is locked for as long as this process or a child of it lives, and remove it at the end."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep(young: float = YOUNG_SECONDS) -> None:
    """Remove the folders of this user's servers that are gone. The kernel frees a lock with its last holder."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # gone meanwhile, another user's, or no folder
            continue
        try:
            seen = os.fstat(lock)
            if seen.st_uid != os.geteuid() or time.time() - seen.st_mtime < young:
                continue
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:  # somebody is at work in it
            continue
        finally:
            os.close(lock)
