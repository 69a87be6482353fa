"""The demo's 60 documents, generated: invoices, receipts, identity cards, letters, contracts, e-mails; and who judges.

The files lie in one folder and their truth, a JSON file with the same stem for each, in another: only the simulated
reviewer reads it.
"""

import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from cli.demo import paper_facts, paper_office, paper_pdf, paper_scan
from cli.demo.paper_facts import SUPPLIERS
from cli.demo.people import customers
from cli.demo.phrasebook import LANGUAGES

COUNT = 60
PAST_COUNT = 150
PAST_DAYS = 30
FREE_TEXT = {"company", "seller_name", "full_name", "address", "nationality", "sex", "description"}
TABLES = {"lines"}
Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One file and its truth: its type, the processor that covers it (None: a person), its fields in canonical form."""

    path: Path
    type: str
    processor: str | None
    language: str
    fields: Mapping[str, str] = field(default_factory=dict)


def generate(folder: Path, *, seed: int = 1, today: datetime | None = None) -> list[Paper]:
    """Write the files to `folder`/files and their truth to `folder`/keys. The same seed and day give the same files.

    24 invoices as text PDF, 2 scanned, 3 by e-mail; 14 receipts and 4 identity cards as pictures; 7 letters as PDF and
    Word, 3 contracts, 3 plain e-mails.
    """
    files, keys = folder / "files", folder / "keys"
    for path in (files, keys):
        path.mkdir(parents=True, exist_ok=True)
    now = today or datetime.now(UTC)
    maker = _Maker(files, now, Random(f"documents {seed}"))
    papers = [
        *(maker.invoice(number) for number in range(24)),
        *(maker.scanned_invoice(number) for number in range(24, 26)),
        *(maker.mailed_invoice(number) for number in range(26, 29)),
        *(maker.receipt(number) for number in range(14)),
        *(maker.identity_card(number) for number in range(4)),
        *maker.letters(),
        *maker.contracts(),
        *(maker.plain_mail(number) for number in range(3)),
    ]
    for paper in papers:
        truth = {"type": paper.type, "processor": paper.processor or "", "language": paper.language, **paper.fields}
        text = json.dumps(truth, ensure_ascii=False, indent=1) + "\n"
        (keys / f"{paper.path.stem}.json").write_text(text, encoding="utf-8")
    return papers


def past(folder: Path, *, seed: int = 1, today: datetime | None = None) -> list[Paper]:
    """Write the invoices of the past to `folder`; a processor earns its certificate by them."""
    folder.mkdir(parents=True, exist_ok=True)
    now = (today or datetime.now(UTC)) - timedelta(days=PAST_DAYS)
    maker = _Maker(folder, now, Random(f"past documents {seed}"))
    numbers = range(1000, 1000 + PAST_COUNT)
    return [maker.mailed_invoice(number) if number % 10 < 2 else maker.invoice(number) for number in numbers]


class _Maker:
    """Makes one file after the other from one source of chance."""

    def __init__(self, folder: Path, now: datetime, random: Random) -> None:
        self.folder, self.now, self.random = folder, now, random
        self.today = now.date()

    def invoice(self, number: int) -> Paper:
        supplier = SUPPLIERS[number % len(SUPPLIERS)]
        facts = paper_facts.invoice(supplier, number, self.today, self.random)
        path = self.folder / f"invoice_{number:02d}_{supplier.language}.pdf"
        paper_pdf.draw_invoice(facts, path)
        return Paper(path=path, type="invoice", processor="invoice", language=supplier.language, fields=facts.truth())

    def scanned_invoice(self, number: int) -> Paper:
        paper = self.invoice(number)
        path = paper.path.with_suffix(".jpg")
        picture = paper_scan.scanned(paper_scan.page_of(paper.path), self.random, phone=False)
        picture.save(path, quality=80)
        paper.path.unlink()
        return Paper(path=path, type=paper.type, processor="invoice", language=paper.language, fields=paper.fields)

    def mailed_invoice(self, number: int) -> Paper:
        paper = self.invoice(number)
        path = paper.path.with_suffix(".eml")
        subject, text = paper_office.MAILS[paper.language]
        sender = f"accounts@supplier{number}.example"
        paper_office.write_mail(subject, text, sender, self.now, path, (paper.path.name, paper.path.read_bytes()))
        paper.path.unlink()
        return Paper(path=path, type=paper.type, processor="invoice", language=paper.language, fields=paper.fields)

    def receipt(self, number: int) -> Paper:
        language = LANGUAGES[number % 3]
        drawn = paper_scan.receipt(language, self.today, self.random)
        phone = number % 2 == 0
        path = self.folder / f"receipt_{number:02d}_{language}.{'jpg' if phone else 'png'}"
        paper_scan.scanned(drawn.image, self.random, phone=phone).save(path)
        return Paper(path=path, type="receipt", processor="receipt", language=language, fields=drawn.truth)

    def identity_card(self, number: int) -> Paper:
        person = self.random.choice(customers("vi", 400, 1))
        drawn = paper_scan.identity_card(person, self.today, self.random)
        path = self.folder / f"identity_{number:02d}_vi.jpg"
        paper_scan.scanned(drawn.image, self.random, phone=number % 2 == 0).save(path, quality=85)
        return Paper(path=path, type="id card", processor="identity_card", language="vi", fields=drawn.truth)

    def letters(self) -> list[Paper]:
        papers = []
        flat = [(language, text) for language, texts in paper_office.LETTERS.items() for text in texts]
        for number, (language, paragraphs) in enumerate(flat):
            path = self.folder / f"letter_{number:02d}_{language}.{'pdf' if number % 2 == 0 else 'docx'}"
            write = paper_pdf.draw_letter if number % 2 == 0 else paper_office.write_docx
            write(paragraphs, path)
            papers.append(Paper(path=path, type="letter", processor=None, language=language))
        return papers

    def contracts(self) -> list[Paper]:
        papers = []
        for number, (language, paragraphs) in enumerate(paper_office.CONTRACTS.items()):
            path = self.folder / f"contract_{number:02d}_{language}.docx"
            paper_office.write_docx(paragraphs, path)
            papers.append(Paper(path=path, type="contract", processor=None, language=language))
        return papers

    def plain_mail(self, number: int) -> Paper:
        language = LANGUAGES[number]
        subject, text, name = paper_office.LETTERS[language][-1]
        path = self.folder / f"mail_{number:02d}_{language}.eml"
        paper_office.write_mail(subject, f"{text}\n\n{name}\n", f"office{number}@partner.example", self.now, path)
        return Paper(path=path, type="letter", processor=None, language=language)


class Reviewer:
    """The simulated reviewer of documents: knows each file's truth, judges by it, and decides on what is held."""

    def __init__(self, papers: Sequence[Paper], look: Callable[[str], Document] | None = None) -> None:
        self.papers: dict[Path, Paper] = {}
        self.look = look
        self._by_id: dict[str, Paper] = {}
        self.add(papers)

    def add(self, papers: Sequence[Paper]) -> None:
        """Learn the truth of more papers."""
        self.papers |= {paper.path: paper for paper in papers}

    def uploaded(self, path: Path, answer: Document) -> None:
        """Remember which document a file became."""
        self._by_id[str(answer["id"])] = self.papers[path]

    def judge(self, audit: Document) -> dict[str, Any]:
        """Judge an audit as the API lists it: agent and fields; return the body of the judgement."""
        paper, agent = self._by_id[str(audit["document_id"])], str(audit["agent"])
        fault = fault_of(paper, agent, audit["fields"])
        body = {"right": not fault, "critical": False, "note": fault or "every field is right"}
        if not fault or agent != paper.processor:
            return body
        listed = {str(one["name"]) for one in audit["fields"]}
        return {**body, "wrong_fields": sorted(listed & {*itertools.chain(*wrong_fields(paper, audit["fields"]))})}

    def decide(self, held: Document) -> tuple[str, dict[str, Any]]:
        """Say what becomes of a held document: approve when every field is right, else reject with what is wrong."""
        paper = self._by_id[str(held["document_id"])]
        random = Random(f"document {paper.path.name}")
        if not held["agent"] or held["kind"] == "abstain":
            wanted = f"a {paper.processor} that was not read" if paper.processor else f"a {paper.type}: for a person"
            return "reject", {"reason": wanted, "seconds": round(random.uniform(30, 120))}
        runs = self.look(str(held["document_id"]))["runs"] if self.look else [{"proposal": {"fields": held["fields"]}}]
        fault = fault_of(paper, str(held["agent"]), runs[-1]["proposal"]["fields"])
        if fault:
            return "reject", {"reason": fault, "seconds": round(random.uniform(60, 180))}
        return "approve", {"seconds": round(random.uniform(15, 45))}


