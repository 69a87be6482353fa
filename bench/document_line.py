"""Documents through the whole line: `saola up` in a temporary home, uploads over HTTP, results read back."""

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

import httpx
import psutil
from scipy.stats import linregress
from scipy.stats import t as student

from bench import document_files, document_sets
from bench.bare_engine import Bare, bare_engine
from bench.document_files import Made
from bench.running import Running, kind_of, running
from cli.embedded.postgres import OPTIONS
from core.contracts import FieldValue

IN_FLIGHT = {"text": 150, "scans": 12}
SCANS_A_SECOND, BARE = 1.5, 8  # more than 2 cores read; pages that the bare engine reads
UPLOADERS = 3
LOOK_SECONDS = 5.0  # between two looks at the memory
SAMPLE = 200
DATABASE_BUFFERS = 1e6 * int(OPTIONS["shared_buffers"].removesuffix("MB"))
Figures = dict[str, Any]


def run(options: argparse.Namespace) -> Figures:
    """Feed the line for so many seconds and report what came out, how fast, how right, and in how much memory."""
    kind = "text" if options.text else "scans"
    feed: Callable[[int], Made] = _text
    before: list[Bare] = []
    if kind == "scans":  # drawn beforehand: drawing takes as long as a tenth of the reading, on the same cores
        scans = [_scan(number) for number in range(int(options.seconds * SCANS_A_SECOND) + 2 * IN_FLIGHT[kind])]
        feed, before = scans.__getitem__, [_bare(scans[:BARE])]
    with tempfile.TemporaryDirectory(prefix="saola-bench-") as folder, running(Path(folder)) as saola:
        measured = _measure(saola, feed, options.seconds, IN_FLIGHT[kind])
        figures = measured | {"field_accuracy": _accuracy(saola.client, measured.pop("sent"))}
    yardstick: Figures = {}
    if kind == "scans":
        bare = [*before, _bare(scans[:BARE])]  # before and after, since the machine may have other work
        speed, cpu = fmean(one.pages_per_second for one in bare), fmean(one.cpu_seconds for one in bare)
        yardstick = {"pages_per_second": round(speed, 3), "cpu_ms_per_page": round(1000 * cpu, 1)}
        figures["ratio"] = round(figures["pages_per_second"] / speed, 3)
        figures["ratio_of_cpu"] = round(1000 * cpu / max(1e-9, figures["cpu_ms_per_document"]), 3)
        print(f"\nthe bare engine: {yardstick}; ratio {figures['ratio']}, by processor time {figures['ratio_of_cpu']}")
    print(
        f"\n{kind}: {figures['documents_per_second']} documents a second, {figures['pages_per_second']} pages a second"
    )
    print(f"processor time for each document: {figures['cpu_ms_per_document']} ms, {figures['cpu_ms_by_process']}")
    print(f"memory of all processes: {figures['start_mb']} MB at the start, {figures['peak_mb']} MB at most")
    grown, slope = figures["grown_mb_by_process"], figures["mb_per_minute"]
    bounds = f"{slope['low']:+} to {slope['high']:+}"
    print(f"over the second half: {slope['value']:+} MB a minute ({bounds}), by kind of process {grown}")
    return {
        "bench": "documents",
        "data": f"generated {kind}",
        "n": figures["documents"],
        "seconds": round(options.seconds, 1),
        "figures": figures,
        "yardstick": yardstick,
    }


def _text(number: int) -> Made:
    return document_files.mixed(number)


def _scan(number: int) -> Made:
    made = document_files.invoice(number, document_files.LANGUAGES[number % 2], 1)
    data = document_files.jpeg(document_files.picture(made.data, number))
    return Made(made.filename.replace(".pdf", ".jpg"), data, made.truth, 1, made.text)


