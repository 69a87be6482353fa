"""Fields come with value, normalised value, score and evidence; equations choose and confirm."""

import time
from datetime import date
from pathlib import Path

import pytest

from agents import yaml_errors
from agents.documents.extract import rules
from agents.documents.extract.engine import document_score, extract
from agents.documents.reading import finish, read
from agents.documents.values import Code, Line, Page, Reading, assemble, flow, rows
from agents.fields_file import FieldsFile
from core.contracts import FieldValue
from tests.agents.documents import made

LIBRARY = Path(__file__).parents[4] / "agents" / "library"


def processor(name: str) -> FieldsFile:
    return yaml_errors.parse(FieldsFile, (LIBRARY / name / "fields.yaml").read_text("utf-8"))


def fields_of(reading: Reading, name: str) -> dict[str, FieldValue]:
    return {field.name: field for field in extract(finish(reading), processor(name), date(2026, 11, 23))[0]}


def typed(*lines: str) -> Reading:
    return assemble([flow(lines, 1, "text")], "text/plain")


def test_an_invoice_is_read_with_the_place_of_each_value(tmp_path: Path) -> None:
    fields = fields_of(read(made.pdf(tmp_path / "i.pdf")), "invoice")
    assert fields["invoice_number"].value == "RE-2026-0417"
    assert fields["invoice_date"].normalised == "2026-11-05"
    assert fields["due_date"].normalised == "2026-11-19"
    assert fields["net"].normalised == "100.00 EUR"
    assert fields["vat"].normalised == "19.00 EUR"
    assert fields["total"].normalised == "119.00 EUR"
    assert fields["iban"].normalised == "DE89370400440532013000"
    assert fields["seller_name"].value == "Nordlicht Handels GmbH"
    where = fields["total"].evidence
    assert where is not None and where.box is not None and where.page == 1
    left, top, right, bottom = where.box
    assert 0.79 < left < right < 0.92
    assert 0.42 < top < bottom < 0.46


def test_a_confirmed_equation_raises_scores_and_a_broken_one_lowers_them(tmp_path: Path) -> None:
    right = fields_of(read(made.pdf(tmp_path / "a.pdf")), "invoice")
    page = tuple((x, y, "120,00 €" if text == "119,00 €" else text) for x, y, text in made.INVOICE)
    wrong = fields_of(read(made.pdf(tmp_path / "b.pdf", [page])), "invoice")
    assert right["total"].score > 0.85
    assert wrong["total"].score < 0.6
    assert "net + vat = total" in wrong["total"].reason


def test_thousands_of_amounts_are_not_all_held_against_each_other() -> None:
    lines = [f"Total {n}.{n % 20 * 5:02d} Rounding 0.0{n % 5 + 1} cash {n + 1}.00 change 1.00" for n in range(4_000)]
    start = time.process_time()
    assert fields_of(typed("RECEIPT", "Total 3.50", *lines), "receipt")["total"].value
    assert time.process_time() - start < 6


@pytest.mark.parametrize("endless", ["-" * 50_000, "a." * 25_000, "*" * 50_000, "1'" * 25_000, "\"'" * 25_000])
def test_a_line_made_to_hang_the_patterns_takes_moments_and_hides_nothing(endless: str) -> None:
    start = time.process_time()
    fields = fields_of(typed("INVOICE", "Invoice No: RE-2026-0417", endless, "Total: 119,00 EUR"), "invoice")
    assert (fields["invoice_number"].value, fields["total"].normalised) == ("RE-2026-0417", "119.00 EUR")
    assert time.process_time() - start < 10


def test_a_missing_field_says_why() -> None:
    field = fields_of(typed("Rechnung", "nothing else here"), "invoice")["total"]
    assert (field.value, field.evidence) == (None, None)
    assert field.reason.startswith("no value of this type near")


RECEIPT = (
    "MR LAMP (BERLIN) SDN BHD", "(CO.REG : 860671-D)", "LOT 12, JALAN KPB 6,", "43300 SERI KEMBANGAN, SELANGOR",
    "TEL: 03-8079 0255", "TAX INVOICE", "Date: 25/12/2018", "LAMP\t1\t19.01\t19.01", "BULB\t2\t7.45\t14.90",
    "Total Qty\t3\t33.91", "TOTAL\tRM\t33.91", "ROUNDING ADJ\t-0.01", "TOTAL ROUNDED\tRM\t33.90",
    "CASH\tRM\t50.00", "CHANGE\tRM\t16.10", "GST SUMMARY\tAmount\tTax", "SR\t33.91\t0.00", "Total:\t33.91\t0.00",
)  # fmt: skip


