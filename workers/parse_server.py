"""The fork server for untrusted files: `python -m workers.parse_server [--ocr]`, started by workers.parse_client.

It imports every parser once, then forks a child for each file, so that a child starts in milliseconds and whatever
happens to it (a bomb, a crash in a C library, an endless loop) costs nobody else anything. Children are limited in
memory, processor time, file size and open files, and in the time they may take for one page. With `--ocr` the
networks are loaded before the fork too: measured here, sessions of one thread survive a fork (onnxruntime 1.32).

Requests come as JSON lines on standard input, answers go as JSON lines to standard output. When the input ends, the
server ends; when the server ends, its child does.
"""

import ctypes
import gc
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import psutil

from agents.documents.parser import Hints, Limits, Ocr, OcrWanted, Source
from agents.documents.reading import open_source
from agents.documents.values import Page, part_to_json
from core.errors import Rejected
from workers import parse_folders

MEGABYTE = 1_000_000
MEMORY = {False: 1_200 * MEGABYTE, True: 2_600 * MEGABYTE}  # address space of a child; OCR works in 0.5 to 1.3 GB
SECONDS_A_PAGE = {False: 20.0, True: 90.0}  # of processor time without a new part; then the child is ended
STARVED = 4  # times as long by the clock, without the time in which others left it no processor
BEAT_SECONDS = 10.0  # a child that is at work is told of so often
CPU_SECONDS = 3_600  # of a whole file
SECONDS_IN_FRONT = {False: 1.0, True: 10.0}  # a child that takes longer gives way to everybody else's work
BEAT = b"null\n"
GIVES_WAY = 10  # how much nicer it then is
FILE_BYTES = 400 * MEGABYTE
OPEN_FILES = 64
PR_SET_PDEATHSIG = 1
XML_NO_MEMORY = 2  # libxml2: XML_ERR_NO_MEMORY

FIRST_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj "
    b"4 0 obj<</Length 52>>stream\nBT /F 12 Tf 20 100 Td (A first page, 1.234,56 EUR) Tj ET\nendstream endobj "
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj trailer<</Root 1 0 R>>\n%%EOF"
)

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    """Serve until standard input ends."""
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    with parse_folders.own() as folder:
        _serve_all(answers, folder, with_ocr="--ocr" in arguments)


def _serve_all(answers: int, folder: Path, *, with_ocr: bool) -> None:
    ocr = _preload(folder, with_ocr=with_ocr)
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page that it shares with this process
    _write(answers, {"ready": os.getpid(), "folder": str(folder)})
    requests = Lines(0)
    while True:
        line = requests.next(None)
        if line is None:
            return
        _serve(json.loads(line), requests, answers, folder, ocr)


def _preload(folder: Path, *, with_ocr: bool) -> Ocr | None:
    import docx  # noqa: F401 - imported once here, so that no child has to
    import oxmsg  # noqa: F401 - the same
    import pptx  # noqa: F401 - the same
    import python_calamine  # noqa: F401 - the same

    _warm_up(folder)
    if not with_ocr:
        return None
    from agents.documents.ocr.engine import OcrEngine

    return OcrEngine()


def _warm_up(folder: Path) -> None:
    """Read one PDF here: what its library sets up at first use (fonts, tables) is then there in every child."""
    path = folder / "first.pdf"
    path.write_bytes(FIRST_PDF)
    source = Source(path=path, filename=path.name, media_type="")
    assert [part for part in open_source(source)[1] if isinstance(part, Page) and part.lines]
    path.unlink()


def _serve(request: dict[str, Any], requests: "Lines", answers: int, own: Path, ocr: Ocr | None) -> None:
    """Fork a child for one file, pass its lines on, and say how it ended."""
    folder = tempfile.mkdtemp(dir=own)
    results, child_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(results)
        _run_child(request, child_end, folder, ocr)
    os.close(child_end)
    ended = _relay(results, answers, requests, child, with_ocr=ocr is not None)
    os.close(results)
    if ended in ("slow", "gone"):
        os.kill(child, signal.SIGKILL)  # not yet waited for, so the number is still the child's own
    status = os.waitpid(child, 0)[1]
    shutil.rmtree(folder, ignore_errors=True)
    if ended == "slow":
        _write(answers, {"rejected": "too_slow", "message": "reading it took too long"})
    elif ended == "open":
        code, message = _why(status)
        _write(answers, {"rejected": code, "message": message})
    elif ended == "gone":
        sys.exit(0)


