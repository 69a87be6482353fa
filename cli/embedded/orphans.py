"""Finds and stops servers that a killed supervisor left behind, without ever touching a stranger's process."""

import contextlib
import signal
from pathlib import Path

import psutil


def running(program: str, folder: Path, pid: int | None = None) -> list[psutil.Process]:
    """Return the processes that run `program` with `folder` as their working folder; only `pid` is looked at if given.

    Both servers change into their data folder, so the pair tells ours from any other and from a reused pid.
    """
    found = []
    for process in psutil.process_iter() if pid is None else _process(pid):
        with contextlib.suppress(psutil.Error, OSError):
            if process.name().startswith(program) and Path(process.cwd()) == folder:
                found.append(process)
    return found


def _process(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error, ValueError):
        return [psutil.Process(pid)]
    return []


def stop_orphan(pid_file: Path, program: str, folder: Path, number: signal.Signals, seconds: float = 10.0) -> None:
    """Stop the server that `pid_file` names if it is `program` in `folder`, and what is left of it; remove the file.

    The caller holds the lock of the home, so whatever runs there has lost its supervisor.
    """
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        pid = 0
    if pid:
        _end(running(program, folder, pid), number, seconds)
        _end(running(program, folder), signal.SIGQUIT, seconds / 2)  # backends whose postmaster was killed
        pid_file.unlink(missing_ok=True)


def _end(processes: list[psutil.Process], number: signal.Signals, seconds: float) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=seconds)