def fault_of(paper: Paper, agent: str, fields: Sequence[Mapping[str, Any]]) -> str:
    """Return what is wrong with the fields that `agent` read from a paper, or an empty text. Names, addresses and the
    like are compared by their letters and digits, everything else in canonical form."""
    if agent != paper.processor:
        return f"a document of type {paper.type!r} is not for {agent}"
    wrong, made_up = wrong_fields(paper, fields)
    found = [f"wrong or missing: {', '.join(wrong)}"] if wrong else []
    found += [f"not on the document: {', '.join(made_up)}"] if made_up else []
    return "; ".join(found)


def wrong_fields(paper: Paper, fields: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Return the names of fields that are wrong or missing, and of those that are not on the paper."""
    read = {one["name"]: one.get("normalised") or one.get("value") for one in fields}
    wrong = [name for name, value in paper.fields.items() if not same(name, value, read.get(name))]
    return wrong, [name for name, value in read.items() if value and name not in paper.fields]


def same(name: str, wanted: str, read: str | None) -> bool:
    """Whether a value that was read is the wanted one."""
    if read is None:
        return False
    if name in TABLES:
        return _rows(read) == _rows(wanted)
    return _letters(read) == _letters(wanted) if name in FREE_TEXT else read == wanted


def _rows(table: str) -> list[dict[str, str]]:
    return [
        {name: _letters(value) if name in FREE_TEXT else value for name, value in row.items()}
        for row in json.loads(table)
    ]


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", text).casefold())
