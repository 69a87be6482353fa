import json
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from docx import Document
from PIL import Image

from agents.documents.extract.engine import extract
from agents.documents.extract.identifiers import check_tax_number
from agents.documents.reading import finish, read
from agents.engines.extract import FIELDS
from agents.fields_file import FieldsFile
from agents.yaml_errors import parse
from cli.demo import documents
from cli.demo.documents import Paper, Reviewer

TODAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> list[Paper]:
    return documents.generate(tmp_path_factory.mktemp("papers"), today=TODAY)


def fields_of(processor: str) -> set[str]:
    text = (Path("agents/library") / processor / FIELDS).read_text("utf-8")
    return {field.name for field in parse(FieldsFile, text).fields}


def test_sixty_documents_of_all_kinds_are_made(papers: list[Paper]) -> None:
    assert len(papers) == documents.COUNT == 60
    assert {paper.path.suffix for paper in papers} == {".pdf", ".jpg", ".png", ".docx", ".eml"}
    assert {paper.language for paper in papers} == {"vi", "en", "de"}
    assert {paper.processor for paper in papers} == {"invoice", "receipt", "identity_card", None}
    assert {paper.fields["seller_name"] for paper in papers if paper.processor == "invoice"} >= {
        "Oakhurst Timber Ltd",
        "Hanse Textil Kontor GmbH",
        "Công ty TNHH Gốm Bát Hà",
    }


def test_every_truth_can_be_read_and_names_fields_that_its_processor_has(papers: list[Paper]) -> None:
    for paper in papers:
        truth = json.loads((paper.path.parents[1] / "keys" / f"{paper.path.stem}.json").read_text("utf-8"))
        assert truth.pop("type") == paper.type
        assert truth.pop("processor") == (paper.processor or "")
        assert truth.pop("language") == paper.language
        assert truth == dict(paper.fields)
        if paper.processor:
            assert set(truth) <= fields_of(paper.processor)
            assert len(truth) >= 4
        else:
            assert not truth


def test_sums_and_check_digits_are_right(papers: list[Paper]) -> None:
    for paper in papers:
        if paper.processor == "invoice":
            net, vat, total = (float(paper.fields[name].split()[0]) for name in ("net", "vat", "total"))
            assert net + vat == pytest.approx(total)
            assert check_tax_number(paper.fields["seller_tax_number"])
            assert paper.fields["invoice_date"] < paper.fields["due_date"]


def test_what_the_truth_says_stands_on_the_text_pdfs(papers: list[Paper]) -> None:
    for paper in papers:
        if paper.processor == "invoice" and paper.path.suffix == ".pdf":
            document = pdfium.PdfDocument(paper.path)
            text = document[0].get_textpage().get_text_bounded()
            document.close()
            assert paper.fields["invoice_number"] in text
            assert paper.fields["seller_name"] in text
            assert paper.fields.get("iban", "") in text.replace(" ", "")


def test_pictures_and_word_files_open(papers: list[Paper]) -> None:
    for paper in papers:
        if paper.path.suffix in (".jpg", ".png"):
            with Image.open(paper.path) as image:
                assert min(image.size) > 400
        if paper.path.suffix == ".docx":
            assert Document(str(paper.path)).paragraphs[0].text


def test_the_same_seed_makes_the_same_files(papers: list[Paper], tmp_path: Path) -> None:
    again = documents.generate(tmp_path, today=TODAY)
    assert [paper.fields for paper in again] == [paper.fields for paper in papers]
    for one, other in zip(papers, again, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes(), one.path.name


def test_the_reviewer_approves_what_is_right_and_rejects_what_is_not(papers: list[Paper]) -> None:
    invoice = next(paper for paper in papers if paper.processor == "invoice")
    fields = [{"name": name, "value": value, "normalised": value} for name, value in invoice.fields.items()]
    judge = Reviewer(papers, look=lambda _: {"runs": [{"proposal": {"fields": fields}}]})
    judge.uploaded(invoice.path, {"id": "d1"})
    assert set(judge.papers) == {paper.path for paper in papers}
    assert judge.judge({"document_id": "d1", "agent": "invoice", "fields": fields})["right"]
    wrong = [*fields[1:], {"name": fields[0]["name"], "value": "X-1", "normalised": "X-1"}]
    assert not judge.judge({"document_id": "d1", "agent": "invoice", "fields": wrong})["right"]
    assert not judge.judge({"document_id": "d1", "agent": "invoice", "fields": fields[1:]})["right"]
    assert not judge.judge({"document_id": "d1", "agent": "receipt", "fields": fields})["right"]
    assert judge.decide({"document_id": "d1", "agent": "invoice", "kind": "fields"})[0] == "approve"
    letter = next(paper for paper in papers if paper.type == "letter")
    judge.uploaded(letter.path, {"id": "d2"})
    action, body = judge.decide({"document_id": "d2", "agent": "", "kind": "abstain"})
    assert action == "reject"
    assert "letter" in body["reason"]


def test_names_are_compared_by_their_letters_and_numbers_exactly() -> None:
    assert documents.same("company", "Nhà sách Lá Phong", "NHÀ SÁCH  LÁ PHONG")
    assert not documents.same("total", "10.00 EUR", "10.0 EUR")
    assert not documents.same("total", "10.00 EUR", None)


def test_the_past_is_invoices_of_the_same_suppliers_and_no_two_alike(papers: list[Paper], tmp_path: Path) -> None:
    past = documents.past(tmp_path, today=TODAY)
    assert len(past) == documents.PAST_COUNT
    assert {paper.path.suffix for paper in past} == {".pdf", ".eml"}
    numbers = {paper.fields["invoice_number"] for paper in (*past, *papers) if paper.processor == "invoice"}
    assert len(numbers) == documents.PAST_COUNT + 29
    assert all(paper.path.exists() for paper in past)


def test_the_invoices_are_read_as_their_truth_says_each_row_too(papers: list[Paper]) -> None:
    file = parse(FieldsFile, (Path("agents/library/invoice") / FIELDS).read_text("utf-8"))
    printed = [paper for paper in papers if paper.processor == "invoice" and paper.path.suffix == ".pdf"][:9]
    for paper in printed:
        read_fields = [one.model_dump() for one in extract(finish(read(paper.path)), file, TODAY.date())[0]]
        assert documents.fault_of(paper, "invoice", read_fields) == ""
    assert not documents.same("lines", printed[0].fields["lines"], printed[1].fields["lines"])
