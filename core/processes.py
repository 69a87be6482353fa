"""Processes: one that dies with its parent, so that kill -9 of a supervisor leaves nothing running; and their names."""

import ctypes
import os
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send signal `number` to this process when its parent `parent` (a process id) ends.

    Call it after privileges were dropped: a change of user clears it. Exits at once when the parent has already gone.
    Does nothing elsewhere than on Linux; there an orphan is found by its pid file at the next start.
    """
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number)) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit(1)


def beat_name(kind: str) -> str:
    """Return the name under which a process of this machine or container writes heartbeats: `relay@host`."""
    return f"{kind}@{socket.gethostname()}"
