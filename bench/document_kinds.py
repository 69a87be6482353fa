"""Sets without keys: e-invoices (valid ones read exactly, invalid ones named) and e-mails (the new text found)."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.documents.einvoice.beyond import doubts
from agents.documents.einvoice.reader import Invoice
from agents.documents.einvoice.rules import check
from agents.documents.extract.amounts import find_amounts
from agents.documents.extract.exact import from_invoice, invoice_of
from agents.documents.mail_reply import html_reply, split_signature
from agents.documents.parsers.text import decode
from agents.fields_file import FieldSpec, FieldType
from bench.document_exact import alike, main_fields
from core.errors import SaolaError
from workers.parse_client import parse

NEEDED = ("invoice_number", "invoice_date", "currency", "seller_name", "total")
INVALID = re.compile(r"fail|invalid|not_valid", re.IGNORECASE)
TYPES: dict[str, FieldType] = {"invoice_date": "date", "net": "money", "vat": "money", "total": "money"}
Figures = dict[str, Any]


def run(folder: Path) -> Figures:
    """Run the benchmark that fits the folder's files."""
    started = time.monotonic()
    mails = sorted(folder.rglob("*.eml"))
    figures, n = _mails(folder) if mails else _invoices(folder)
    seconds = time.monotonic() - started
    print(f"{folder.name}: {n} files in {seconds:.0f} s")
    for name, value in figures.items():
        print(f"  {name}: {value}")
    return {
        "bench": "documents",
        "data": folder.name,
        "n": n,
        "seconds": round(seconds, 1),
        "figures": figures | {"documents_per_second": round(n / seconds, 2)},
        "yardstick": {},
    }


def _invoices(folder: Path) -> tuple[Figures, int]:
    """Each file is read in the parse server; the XML's total is looked for in the print beside it."""
    from bench.documents import rate

    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in (".pdf", ".xml")]
    read = found = complete = printed = with_print = crashed = named = invalid = flagged = valid = doubted = 0
    exact: list[bool] = []
    for path in files:
        try:
            reading = parse(path)
        except SaolaError as error:
            print(f"  refused {path.name}: {error}")
            continue
        except Exception as error:
            crashed += 1
            print(f"  crashed {path.name}: {error!r}")
            continue
        read += 1
        invoice = invoice_of(reading)
        if invoice is None:
            print(f"  no invoice in {path.name}")
            continue
        found += 1
        complete += all(role in invoice.values for role in NEEDED)
        if reading.pages and "total" in invoice.values:
            with_print += 1
            printed += _is_printed(invoice.values["total"].value, reading.text)
        broken = check(invoice)
        if INVALID.search(str(path.relative_to(folder))):
            invalid += 1
            named += bool(broken)
            doubted += bool(broken) or any(True for _ in doubts(invoice))
        else:
            valid += 1
            exact += _held_against_the_file(path, invoice)
            flagged += bool(broken)
            if broken:
                print(f"  {path.name}: {'; '.join(f'{rule} {message}' for rule, message in broken[:3])}")
    return {
        "read": rate(read, len(files)),
        "invoice_found": rate(found, len(files)),
        "fields_exact": rate(sum(exact), len(exact)),
        "all_main_fields": rate(complete, found),
        "total_is_printed_too": rate(printed, with_print),
        "valid_without_violation": rate(valid - flagged, valid),
        "invalid_named": rate(named, invalid),
        "invalid_named_or_doubted": rate(doubted, invalid),
        "crashed": crashed,
    }, len(files)


def _held_against_the_file(path: Path, invoice: Invoice) -> list[bool]:
    """Our main fields beside an independent reading of the same file, field by field."""
    told = []
    for name, theirs in main_fields(path).items():
        spec = FieldSpec(name=name, type=TYPES.get(name, "text"))
        ours = from_invoice(invoice, spec)
        told.append(alike(name, ours.normalised if ours is not None else None, theirs))
        if not told[-1]:
            print(f"  not exact {path.name}: {name} is {theirs!r}, read {ours.normalised if ours else None!r}")
    return told


def _is_printed(total: str, text: str) -> bool:
    value = abs(float(total))
    amounts = (float(one.normalised.split(" ")[0]) for line in text.splitlines() for one in find_amounts(line))
    return any(abs(abs(amount) - value) < 0.005 for amount in amounts)


def _mails(folder: Path) -> tuple[Figures, int]:
    """The form of talon's fixtures: replies that say Hello, HTML replies, and signatures beside their bodies."""
    from bench.documents import rate

    results = {kind: list(_judged(kind, folder)) for kind in ("plain", "html", "signature")}
    for kind, judged in results.items():
        for name, good, got in judged:
            if not good:
                print(f"  wrong ({kind}) {name}: {got!r}")
    figures = {kind: rate(sum(good for _, good, _ in judged), len(judged)) for kind, judged in results.items()}
    everything = [good for judged in results.values() for _, good, _ in judged]
    return {"reply_accuracy": rate(sum(everything), len(everything)), **figures}, len(everything)


def _judged(kind: str, folder: Path) -> Iterator[tuple[str, bool, str]]:
    if kind == "plain":
        for path in sorted(folder.rglob("standard_replies/*.eml")):
            beside = path.with_name(path.stem + "_reply_text")
            truth = beside.read_text("utf-8") if beside.exists() else "Hello"
            reading = parse(path)
            got = f"{reading.pages[0].text}\n{reading.heading('signature')}" if reading.pages else ""
            yield path.name, _bare(got) == _bare(truth), got
    elif kind == "html":
        for path in sorted(folder.rglob("html_replies/*.html")):
            got = "\n".join(html_reply(decode(path.read_bytes())))
            yield path.name, _bare(got) == _bare("Hi. I am fine.\n\nThanks,\nAlex"), got
    else:
        for path in sorted(folder.rglob("stripped/*_body")):
            signature, sender = (path.with_name(path.name.replace("_body", end)) for end in ("_signature", "_sender"))
            if not signature.exists():
                continue
            body = re.sub(r"^#\w+#", "", decode(path.read_bytes()), flags=re.MULTILINE)
            truth = re.sub(r"^#\w+#", "", decode(signature.read_bytes()), flags=re.MULTILINE)
            name = decode(sender.read_bytes()) if sender.exists() else ""
            got = split_signature(body, name)[1]
            yield path.name, _bare(got) == _bare(truth), got


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)
