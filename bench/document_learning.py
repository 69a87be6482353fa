"""`python -m bench.documents --learning`: how much better documents of a sender are read after a reviewer settled
earlier ones. Each generated supplier has words and a layout of its own; each document is read, its values are
completed from the sender's notes, held against the truth, and then settled by it, as a reviewer would."""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agents import yaml_errors
from agents.documents.extract import memory
from agents.documents.extract.engine import extract
from agents.documents.extract.text import squeeze
from agents.documents.reading import read
from agents.fields_file import FieldsFile
from bench import document_senders, document_sets
from core.contracts import FieldValue

PROCESSOR = Path(__file__).resolve().parent.parent / "agents" / "library" / "invoice" / "fields.yaml"
SENDERS, DOCUMENTS = 60, 10
KEPT = 10  # notes of a sender that are looked at, as in the line
Figures = dict[str, Any]


def run(options: argparse.Namespace) -> Figures:
    """Measure the share of wrong fields on the first document of a sender and on the sixth to tenth, with and without
    what the reviewer's corrections taught."""
    file = yaml_errors.parse(FieldsFile, PROCESSOR.read_text("utf-8"))
    wrong = [[0, 0] for _ in range(DOCUMENTS)]  # with memory, without
    fields = identified = 0
    senders = options.first or SENDERS
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        for number in range(senders):
            of = document_senders.sender(number)
            notes: list[memory.Note] = []
            for place in range(DOCUMENTS):
                data, truth = document_senders.document(of, place)
                path = Path(folder) / "document.pdf"
                path.write_bytes(data)
                reading = read(path)
                plain = {field.name: field for field in extract(reading, file)[0]}
                told = {one.name: one for one in memory.suggest(reading, tuple(plain.values()), notes[:KEPT], file)}
                wrong[place][0] += _wrong(plain | told, truth)
                wrong[place][1] += _wrong(plain, truth)
                fields += len(truth) if place == 0 else 0
                identified += bool(memory.identities(reading))
                notes.insert(0, memory.make_note(reading, [_settled(plain[name], truth) for name in plain]))
    late = slice(5, DOCUMENTS)
    first = wrong[0][0] / fields
    after, without = (sum(one[kind] for one in wrong[late]) / (5 * fields) for kind in (0, 1))
    figures: Figures = {
        "error_first": round(first, 4),
        "error_6_to_10": round(after, 4),
        "error_6_to_10_without_memory": round(without, 4),
        "ratio": round(after / first, 4) if first else None,
        "error_by_document": [round(one[0] / fields, 4) for one in wrong],
        "sender_identified": round(identified / (senders * DOCUMENTS), 4),
    }
    print(f"{senders} senders, {fields // senders} fields each")
    for name, value in figures.items():
        print(f"  {name}: {value}")
    return {
        "bench": "documents",
        "data": "generated senders",
        "n": senders * DOCUMENTS,
        "seconds": round(time.monotonic() - started, 1),
        "figures": figures,
        "yardstick": {"error_6_to_10_without_memory": figures["error_6_to_10_without_memory"]},
    }


def _wrong(fields: dict[str, FieldValue], truth: dict[str, str]) -> int:
    return sum(not document_sets.same(fields[name], value) for name, value in truth.items())


def _settled(field: FieldValue, truth: dict[str, str]) -> FieldValue:
    """What the reviewer leaves: the true value; evidence stays where the value was right."""
    value = truth.get(field.name)
    right = squeeze(field.value or "") == squeeze(value or "")
    return field.model_copy(update={"value": value, "normalised": None, **({} if right else {"evidence": None})})
