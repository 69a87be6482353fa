"""Saola as a benchmark needs it: `saola up` in a temporary home, and a client with its key."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil

from core.processes import die_with_parent
from core.settings import environment_for_children

START_SECONDS = 180.0
STOP_SECONDS = 60.0
STILL_SECONDS = 180.0  # without any decision: the line stands still
BATCH = 250
NEARLY = 600  # tickets to go: about a second's


@dataclass(frozen=True)
class Load:
    """Tickets that went through the line: their ids, seconds of wall clock, and milliseconds of CPU a ticket by kind of
    process (`all` is their sum)."""

    ids: list[str]
    seconds: float
    cpu_ms: dict[str, float]


@dataclass(frozen=True)
class Running:
    """A running Saola: where it answers, its processes, and the environment for commands of its home."""

    client: httpx.Client
    process: psutil.Process
    environment: Mapping[str, str]

    def command(self, *words: str) -> None:
        """Run a `saola` command on it. Exits with what it said where it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "cli", *words], env=dict(self.environment), capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"saola {' '.join(words)}:\n{done.stdout}{done.stderr}")

    def decisions(self) -> int:
        """Return how many decisions the gate has made: the end of the line for an item, whatever was decided."""
        answer = self.client.get("/metrics")
        answer.raise_for_status()
        lines = [line for line in answer.text.splitlines() if line.startswith("saola_decisions{")]
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)

    def send(self, tickets: Sequence[Mapping[str, Any]], told: Callable[[int], object] = lambda done: None) -> Load:
        """Post tickets and wait until the gate has decided on each; `told` hears how many are done.

        Exits where the line stands still."""
        before, used = self.decisions(), self.cpu_seconds()
        started = moved = time.monotonic()
        with ThreadPoolExecutor(1) as pool:  # one sender, so that posting and watching do not wait for each other
            sending = pool.submit(self._post, tickets)
            done = 0
            while done < len(tickets):
                time.sleep(1.0 if len(tickets) - done > NEARLY else 0.25)  # looking costs the database something
                now = self.decisions() - before
                moved, done = (time.monotonic(), now) if now > done else (moved, done)
                told(done)
                if time.monotonic() - moved > STILL_SECONDS:
                    sys.exit(f"the line stands still at {done} of {len(tickets)}")
            seconds = time.monotonic() - started
            ids = sending.result()
        spent = self.cpu_seconds()
        each = {name: round(1000 * (spent[name] - used.get(name, 0.0)) / len(tickets), 2) for name in sorted(spent)}
        return Load(ids, seconds, {**each, "all": round(sum(each.values()), 2)})

    def _post(self, tickets: Sequence[Mapping[str, Any]]) -> list[str]:
        ids: list[str] = []
        for start in range(0, len(tickets), BATCH):
            body = {"mode": "all", "tickets": [dict(one) for one in tickets[start : start + BATCH]]}
            answer = self.client.post("/v1/tickets:batch", json=body)
            answer.raise_for_status()
            ids += [str(result["id"]) for result in answer.json()["results"]]
        return ids

    def cpu_seconds(self) -> dict[str, float]:
        """Return the processor seconds that each kind of process, and what it started and has ended, used so far."""
        used: dict[str, float] = {}
        for one in self.process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                spent = one.cpu_times()
                name = kind_of(one.cmdline())
                whole = spent.user + spent.system + spent.children_user + spent.children_system
                used[name] = used.get(name, 0.0) + whole
        return used


@contextlib.contextmanager
def running(home: Path, **settings: str) -> Iterator[Running]:
    """Start `saola up` in `home` with these SAOLA_* settings; stop it at the end. Exits where it does not start."""
    values = {f"SAOLA_{name.upper()}": value for name, value in settings.items()}
    environment = environment_for_children({"SAOLA_HOME": str(home), "SAOLA_PORT": "8750", **values})
    with (home / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up"],
            env=environment,
            stdout=log,
            stderr=log,
            preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGTERM),  # killed, it leaves nothing
        )
    try:
        url, key = _address(home, process)
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            yield Running(client, psutil.Process(process.pid), environment)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _address(home: Path, process: subprocess.Popen[bytes]) -> tuple[str, str]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        words = [line.split() for line in (home / "up.log").read_text("utf-8", "replace").splitlines()]
        url = next((line[-1] for line in words if line[:3] == ["Saola", "is", "ready:"]), "")
        key = next((line[2] for line in words if line[:2] == ["API", "key:"]), "")
        if url and key:
            return url, key
        time.sleep(0.2)
    sys.exit(f"Saola did not start:\n{(home / 'up.log').read_text('utf-8', 'replace')[-3000:]}")


def kind_of(words: list[str]) -> str:
    """Return which kind of Saola's processes a command line belongs to; `other` for none."""
    text = " ".join(words)
    for name in (
        "postgres",
        "valkey",
        "cli.serve",
        "workers.relay",
        "workers.schedule",
        "tickets@",
        "documents@",
        "-n llm",
        "parse_server",
    ):
        if name in text:
            return name.rstrip("@").removeprefix("-n ")
    return "other"
