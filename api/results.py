"""Results of documents as rows of a file: the columns, their order and their shape are those of the processor's
fields.yaml, under `export`."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from agents.fields_file import FACTS, FieldsFile, FieldSpec

Row = dict[str, Any]


def columns(file: FieldsFile) -> dict[str, str]:
    """Return the names of the file's columns in their order, each with the field (`total`, `lines.amount`) or the fact
    of the document (`document_id`) that it holds."""
    targets = {name: spec.target for name, spec in _specs(file).items()}
    return {targets.get(name) or name: name for name in file.export.columns or _all(file)}


def rows(found: Iterable[Any], file: FieldsFile) -> Iterator[Row]:
    """Yield the rows of settled documents: one for each, or one for each row of the table that `export.rows` names."""
    names = columns(file)
    for document in found:
        facts = {name: _plain(document[name]) for name in FACTS}
        values = {field["name"]: _value(field, file) for field in document["fields"] or ()}
        table = file.export.rows
        for line in (values.get(table) or []) if table else [{}]:
            mine = {f"{table}.{name}": value for name, value in line.items()}
            yield {column: (facts | values | mine).get(name) for column, name in names.items()}


def nested(row: Mapping[str, Any]) -> Row:
    """Return a row whose columns have dots in their names (`invoice.total`) as objects within objects."""
    found: Row = {}
    for column, value in row.items():
        *path, last = column.split(".")
        here = found
        for step in path:
            here = here.setdefault(step, {})
        here[last] = value
    return found


def _all(file: FieldsFile) -> list[str]:
    table = file.export.rows
    mine = [f"{table}.{column.name}" for spec in file.fields if spec.name == table for column in spec.columns]
    return ["document_id", *(spec.name for spec in file.fields if spec.name != table), *mine]


def _specs(file: FieldsFile) -> dict[str, FieldSpec]:
    inner = {f"{spec.name}.{column.name}": column for spec in file.fields for column in spec.columns}
    return {spec.name: spec for spec in file.fields} | inner


def _value(field: Mapping[str, Any], file: FieldsFile) -> Any:
    """The value as configured; one that a person typed has no other form. A table is a list of objects."""
    if field["type"] == "table":
        try:
            return orjson.loads(field["normalised"] or field["value"] or "[]")
        except orjson.JSONDecodeError:
            return field["value"]
    if file.export.values == "printed":
        return field["value"]
    return field["normalised"] if field["normalised"] is not None else field["value"]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value) if value is not None else None
