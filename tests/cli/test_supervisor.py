"""The supervisor, with real Python processes as children."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from cli.child import Child, log_file
from cli.status import Status, read_status
from cli.supervisor import Supervisor
from core.errors import Broken
from tests.cli.waiting import alive, crowding, wait_for

SLEEP = "import time; time.sleep(600)"


def python(name: str, code: str, needs: tuple[str, ...] = (), once: bool = False, stop_seconds: float = 2.0) -> Child:
    argv = [sys.executable, "-I", "-S", "-c", code]
    return Child(name=name, argv=argv, needs=needs, once=once, stop_seconds=stop_seconds)


class Running:
    """A supervisor in this process; the test's steps run beside it, since signals reach the main thread only."""

    def __init__(self, home: Path, *children: Child) -> None:
        self.home = home
        self.said: list[str] = []
        self.supervisor = Supervisor(home, children, self.said.append)

    def run(self, steps: object) -> None:
        assert callable(steps)
        failed: list[BaseException] = []

        def follow() -> None:
            try:
                steps()
            except BaseException as error:
                failed.append(error)
            finally:
                self.supervisor.stop()

        thread = threading.Thread(target=follow)
        thread.start()
        try:
            self.supervisor.run()
        finally:
            thread.join()
        if failed:
            raise failed[0]

    def status(self) -> Status:
        found = read_status(self.home)
        return found or Status(pid=0, url="", since=0, children=[])

    def pid(self, name: str) -> int:
        return next((child.pid or 0 for child in self.status().children if child.name == name), 0)

    def restarts(self, name: str) -> int:
        return next((child.restarts for child in self.status().children if child.name == name), 0)

    def all_ready(self) -> bool:
        children = self.status().children
        return bool(children) and all(child.state in ("ready", "done") for child in children)


def test_children_start_in_order_and_stop_in_reverse(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = (
        "import signal, sys, time\n"
        f"def note(word): open({str(trace)!r}, 'a').write(word + ' ')\n"
        "def end(*_): note('{0}-'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); note('{0}+'); time.sleep(600)"
    )
    running = Running(
        tmp_path,
        Child(
            name="first",
            argv=[sys.executable, "-c", code.format("first")],
            ready=lambda: trace.exists() and "first+" in trace.read_text(),
        ),
        python("between", "pass", needs=("first",), once=True),
        python("second", code.format("second"), needs=("between",)),
    )
    running.run(lambda: wait_for(lambda: trace.exists() and "second+" in trace.read_text()))
    assert trace.read_text().split() == ["first+", "second+", "second-", "first-"]


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    running = Running(tmp_path, python("server", SLEEP), python("other", SLEEP))

    def steps() -> None:
        wait_for(running.all_ready)
        first, other = running.pid("server"), running.pid("other")
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: running.pid("server") not in (0, first) and running.all_ready())
        assert (running.restarts("server"), running.restarts("other")) == (1, 0)
        assert running.pid("other") == other

    running.run(steps)
    assert any("server killed by SIGKILL" in line for line in running.said)
    assert all(child.pid is None for child in running.status().children)


def test_restarts_back_off(tmp_path: Path) -> None:
    times = tmp_path / "times"
    code = f"import time; open({str(times)!r}, 'a').write(f'{{time.time()}} '); time.sleep(0.05); raise SystemExit(3)"
    running = Running(tmp_path, python("failing", code))
    running.run(lambda: wait_for(lambda: times.exists() and len(times.read_text().split()) >= 4))
    first, second, third, fourth = (float(word) for word in times.read_text().split()[:4])
    assert fourth - third > third - second > second - first - 0.1


def test_a_child_that_never_gets_ready_stops_everything_with_its_words(tmp_path: Path) -> None:
    failing = Child(name="broken", argv=[sys.executable, "-c", "raise SystemExit('no such host')"], ready=lambda: False)
    with pytest.raises(Broken, match="no such host"):
        Supervisor(tmp_path, [python("server", SLEEP), failing], print).run()
    status = read_status(tmp_path)
    assert status and all(child.pid is None for child in status.children)


def test_a_failed_step_stops_everything_at_once(tmp_path: Path) -> None:
    step = python("migrate", "raise SystemExit('wrong password')", once=True)
    with pytest.raises(Broken, match=r"migrate exited with 1(.|\n)*wrong password"):
        Supervisor(tmp_path, [step], print).run()


