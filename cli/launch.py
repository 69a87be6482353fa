"""Becomes another program: drops privileges, ties itself to its parent, then executes the arguments that follow.

    python -I -S launch.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM [ARGUMENT ...]

UID -1 keeps the user. Done in a fresh process because code between fork and exec is unsafe in a process with threads.
"""

import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120 - pathlib costs 8 ms of each start

from core.processes import die_with_parent


def main() -> None:
    parent, death_signal, uid, gid = (int(word) for word in sys.argv[1:5])
    program = sys.argv[5:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    die_with_parent(parent, death_signal)
    # A shell's background job ignores SIGINT and hands that on; the servers' fast stop needs it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o077)
    os.execvp(program[0], program)  # noqa: S606 - a fixed argument list, never a shell


if __name__ == "__main__":
    main()
