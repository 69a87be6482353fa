"""Results of documents in a file have the columns, the order and the shape that fields.yaml configures."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agents import yaml_errors
from agents.fields_file import FieldsFile
from api import results
from core.contracts import FieldValue
from core.db import app_database
from core.store.sql import execute
from tests.api import made
from tests.api.conftest import Desk

FIELDS = """
document_types: [invoice]
fields:
  - name: number
    target: invoice.id
  - name: total
    type: money
    target: invoice.sum
  - name: lines
    type: table
    columns: [{name: item}, {name: amount, type: money}]
"""
LINES = [{"item": "Lamp", "amount": "8.00 EUR"}, {"item": "Oil", "amount": "4.50 EUR"}]


def document(*, total: str | None = "12.50 EUR") -> dict[str, Any]:
    fields = [
        FieldValue(name="number", type="text", value="R 1", normalised="R 1"),
        FieldValue(name="total", type="money", value="12,50 €", normalised=total),
        FieldValue(name="lines", type="table", value="Lamp | 8,00", normalised=json.dumps(LINES)),
    ]
    facts = {"document_id": "d1", "filename": "a.pdf", "document_type": "invoice", "language": "de", "score": 0.9}
    arrived = datetime(2026, 11, 5, tzinfo=UTC)
    told = [field.model_dump(mode="json") for field in fields]
    return {**facts, "received_at": arrived, "outcome": "approved", "fields": told}


def file_of(export: str = "") -> FieldsFile:
    return yaml_errors.parse(FieldsFile, FIELDS + export)


def test_without_more_words_it_is_the_fields_in_their_order_by_their_targets() -> None:
    (row,) = results.rows([document()], file_of())
    assert list(row) == ["document_id", "invoice.id", "invoice.sum", "lines"]
    assert row["invoice.sum"] == "12.50 EUR"
    assert results.nested(row) == {
        "document_id": "d1",
        "invoice": {"id": "R 1", "sum": "12.50 EUR"},
        "lines": LINES,
    }


def test_columns_order_and_values_are_configured() -> None:
    (row,) = results.rows([document()], file_of("export: {columns: [total, received_at, number], values: printed}"))
    assert row == {"invoice.sum": "12,50 €", "received_at": "2026-11-05T00:00:00+00:00", "invoice.id": "R 1"}
    assert list(row) == ["invoice.sum", "received_at", "invoice.id"]


def test_a_value_that_a_person_typed_stands_as_typed() -> None:
    (row,) = results.rows([document(total=None)], file_of("export: {columns: [total]}"))
    assert row == {"invoice.sum": "12,50 €"}


def test_each_row_of_a_table_may_be_a_row_of_the_file() -> None:
    found = list(results.rows([document()], file_of("export: {rows: lines, columns: [number, lines.amount]}")))
    assert found == [
        {"invoice.id": "R 1", "lines.amount": "8.00 EUR"},
        {"invoice.id": "R 1", "lines.amount": "4.50 EUR"},
    ]
    assert list(results.columns(file_of("export: {rows: lines}")))[-2:] == ["lines.item", "lines.amount"]


@pytest.mark.parametrize("export", ["{columns: [nobody]}", "{rows: total}", "{columns: [lines.amount]}"])
def test_an_export_of_what_is_not_there_is_refused(export: str) -> None:
    with pytest.raises(yaml_errors.Invalid, match=r"export\."):
        file_of(f"export: {export}")


def test_settled_documents_of_a_processor_come_as_csv_and_json_lines(desk: Desk) -> None:
    fields = (FieldValue(name="total", type="money", value="9,50 €", normalised="9.50 EUR"),)
    settled = made.document(desk.tenant_id, fields, agent="invoice")
    made.document(desk.tenant_id, fields, agent="invoice")  # not settled
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "UPDATE documents SET outcome = 'approved' WHERE id = :id", id=settled.document_id)
    client = desk.client("staff")
    table = client.get("/v1/documents/export?processor=invoice")
    assert table.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(table.text))
    assert (row["document_id"], row["total"]) == (str(settled.document_id), "9.50 EUR")
    assert list(row)[:3] == ["document_id", "invoice_number", "invoice_date"]
    (line,) = client.get("/v1/documents/export?processor=invoice&format=jsonl").text.splitlines()
    assert json.loads(line)["total"] == "9.50 EUR"
    assert client.get("/v1/documents/export?processor=nobody").status_code == 404
