"""A process that dies with its parent."""

import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")

CHILD = (
    "import os, time; from core.processes import die_with_parent; die_with_parent({parent}); "
    "print('lives', flush=True); time.sleep(60)"
)


def test_it_lives_as_long_as_its_parent() -> None:
    parent = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {CHILD.format(parent='os.getppid()')!r}])\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "lives\n"
    process.kill()
    began = time.monotonic()
    assert process.stdout.read() == "", "the pipe ends when the last of the two has ended"
    assert time.monotonic() - began < 10
    process.communicate()


def test_it_ends_at_once_when_its_parent_had_gone_before() -> None:
    ended = subprocess.run([sys.executable, "-c", CHILD.format(parent=1)], capture_output=True, text=True, timeout=20)
    assert (ended.returncode, ended.stdout) == (1, "")
