"""Documents through the whole line: `saola up` in a temporary home, uploads over HTTP, results read back."""

import argparse
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench import document_files, document_sets
from bench.document_files import Made
from bench.running import Running, running
from core.contracts import FieldValue

IN_FLIGHT = {"text": 150, "scans": 12}
UPLOADERS = 3
LOOK_SECONDS = 5.0  # between two looks at the memory
SAMPLE = 200
Figures = dict[str, Any]


def run(options: argparse.Namespace) -> Figures:
    """Feed the line for so many seconds and report what came out, how fast, how right, and in how much memory."""
    kind = "text" if options.text else "scans"
    with tempfile.TemporaryDirectory(prefix="saola-bench-") as folder, running(Path(folder)) as saola:
        feed = _text if kind == "text" else _scan
        measured = _measure(saola, feed, options.seconds, IN_FLIGHT[kind])
        figures = measured | {"field_accuracy": _accuracy(saola.client, measured.pop("sent"))}
    yardstick: Figures = {}
    if kind == "scans":
        yardstick = {"pages_per_second": _bare()}
        figures["ratio"] = round(figures["pages_per_second"] / max(1e-9, yardstick["pages_per_second"]), 3)
    print(
        f"\n{kind}: {figures['documents_per_second']} documents a second, {figures['pages_per_second']} pages a second"
    )
    print(f"processor time for each document: {figures['cpu_ms_per_document']} ms, {figures['cpu_ms_by_process']}")
    print(f"memory of all processes: {figures['start_mb']} MB at the start, {figures['peak_mb']} MB at most")
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
    at_warm = done = 0
    used: dict[str, float] = {}
    stop = threading.Event()
    with ThreadPoolExecutor(UPLOADERS) as pool:
        while not stop.is_set():
            done = saola.decisions()
            now = time.monotonic()
            if not warm and done >= in_flight // 3:
                warm, at_warm, used = now, done, saola.cpu_seconds()
                memory.append(_memory(saola.process))
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
        "start_mb": round(memory[1 if len(memory) > 1 else 0] / 1e6),
        "middle_mb": round(memory[len(memory) // 2] / 1e6),
        "end_mb": round(memory[-1] / 1e6),
        "peak_mb": round(max(memory) / 1e6),
        "sent": sent,
    }


def _upload(client: httpx.Client, one: Made) -> str:
    answer = client.post("/v1/documents", content=one.data, headers={"X-Filename": one.filename})
    answer.raise_for_status()
    return str(answer.json()["id"])


def _memory(process: psutil.Process) -> int:
    """Bytes that all processes hold; what several share (the database's buffers, a fork's modules) counts once."""
    whole = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            whole += one.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
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


def _bare() -> float:
    """Pages a second of the bare OCR engine on the same kind of pages, one process a core."""
    from bench.documents import bare_engine

    pages = [document_files.jpeg(document_files.picture(document_files.invoice(n, "en").data, n)) for n in range(8)]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, data in enumerate(pages):
            path = Path(folder) / f"{number}.jpg"
            path.write_bytes(data)
            paths.append(path)
        return bare_engine(paths, psutil.cpu_count() or 1)