def test_a_receipt_s_total_is_what_was_paid_after_rounding() -> None:
    fields = fields_of(typed(*RECEIPT), "receipt")
    assert fields["total"].value == "33.90"
    assert fields["date"].normalised == "2018-12-25"
    assert fields["company"].value == "MR LAMP (BERLIN) SDN BHD"
    assert fields["address"].value == "LOT 12, JALAN KPB 6, 43300 SERI KEMBANGAN, SELANGOR"


def test_a_company_s_name_goes_on_over_rows_when_it_is_cut() -> None:
    reading = typed(
        "HOME MASTER HARDWARE &", "ELECTRICAL", "NO.113G, JALAN SETIA,", "40170 BANDAR SETIA ALAM", "TOTAL 9.00"
    )
    assert fields_of(reading, "receipt")["company"].value == "HOME MASTER HARDWARE & ELECTRICAL"


def test_a_date_in_the_future_does_not_pass_for_a_receipt() -> None:
    field = fields_of(typed("Shop GmbH", "Datum: 24.12.2026", "Summe EUR 9,90"), "receipt")["date"]
    assert field.score < 0.6
    assert field.reason == "fails: past"


def test_the_qr_code_of_an_identity_card_is_read_exactly() -> None:
    code = Code(
        "qr",
        "001090012345|012345678|NGUYỄN VĂN AN|01021990|Nam|Số 5, Hàng Bài, Hà Nội|20082021",
        1,
        (0.7, 0.1, 0.9, 0.3),
    )
    fields = fields_of(assemble([flow(["CĂN CƯỚC CÔNG DÂN"], 1, "ocr"), code], "image/png"), "identity_card")
    assert fields["identity_number"].normalised == "001090012345"
    assert fields["full_name"].value == "NGUYỄN VĂN AN"
    assert fields["birth_date"].normalised == "1990-02-01"
    assert fields["address"].value == "Số 5, Hàng Bài, Hà Nội"
    assert fields["address"].evidence is not None and fields["address"].evidence.kind == "code"


def test_rows_of_a_tilted_page_do_not_run_together() -> None:
    lines = [Line(f"left {n}", 10, 20 * n, 60, 20 * n + 18) for n in range(6)]
    lines += [Line(f"right {n}", 300, 20 * n + 7, 350, 20 * n + 25) for n in range(6)]
    assert [[one.text for one in row] for row in rows(lines)] == [[f"left {n}", f"right {n}"] for n in range(6)]


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        ("net + vat = total", True),
        ("net = total", False),
        ("net * 0.19 = vat", True),
        ("day <= due", True),
        ("due < day", False),
        ("missing = total", None),
        ("sum(lines.amount) = net", True),
    ],
)
def test_checks_between_fields(rule: str, result: bool | None) -> None:
    values = {"net": "100.00 EUR", "vat": "19.00 EUR", "total": "119.00 EUR", "day": "2026-11-05", "due": "2026-11-19"}
    tables = {"lines": [{"amount": "40.00"}, {"amount": "60.00"}]}
    assert rules.holds(rule, values, tables) is result


def test_evidence_of_a_skewed_scan_points_at_the_picture_and_not_at_the_upright_copy() -> None:
    line = Line("119,00", 700, 495, 800, 505)
    tilted = assemble([Page(1, 1000, 1000, (Line("Total", 600, 495, 680, 505), line), "ocr", angle=10)], "image/png")
    where = fields_of(tilted, "invoice")["total"].evidence
    assert where is not None and where.box is not None
    assert where.box[1] > 0.52  # right of the middle, a page turned clockwise lies lower


def test_an_optional_table_in_doubt_holds_nothing_up() -> None:
    total = FieldValue(name="total", type="money", value="1", score=0.9, required=True)
    lines = FieldValue(name="lines", type="table", value="1", score=0.1)
    assert document_score([total, lines]) == 0.9
    assert document_score([lines]) == 0.1
