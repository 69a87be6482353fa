"""`parse`: a file in, a reading out, through the limited fork server. Each worker process has servers of its own."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from agents.documents.parser import Hints
from agents.documents.reading import finish
from agents.documents.values import Page, Part, Reading, assemble, part_from_json
from core.errors import Rejected, TryLater
from core.settings import environment_without_secrets
from workers.parse_server import Lines

START_SECONDS = 180.0  # loading the networks takes a second, on a busy machine minutes
SILENCE_SECONDS = 60.0  # several times as long as between two beats of the server
ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "PYTHONPATH": str(ROOT)}
# glibc gives large blocks back to the kernel at each free, and gets them anew, zeroed page by page: for a page of OCR
# that is a quarter of a second. A child keeps what it had until it ends, and that is soon.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}


class ParseServer:
    """One server process, started at first use and again whenever it has died."""

    def __init__(self, *, ocr: bool) -> None:
        self._ocr = ocr
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: Lines | None = None
        self._owner = 0
        self._folder = ""
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The server's process id, None while there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def ask(
        self, request: dict[str, Any], take: Callable[[Part], None], beat: Callable[[], None] | None = None
    ) -> dict[str, Any]:
        """Send one file, give each part to `take` as it comes, and return the closing answer; `beat` is called every
        some seconds while a part takes long.

        Raises ConnectionError when the server dies meanwhile; the parts taken so far stay valid.
        """
        with self._lock:
            self._start()
            try:
                self._send(request)
                while True:
                    answer = self._answer(time.monotonic() + SILENCE_SECONDS)
                    if isinstance(answer, dict):
                        return answer
                    if answer is not None:
                        take(part_from_json(answer))
                    elif beat is not None:
                        beat()
            except BaseException:
                self.stop()  # an unfinished answer would be taken for the next file's
                raise

    def stop(self) -> None:
        """End the server, if this process owns one."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        if self._folder:  # a killed server cannot tidy up
            shutil.rmtree(self._folder, ignore_errors=True)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue

    def _start(self) -> None:
        if self.pid is not None and self._owner == os.getpid():
            return
        self.stop()
        command = [sys.executable, "-m", "workers.parse_server", *(["--ocr"] if self._ocr else [])]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment_without_secrets(ONE_THREAD | (KEEP_MEMORY if self._ocr else {})),
            bufsize=0,
        )
        assert process.stdout is not None
        self._process, self._owner, self._lines = process, os.getpid(), Lines(process.stdout.fileno())
        self._folder = ""
        self._folder = self._answer(time.monotonic() + START_SECONDS)["folder"]

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process is not None and self._process.stdin is not None
        data = memoryview(json.dumps(request).encode() + b"\n")
        while data:
            data = data[self._process.stdin.write(data) or 0 :]

    def _answer(self, deadline: float) -> Any:
        assert self._lines is not None
        line = self._lines.next(deadline)
        if line is None:
            raise ConnectionError("the parse server died")
        return json.loads(line)


TEXT_SERVER = ParseServer(ocr=False)
OCR_SERVER = ParseServer(ocr=True)
atexit.register(lambda: stop_servers())


def parse(
    path: Path,
    media_type: str = "",
    filename: str = "",
    on_page: Callable[[Page], None] | None = None,
    *,
    hints: Hints | None = None,
    done: Iterable[Page] = (),
    on_beat: Callable[[], None] | None = None,
) -> Reading:
    """Read a file in a limited child process.

    `on_page` is called for each page as soon as it was read, so that the caller can store it; `done` are pages stored
    by an earlier, interrupted attempt: they are not read again; `on_beat` is called every ten seconds while a page
    takes long. Raises Rejected with a typed code for a file that must be refused, TryLater when the server died twice.
    """
    pages = {page.number: page for page in done}
    others: list[Part] = []

    def take(part: Part) -> None:
        if isinstance(part, Page):
            pages[part.number] = part
            if on_page is not None:
                on_page(part)
        else:
            others.append(part)

    request: dict[str, Any] = {
        "path": str(path),
        "media_type": media_type,
        "filename": filename or path.name,
        "hints": {"language": (hints or Hints()).language},
    }
    answer = _ask(TEXT_SERVER, request, pages, take, on_beat)
    if answer.get("ocr_wanted"):
        answer = _ask(OCR_SERVER, request, pages, take, on_beat)
    if "rejected" in answer:
        raise Rejected(answer["message"], code=answer["rejected"], hint=answer.get("hint", ""))
    return finish(assemble([*pages.values(), *others], answer["kind"]))


def _ask(
    server: ParseServer,
    request: dict[str, Any],
    pages: dict[int, Page],
    take: Callable[[Part], None],
    beat: Callable[[], None] | None,
) -> dict[str, Any]:
    for attempt in (1, 2):
        try:
            return server.ask({**request, "done": sorted(pages)}, take, beat)
        except (ConnectionError, TimeoutError) as error:
            if attempt == 2:
                raise TryLater("the parse server died twice over one file", after=5.0) from error
    raise AssertionError("unreachable")


def stop_servers(servers: Sequence[ParseServer] = (TEXT_SERVER, OCR_SERVER)) -> None:
    """End this process's parse servers; they end by themselves when the process does."""
    for server in servers:
        server.stop()