def test_a_step_that_is_done_already_is_skipped(tmp_path: Path) -> None:
    step = replace(python("migrate", "raise SystemExit('must not run')", once=True), skip=lambda: True)
    running = Running(tmp_path, step, python("api", SLEEP, needs=("migrate",)))
    running.run(lambda: wait_for(running.all_ready))


def test_a_configuration_error_is_not_tried_again(tmp_path: Path) -> None:
    child = Child(name="api", argv=[sys.executable, "-c", "raise SystemExit(78)"], fatal_codes=frozenset({78}))
    began = time.monotonic()
    with pytest.raises(Broken, match="api exited with 78"):
        Supervisor(tmp_path, [child], print).run()
    assert time.monotonic() - began < 2 * crowding()


def test_what_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    code = f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(ready)!r}, 'w'); {SLEEP}"
    running = Running(tmp_path, python("stubborn", code, stop_seconds=0.3))
    pids: list[int] = []

    def steps() -> None:
        wait_for(lambda: ready.exists() and running.all_ready())
        pids.append(running.pid("stubborn"))

    running.run(steps)
    assert not alive(pids[0])
    assert any("stubborn did not stop" in line for line in running.said)


def test_what_a_child_started_goes_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "grandchild"
    code = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); open({str(pid_file)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(600)"
    )
    running = Running(tmp_path, python("parent", code))

    def steps() -> None:
        wait_for(lambda: pid_file.exists() and pid_file.read_text())
        wait_for(running.all_ready)
        grandchild = int(pid_file.read_text())
        os.kill(running.pid("parent"), signal.SIGKILL)
        wait_for(lambda: not alive(grandchild), what="the grandchild has ended")

    running.run(steps)


def test_a_log_is_rotated_by_size_while_its_child_writes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.supervisor.LOG_BYTES", 2_000)
    monkeypatch.setattr("cli.supervisor.LOG_CHECK_SECONDS", 0.0)
    code = "import time\nwhile True: print('x' * 99, flush=True); time.sleep(0.001)"
    running = Running(tmp_path, python("talker", code))
    log = log_file(tmp_path, "talker")
    running.run(lambda: wait_for(lambda: log.with_suffix(".log.1").exists() and log.stat().st_size > 200))
    assert log.stat().st_size < 200_000
    assert log.stat().st_mode & 0o077 == 0 and log.with_suffix(".log.1").stat().st_mode & 0o077 == 0


SUPERVISE = """
import signal, sys
from pathlib import Path
from cli.child import Child
from cli.supervisor import Supervisor
forker = "import os, time; os.fork(); time.sleep(600)"
children = [Child(name=n, argv=[sys.executable, "-c", forker]) for n in ("one", "two")]
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it: nohup does
Supervisor(Path(sys.argv[1]), children, print).run(lambda: print("READY", flush=True))
"""


def start_supervisor(home: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", SUPERVISE, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "READY\n"
    return process


def group(home: Path) -> list[int]:
    """Return the processes of all children, those they forked included."""
    status = read_status(home)
    assert status
    leaders = {child.pid for child in status.children}
    return [process.pid for process in psutil.process_iter() if _leader(process.pid) in leaders]


def _leader(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:  # it ended since it was listed: other tests' processes do
        return 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all(tmp_path: Path, number: signal.Signals) -> None:
    supervisor = start_supervisor(tmp_path)
    wait_for(lambda: len(group(tmp_path)) == 4)
    pids = group(tmp_path)
    began = time.monotonic()
    supervisor.send_signal(number)
    supervisor.communicate(timeout=10)
    assert time.monotonic() - began < 2 * crowding()
    assert not any(alive(pid) for pid in pids)
    assert supervisor.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
def test_kill_9_of_the_supervisor_ends_its_children_and_the_next_start_what_they_left(tmp_path: Path) -> None:
    supervisor = start_supervisor(tmp_path)
    wait_for(lambda: len(group(tmp_path)) == 4)
    status = read_status(tmp_path)
    assert status
    leaders = [child.pid or 0 for child in status.children]
    pids = group(tmp_path)
    supervisor.kill()
    supervisor.communicate()
    wait_for(lambda: not any(alive(pid) for pid in leaders), what="the children have ended")
    assert [pid for pid in pids if alive(pid)], "a forked process outlives its parent; the test needs one"
    again = start_supervisor(tmp_path)
    assert not any(alive(pid) for pid in pids)
    again.terminate()
    again.communicate(timeout=10)
