"""Keeps child processes running: starts them in order, restarts what dies, stops all, leaves nothing behind."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from cli.child import Child, log_file, signal_group, spawn, tail
from cli.status import ChildStatus, Status, end_leftovers, process_started, write_status
from core.errors import Broken, SaolaError

BACK_OFF = (0.1, 5.0)  # seconds before the first restart, and at most; doubled each time
GOOD_SECONDS = 30.0  # a child that ran this long starts with the shortest back-off again
HOPELESS = 5  # failures in a row of a child that was never ready: everything stops
LOG_BYTES = 10_000_000
LOG_CHECK_SECONDS = 30.0


@dataclass
class Kept:
    """A child and what became of it."""

    child: Child
    depth: int
    process: "subprocess.Popen[bytes] | None" = None
    state: str = "waiting"  # waiting | starting | ready | done | stopped
    restarts: int = 0
    failures: int = 0
    was_ready: bool = False
    since: float = field(default_factory=time.time)
    due: float = 0.0  # monotonic: not started before
    ask: float = 0.0  # monotonic: not asked before whether it is ready


class Supervisor:
    """Runs `children` until a signal or `stop()`; `say` gets one line for each thing a person should know."""

    def __init__(self, home: Path, children: Sequence[Child], say: Callable[[str], None], *, url: str = "") -> None:
        self.home = home
        self.url = url
        self.say = say
        self.kept = [Kept(child, depth) for child, depth in _with_depth(children)]
        self.stopping = 0
        self.began = time.time()
        self.logs_checked = 0.0
        self.announced = False

    def run(self, on_ready: Callable[[], None] | None = None) -> None:
        """Block until stopped by SIGINT, SIGTERM or SIGHUP; every child has ended when this returns or raises.

        Call it in the main thread. `on_ready` is called once, when all are ready. Raises Broken when something cannot
        start at all; the message holds the end of its log.
        """
        end_leftovers(self.home)
        with self._signals():
            try:
                while not self.stopping:
                    changed = [self._step(kept) for kept in self.kept]
                    if any(changed):
                        self._write_status()
                    if not self.announced and all(kept.state in ("ready", "done") for kept in self.kept):
                        self.announced = True
                        if on_ready:
                            on_ready()
                    self._rotate_logs()
                    time.sleep(0.05 if self.announced else 0.01)
            finally:
                self._stop_all()

    def stop(self) -> None:
        """Ask `run` to stop everything; a second call kills what is still running."""
        self.stopping += 1

    def _step(self, kept: Kept) -> bool:
        """Take one child one step further; says whether its state changed."""
        if kept.process is None:
            if kept.state != "done" and time.monotonic() >= kept.due and self._needs_met(kept):
                self._start(kept)
                return True
            return False
        if kept.process.poll() is not None:
            self._ended(kept, kept.process.returncode)
            return True
        if kept.state == "starting" and not kept.child.once and time.monotonic() >= kept.ask:
            # Asking costs the asked as well: ever more seldom, a tenth of the time it has taken so far.
            kept.ask = time.monotonic() + 0.1 * (time.time() - kept.since)
            return self._try_ready(kept)
        return False

    def _needs_met(self, kept: Kept) -> bool:
        # Once is enough: what was started stays up through a restart of what it needs and connects again by itself.
        return all(other.was_ready for other in self.kept if other.child.name in kept.child.needs)

    def _start(self, kept: Kept) -> None:
        kept.since = time.time()
        try:
            if kept.child.skip and kept.child.skip():
                kept.state, kept.was_ready = "done", True
                return
            if kept.child.before:
                kept.child.before()
            kept.process = spawn(kept.child, log_file(self.home, kept.child.name))
        except (SaolaError, OSError, subprocess.SubprocessError) as error:
            self._failed(kept, str(error))
            return
        kept.state = "starting"

    def _try_ready(self, kept: Kept) -> bool:
        try:
            if kept.child.ready is None or kept.child.ready():
                if kept.child.after:
                    kept.child.after()
                kept.state, kept.was_ready = "ready", True
                return True
            if time.time() - kept.since < kept.child.ready_seconds:
                return False
            why = f"was not ready after {kept.child.ready_seconds:.0f} s"
        except Exception as error:  # whatever a hook raises: the child starts anew, and the reason is shown
            why = f"{type(error).__name__}: {error}"
        assert kept.process is not None
        signal_group(kept.process, signal.SIGKILL)
        kept.process.wait()
        kept.process = None
        self._failed(kept, why)
        return True

    def _ended(self, kept: Kept, code: int) -> None:
        assert kept.process is not None
        signal_group(kept.process, signal.SIGKILL)  # children of its own that it left behind
        kept.process = None
        if kept.child.once and code == 0:
            kept.state, kept.was_ready = "done", True
            return
        why = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
        if kept.child.once or code in kept.child.fatal_codes:
            raise Broken(self._report(kept, why))
        self._failed(kept, why)

    def _failed(self, kept: Kept, why: str) -> None:
        if time.time() - kept.since > GOOD_SECONDS:
            kept.failures = 0
        kept.failures += 1
        if kept.child.once or (not kept.was_ready and kept.failures >= HOPELESS):
            raise Broken(self._report(kept, why))
        wait = min(BACK_OFF[0] * 2 ** (kept.failures - 1), BACK_OFF[1])
        kept.state, kept.due = "waiting", time.monotonic() + wait
        kept.restarts += 1
        self.say(f"{kept.child.name} {why}; starting it again in {wait:.1f} s")

    def _report(self, kept: Kept, why: str) -> str:
        log = log_file(self.home, kept.child.name)
        return f"{kept.child.name} {why}. The end of {log}:\n{tail(log)}"

    def _stop_all(self) -> None:
        """Stop in reverse order, those of equal depth together; kill what does not stop in its time."""
        for depth in sorted({kept.depth for kept in self.kept}, reverse=True):
            wave = [kept for kept in self.kept if kept.depth == depth and kept.process]
            began = time.monotonic()
            for kept in wave:
                assert kept.process is not None
                if kept.process.poll() is None:
                    kept.process.send_signal(kept.child.stop_signal)
            for kept in wave:
                self._await_end(kept, began)
                kept.process, kept.state, kept.since = None, "stopped", time.time()
        self._write_status()

    def _await_end(self, kept: Kept, began: float) -> None:
        assert kept.process is not None
        while kept.process.poll() is None and self.stopping < 2:
            if time.monotonic() - began > kept.child.stop_seconds:
                self.say(f"{kept.child.name} did not stop within {kept.child.stop_seconds:.0f} s and was killed")
                break
            time.sleep(0.01)
        signal_group(kept.process, signal.SIGKILL)
        kept.process.wait()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def handle(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        # What nohup or a shell's background job ignores stays ignored.
        wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        numbers = [number for number in wanted if signal.getsignal(number) != signal.SIG_IGN]
        before = [signal.signal(number, handle) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def _write_status(self) -> None:
        children = [
            ChildStatus(
                name=kept.child.name,
                state=kept.state,
                pid=kept.process.pid if kept.process else None,
                started=process_started(kept.process.pid) if kept.process else None,
                restarts=kept.restarts,
                since=kept.since,
            )
            for kept in self.kept
        ]
        write_status(self.home, Status(pid=os.getpid(), url=self.url, since=self.began, children=children))

    def _rotate_logs(self) -> None:
        """Keep one older part of each log; children go on appending to the same, emptied file."""
        if time.monotonic() - self.logs_checked < LOG_CHECK_SECONDS:
            return
        self.logs_checked = time.monotonic()
        for kept in self.kept:
            log = log_file(self.home, kept.child.name)
            if log.exists() and log.stat().st_size > LOG_BYTES:
                older = log.with_suffix(".log.1")
                older.touch(mode=0o600)
                older.write_bytes(log.read_bytes())
                with log.open("r+b") as file:
                    file.truncate(0)


def _with_depth(children: Sequence[Child]) -> list[tuple[Child, int]]:
    """Pair each child with the length of its longest chain of needs; a child names only earlier ones."""
    depths: dict[str, int] = {}
    for child in children:
        unknown = [name for name in child.needs if name not in depths]
        if unknown:
            raise Broken(f"{child.name} needs {unknown[0]!r}, which does not come before it")
        depths[child.name] = 1 + max((depths[name] for name in child.needs), default=0)
    return [(child, depths[child.name]) for child in children]