def _relay(results: int, answers: int, requests: "Lines", child: int, *, with_ocr: bool) -> str:
    """Pass whole lines on. Returns 'done' (the child said how it ended), 'open', 'slow' or 'gone' (nobody listens)."""
    lines = Lines(results)
    patience = SECONDS_A_PAGE[with_ocr]
    last = started = beaten = time.monotonic()
    spent = waited = 0.0
    in_front = True
    while True:
        now = time.monotonic()
        if now - last > patience:
            idle = now - last - (_waiting(child) - waited)
            if idle > STARVED * patience or _processor(child) - spent > patience:
                return "slow"
        if now - beaten >= BEAT_SECONDS:
            _write_all(answers, BEAT)
            beaten = now
        left = BEAT_SECONDS
        if in_front:
            left = min(left, started + SECONDS_IN_FRONT[with_ocr] - now)
            if left <= 0:
                in_front = False
                os.setpriority(os.PRIO_PROCESS, child, min(19, os.getpriority(os.PRIO_PROCESS, child) + GIVES_WAY))
                continue
        ready, _, _ = select.select([results, requests.file], [], [], left)
        if requests.file in ready and not requests.fill():
            return "gone"
        if results not in ready:
            continue
        if not lines.fill():
            return "open"
        for line in lines.whole():
            last, spent, waited = time.monotonic(), _processor(child), _waiting(child)
            _write_all(answers, line + b"\n")
            if line.startswith(b'{"'):  # an object ends the file, parts are lists
                return "done"


def _processor(child: int) -> float:
    """Seconds of processor time that a child has used; 0 once it is gone."""
    try:
        times = psutil.Process(child).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _waiting(child: int) -> float:
    """Seconds that a child was ready to run and had no processor; 0 where the kernel does not say."""
    try:
        return int(Path(f"/proc/{child}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _run_child(request: dict[str, Any], out: int, folder: str, ocr: Ocr | None) -> NoReturn:
    """The child: limit itself, read, write parts as they come, and leave without running anybody's clean-up."""
    try:
        _limit(ocr is not None)
        tempfile.tempdir = folder
        for answer in _read(request, ocr):
            _write(out, answer)
    except MemoryError:
        os.write(out, b'{"rejected": "too_much_memory", "message": "reading it takes too much memory"}\n')
    except Rejected as error:
        _write(out, {"rejected": error.code, "message": str(error), "hint": error.hint})
    except RecursionError:
        _write(out, {"rejected": "too_deep", "message": "it is nested too deep"})
    except Exception as error:
        _write(out, _surprise(error))
    finally:
        os._exit(0)


def _surprise(error: Exception) -> dict[str, str]:
    """A parser's surprise about one file is that file's refusal. libxml2 reports a lack of memory as bad syntax."""
    if "memory" in str(error).lower() or getattr(error, "code", None) == XML_NO_MEMORY:
        return {"rejected": "too_much_memory", "message": "reading it takes too much memory"}
    return {"rejected": "damaged", "message": f"it could not be read ({type(error).__name__})"}


def _read(request: dict[str, Any], ocr: Ocr | None) -> Iterator[Any]:
    source = Source(
        path=Path(request["path"]),
        filename=request["filename"],
        media_type=request["media_type"],
        hints=Hints(**request["hints"]),
        limits=Limits(),
        ocr=ocr,
        done=frozenset(request["done"]),
    )
    kind, parts = open_source(source)
    try:
        for part in parts:
            yield part_to_json(part)
    except OcrWanted:
        yield {"ocr_wanted": True, "kind": kind}
        return
    yield {"kind": kind}


def _limit(with_ocr: bool) -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        os._exit(0)
    memory = MEMORY[with_ocr]
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _why(status: int) -> tuple[str, str]:
    """Say in a code and words how a child ended that did not say it itself."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number in (signal.SIGXCPU, signal.SIGXFSZ):
        return "too_slow", "reading it took too much"
    if number in (signal.SIGABRT, signal.SIGTRAP, signal.SIGKILL):
        return "too_much_memory", "reading it takes too much memory"
    return "damaged", "it made the reader crash"


def _write(out: int, value: Any) -> None:
    _write_all(out, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n")


def _write_all(out: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(out, view) :]


class Lines:
    """Whole lines from a file descriptor, read without blocking once `select` says that there is something."""

    def __init__(self, file: int) -> None:
        self.file = file
        self._data = bytearray()

    def fill(self) -> bool:
        """Read once; False at the end of the file."""
        found = os.read(self.file, 1 << 16)
        self._data += found
        return bool(found)

    def whole(self) -> Iterator[bytes]:
        """Yield the complete lines that have come, without their ends."""
        while (end := self._data.find(b"\n")) >= 0:
            line = bytes(self._data[:end])
            del self._data[: end + 1]
            yield line

    def next(self, deadline: float | None) -> bytes | None:
        """Wait for one line; None at the end of the file. Raises TimeoutError after `deadline` (monotonic)."""
        while True:
            for line in self.whole():
                return line
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self.file], [], [], left)[0]:
                raise TimeoutError
            if not self.fill():
                return None


if __name__ == "__main__":
    main(sys.argv[1:])
