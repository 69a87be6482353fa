"""Events and figures as files: CSV, JSON lines, Parquet."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

from metrics.report import Report

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[str, ...] = get_args(Format)
MEDIA: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
EVENTS = {
    **dict.fromkeys(("id",), "UUID"),
    "kind": "VARCHAR",
    "at": "TIMESTAMPTZ",
    **dict.fromkeys(("ticket_id", "document_id", "work_item_id", "run_id"), "UUID"),
    "data": "JSON",
}
FIGURES = {
    **dict.fromkeys(("since", "until", "as_of"), "TIMESTAMPTZ"),
    **dict.fromkeys(("group", "value", "figure", "unit"), "VARCHAR"),
    **dict.fromkeys(("estimate", "low", "high"), "DOUBLE"),
    **dict.fromkeys(("k", "n", "pending"), "BIGINT"),
    "missing": "VARCHAR",
    "simulated": "BOOLEAN",
}


def figure_rows(report: Report) -> Iterator[dict[str, Any]]:
    """Yield every figure of a report and of its parts, one row each."""
    units = {line.definition.name: line.definition.unit for line in report.lines}
    groups = [("all", "", {line.definition.name: line.estimate for line in report.lines})]
    groups += [(str(report.by), part.value, part.figures) for part in report.parts]
    period = {"since": report.since, "until": report.until, "as_of": report.now}
    for group, value, figures in groups:
        for name, e in figures.items():
            head = {**period, "group": group, "value": value, "figure": name, "unit": units[name], "estimate": e.value}
            yield head | e.model_dump(include={"low", "high", "k", "n", "pending", "missing", "simulated"})


def write(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], format: str, out: Path) -> None:
    """Write rows as a file of this format."""
    if format == "parquet":
        parquet(rows, columns, out)
        return
    with out.open("wb") as file:
        for piece in lines(rows, columns, format):
            file.write(piece)


def lines(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], format: str) -> Iterator[bytes]:
    """Yield a file of rows, piece by piece: CSV with a head line, or one JSON object a line."""
    if format == "jsonl":
        for row in rows:
            yield orjson.dumps({name: row[name] for name in columns}) + b"\n"
        return
    out = io.StringIO()
    write = csv.writer(out).writerow
    write(columns)
    for row in rows:
        write([_cell(row[name]) for name in columns])
        yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def _cell(value: object) -> object:
    """A spreadsheet takes a text that begins with one of these for a formula."""
    if isinstance(value, dict | list):
        value = orjson.dumps(value).decode()
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def parquet(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], out: Path) -> None:
    """Write rows as a Parquet file with these column types."""
    import duckdb  # 20 MB that only this needs

    with tempfile.NamedTemporaryFile(suffix=".jsonl") as text, duckdb.connect() as duck:
        for line in lines(rows, columns, "jsonl"):
            text.write(line)
        text.flush()
        duck.read_json(text.name, columns=dict(columns), format="newline_delimited").write_parquet(str(out))