def _measure(saola: Running, make: Callable[[int], Made], seconds: float, in_flight: int) -> Figures:
    """Keep so many documents in the line; count those that were worked on between the warm-up and the end."""
    sent: dict[str, Made] = {}
    ready: deque[Made] = deque(make(number) for number in range(in_flight))
    made = in_flight
    memory, started, warm, looked = [_memory(saola.process)], time.monotonic(), 0.0, 0.0
    times: list[float] = [started]
    at_warm = done = 0
    used: dict[str, float] = {}
    stop = threading.Event()
    with ThreadPoolExecutor(UPLOADERS) as pool:
        while not stop.is_set():
            done = saola.decisions()
            now = time.monotonic()
            if not warm and done >= in_flight // 3:
                warm, at_warm, used = now, done, saola.cpu_seconds()
                memory, times, looked = [_memory(saola.process)], [now], now
            if warm and now - warm >= seconds:
                break
            if now - started > seconds + 300:
                sys.exit("the line does not move")
            room = in_flight - (len(sent) - done)
            batch = [ready.popleft() for _ in range(min(room, len(ready)))]
            sent.update(pool.map(lambda one: (_upload(saola.client, one), one), batch))
            while len(ready) < in_flight // 3:
                ready.append(make(made))
                made += 1
            if now - looked > LOOK_SECONDS:
                memory.append(_memory(saola.process))
                times.append(now)
                looked = now
            print(f"\r{done} done, {len(sent) - done} in the line", end="", file=sys.stderr, flush=True)
            time.sleep(1.0 if room < in_flight // 3 else 0.2)
    elapsed = time.monotonic() - warm
    spent = {kind: seconds - used.get(kind, 0.0) for kind, seconds in saola.cpu_seconds().items()}
    by_process = {kind: round(1000 * seconds / max(1, done - at_warm), 1) for kind, seconds in spent.items()}
    pages = sum(one.pages for one in sent.values()) / max(1, len(sent))
    return {
        "documents": done - at_warm,
        "documents_per_second": round((done - at_warm) / elapsed, 2),
        "pages_per_second": round((done - at_warm) * pages / elapsed, 2),
        "cpu_ms_per_document": round(sum(by_process.values()), 1),
        "cpu_ms_by_process": by_process,
        **memory_figures(times, memory),
        "sent": sent,
    }


def memory_figures(times: Sequence[float], memory: Sequence[Mapping[str, float]]) -> Figures:
    """Say in megabytes what the looks (seconds, bytes by kind of process) saw, and how fast memory grew over the second
    half of them: a line by least squares with the 95 % bounds of its slope. The first half is left out because things
    are loaded once in it (the classifier that is trained meanwhile, the database's buffers)."""
    whole = [sum(one.values()) / 1e6 for one in memory]
    half = len(whole) // 2
    first, last = memory[half], memory[-1]
    grown = {kind: round((last.get(kind, 0.0) - first.get(kind, 0.0)) / 1e6) for kind in {**first, **last}}
    figures: Figures = {
        "start_mb": round(whole[0]),
        "middle_mb": round(whole[half]),
        "end_mb": round(whole[-1]),
        "peak_mb": round(max(whole)),
        "grown_mb_by_process": {kind: mb for kind, mb in sorted(grown.items()) if mb},
    }
    minutes = [(at - times[half]) / 60 for at in times[half:]]
    if len(minutes) < 4:
        return figures | {"mb_per_minute": {"value": 0.0, "low": 0.0, "high": 0.0, "n": len(minutes)}}
    line = linregress(minutes, whole[half:])
    slope, error = float(line.slope), float(line.stderr) * float(student.ppf(0.975, len(minutes) - 2))
    bounds = {"value": slope, "low": slope - error, "high": slope + error}
    return figures | {"mb_per_minute": {name: round(value, 1) for name, value in bounds.items()} | {"n": len(minutes)}}


def _upload(client: httpx.Client, one: Made) -> str:
    answer = client.post("/v1/documents", content=one.data, headers={"X-Filename": one.filename})
    answer.raise_for_status()
    return str(answer.json()["id"])


def _memory(process: psutil.Process) -> dict[str, float]:
    """Bytes that all processes hold, by kind; what several share (a fork's modules) counts once. The database's buffers
    are counted whole from the first: their size is fixed when it starts, pages of them are touched as data come."""
    whole: dict[str, float] = {"postgres": DATABASE_BUFFERS}
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            kind = kind_of(one.cmdline())
            held = one.memory_full_info()
            whole[kind] = whole.get(kind, 0.0) + (held.uss if kind == "postgres" else held.pss)
    return whole


def _accuracy(client: httpx.Client, sent: dict[str, Made]) -> Figures:
    """Field accuracy on a sample of the generated documents, as the API tells the fields."""
    from bench.documents import rate

    right: dict[str, list[bool]] = {}
    for document_id, made in list(sent.items())[:SAMPLE]:
        if not made.truth:
            continue
        told = client.get(f"/v1/documents/{document_id}").json()
        fields = {field["name"]: FieldValue.model_validate(field) for field in _fields(told)}
        if not fields:
            continue
        for name, truth in made.truth.items():
            field = fields.get(name)
            right.setdefault(name, []).append(field is not None and document_sets.same(field, truth))
    return {name: rate(sum(oks), len(oks)) for name, oks in right.items()}


def _fields(told: object) -> list[dict[str, Any]]:
    """Find the proposed fields in a document's history, wherever the history keeps them."""
    if isinstance(told, dict):
        if isinstance(told.get("fields"), list) and told["fields"] and "normalised" in told["fields"][0]:
            return list(told["fields"])
        told = list(told.values())
    if isinstance(told, list):
        for one in told:
            if found := _fields(one):
                return found
    return []


def _bare(made: Sequence[Made]) -> Bare:
    """The bare OCR engine on pages that the line reads too, one process a core."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.jpg" for number in range(len(made))]
        for path, one in zip(paths, made, strict=True):
            path.write_bytes(one.data)
        return bare_engine(paths, psutil.cpu_count() or 1)
