"""A child process: how it is started, known to be ready, and stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import Broken

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, kw_only=True)
class Child:
    """One program the supervisor keeps running.

    It starts when each child that `needs` names is ready. `before` runs before each start (a stale pid file, an
    orphan), `ready` says whether it does its work yet, `after` runs once it is ready. `user` is (uid, gid) to run as,
    `pass_fds` are open files it inherits. `once` marks a step that must end with code 0, or is
    done already when `skip` says so. A child that exits with one
    of `fatal_codes` stops everything: trying again cannot help.
    """

    name: str
    argv: Sequence[str]
    needs: tuple[str, ...] = ()
    env: Mapping[str, str] | None = None
    before: Callable[[], None] | None = None
    ready: Callable[[], bool] | None = None
    after: Callable[[], None] | None = None
    ready_seconds: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 5.0
    death_signal: signal.Signals = signal.SIGTERM
    user: tuple[int, int] | None = None
    pass_fds: tuple[int, ...] = ()
    once: bool = False
    skip: Callable[[], bool] | None = None
    fatal_codes: frozenset[int] = frozenset()


def spawn(child: Child, log: Path) -> "subprocess.Popen[bytes]":
    """Start `child` in a session of its own, its output appended to `log`.

    Call from a thread that lives as long as the child may: the kernel counts that thread as the parent.
    """
    uid, gid = child.user or (-1, -1)
    words = [str(os.getpid()), str(int(child.death_signal)), str(uid), str(gid), *child.argv]
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), *words],
            env=None if child.env is None else dict(child.env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=child.pass_fds,
        )


def signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """Send `number` to the process group of `process`, also when its leader has ended already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def stop(process: "subprocess.Popen[bytes]", child: Child) -> None:
    """Stop `process` with the child's own signal, then by kill; whatever it started in its group goes with it."""
    if process.poll() is None:
        process.send_signal(child.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(child.stop_seconds)
    signal_group(process, signal.SIGKILL)
    process.wait()


def start_and_wait(child: Child, log: Path) -> "subprocess.Popen[bytes]":
    """Start one child outside a supervisor and return it ready; raises Broken with the end of its log otherwise."""
    if child.before:
        child.before()
    process = spawn(child, log)
    try:
        end = time.monotonic() + child.ready_seconds
        while child.ready and not child.ready():
            if process.poll() is not None or time.monotonic() > end:
                why = "did not get ready" if process.returncode is None else f"exited with {process.returncode}"
                raise Broken(f"{child.name} {why}; it says in {log}:\n{tail(log)}")
            time.sleep(0.005)
        if child.after:
            child.after()
    except BaseException:
        stop(process, child)
        raise
    return process


def log_file(home: Path, name: str) -> Path:
    """Return the log of `name`, in a folder of `home` that only its owner may enter."""
    folder = home / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{name}.log"


def read_text(path: Path) -> str:
    """Return what a small file says, empty when there is none."""
    with contextlib.suppress(OSError):
        return path.read_text().strip()
    return ""


def tail(log: Path, lines: int = 8) -> str:
    """Return the last lines of `log`."""
    with contextlib.suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""
