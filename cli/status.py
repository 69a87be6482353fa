"""What runs in a home: the snapshot that the supervisor writes to status.json and others read."""

import contextlib
import os
import signal
from pathlib import Path

import psutil
from pydantic import BaseModel, ValidationError

CLOCK_SECONDS = 1.0  # start times of one process, read twice, differ by less


class ChildStatus(BaseModel):
    """One child. `since`: when it was started; `started`: the same for `pid` by the kernel. Epoch seconds."""

    name: str
    state: str
    pid: int | None
    started: float | None
    restarts: int
    since: float


class Status(BaseModel):
    """The supervisor and its children; `url` is where the API answers."""

    pid: int
    url: str
    since: float
    children: list[ChildStatus]


def write_status(home: Path, status: Status) -> None:
    """Replace the snapshot of `home` in one step."""
    fresh = home / "status.json.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(status.model_dump_json(indent=1))
    fresh.replace(home / "status.json")


def read_status(home: Path) -> Status | None:
    """Return the last snapshot of `home`, None when there is none; look at the lock to know whether it is current."""
    try:
        return Status.model_validate_json((home / "status.json").read_bytes())
    except (OSError, ValidationError):
        return None


def key_file(home: Path) -> Path:
    """Return where the first tenant's API key is kept, readable by its owner only."""
    return home / "api-key"


def process_started(pid: int) -> float | None:
    """Return when process `pid` started, which tells it from a later one of the same number."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).create_time()
    return None


def end_leftovers(home: Path) -> None:
    """Kill what a killed supervisor of `home` left running; the caller holds the home's lock.

    Each child leads a session of its own, so its children are known by the session even after it has ended. The
    embedded servers are left to their own take-over, which stops them gently.
    """
    status = read_status(home)
    if status is None:
        return
    started = {child.pid: child.started for child in status.children if child.pid and child.started}
    for server in status.children:
        if server.name in ("postgres", "valkey") and server.pid:
            started.pop(server.pid, None)
    if not started:
        return
    left = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            leader = os.getsid(process.pid)
            if leader in started and process.create_time() > (started[leader] or 0) - CLOCK_SECONDS:
                _check_leader(leader, started[leader] or 0)
                left.append(process)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(left, timeout=5)


def _check_leader(pid: int, started: float) -> None:
    """Raise when `pid` is a later process that got the number of ours; one that has ended is fine."""
    now = process_started(pid)
    if now is not None and abs(now - started) > CLOCK_SECONDS:
        raise ProcessLookupError(pid)
