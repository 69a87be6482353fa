"""A whole installation as a person starts it: `saola up` in a home of its own, as a real process."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

from cli.embedded.place import find_place
from cli.status import Status, key_file, read_status
from tests.cli.waiting import wait_for


class Installation:
    """`saola up` and what it started; leaving the context stops all of it and removes its data."""

    def __init__(self, home: Path, **variables: str) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SAOLA_")}
        own = {"SAOLA_HOME": str(home), "SAOLA_PORT": str(port), "SAOLA_WORKERS": "1"}
        self.environment = {**inherited, **own, **variables}
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """Start `saola up`; returns at once."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        with self.home.with_name("up.log").open("ab") as out:
            command = [sys.executable, "-m", "cli", "up"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)

    def said(self) -> str:
        """Return what all `saola up` of this home have printed."""
        return self.home.with_name("up.log").read_text()

    def saola(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run another command on the same home."""
        command = [sys.executable, "-m", "cli", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)

    def wait_ready(self, seconds: float = 90.0) -> None:
        """Wait until every process is ready; fail with what was said otherwise."""
        assert self.process
        wait_for(lambda: self.process and (self.process.poll() is not None or self.all_ready()), seconds, "all ready")
        assert self.process.poll() is None, self.said()

    def status(self) -> Status:
        return read_status(self.home) or Status(pid=0, url="", since=0, children=[])

    def all_ready(self) -> bool:
        status = self.status()
        current = self.process is not None and status.pid == self.process.pid
        return current and all(child.state in ("ready", "done") for child in status.children)

    def pids(self) -> dict[str, int]:
        """Return the process ids of the children, by name."""
        return {child.name: child.pid for child in self.status().children if child.pid}

    def processes(self) -> list[psutil.Process]:
        """Return every process that works for this home, by its environment or its data folder."""
        data = str(find_place(self.home).data)
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                belongs = process.environ().get("SAOLA_HOME") == str(self.home) or process.cwd().startswith(data)
                if belongs and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key_file(self.home).read_text().strip()}"}
        return httpx.request(method, self.url + path, headers=headers, timeout=20, **arguments)

    def submit(self, text: str) -> str:
        """Hand in a ticket and return its id."""
        answer = self.request("POST", "/v1/tickets", json={"text": text})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def wait_accepting(self, seconds: float = 60.0) -> float:
        """Hand in tickets until the first is accepted; returns the seconds it took."""
        began = time.monotonic()

        def accepted() -> bool:
            with contextlib.suppress(httpx.HTTPError, OSError):
                return self.request("POST", "/v1/tickets", json={"text": "When do you open?"}).status_code == 202
            return False

        wait_for(accepted, seconds, "a ticket was accepted")
        return time.monotonic() - began

    def end(self, number: signal.Signals = signal.SIGINT, seconds: float = 30.0) -> float:
        """Send a signal to `saola up` and wait for its end; returns the seconds it took."""
        assert self.process
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(seconds)
        return time.monotonic() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.process and self.process.poll() is None:
                self.end()
        finally:
            for process in self.processes():
                with contextlib.suppress(psutil.Error):
                    process.kill()
            find_place(self.home).remove()
