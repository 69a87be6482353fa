"""`saola documents read FILE`: the text, the type and the fields of a document, with the evidence for each."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agents import yaml_errors
from agents.documents.classify import Kind, classify
from agents.documents.extract.engine import extract
from agents.documents.parser import Hints
from agents.documents.splitting import named, split
from agents.documents.values import Reading
from agents.engines.extract import broken_rules
from agents.fields_file import FieldsFile
from core.contracts import FieldValue
from core.errors import Rejected
from workers.parse_client import parse, stop_servers

app = typer.Typer(help="Read documents without sending them through the line.", no_args_is_help=True)
LIBRARY = Path(__file__).resolve().parents[2] / "agents" / "library"
OUT = Console()


@app.callback()
def documents() -> None:
    """Read documents without sending them through the line."""


@app.command("read")
def read(
    file: Annotated[Path, typer.Argument(help="The file to read.", exists=True, dir_okay=False)],
    processor: Annotated[str, typer.Option(help="Folder or name of a processor; empty: chosen by type.")] = "",
    language: Annotated[str, typer.Option(help="Language the sender writes, such as vi.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
    text: Annotated[bool, typer.Option(help="Show the text too.")] = True,
) -> None:
    """Show what Saola reads from a file."""
    try:
        reading = parse(file, filename=file.name, hints=Hints(language=language))
    except Rejected as error:
        OUT.print(f"[red]refused[/red] ({error.code}): {error}" + (f" - {error.hint}" if error.hint else ""))
        raise typer.Exit(1) from None
    finally:
        stop_servers()
    kind = classify(reading)
    fields, score = _fields(reading, kind, processor)
    if as_json:
        OUT.print_json(json.dumps(_as_json(reading, kind, fields, score), ensure_ascii=False))
        return
    if text:
        OUT.print(reading.text or "(no text)", markup=False, highlight=False)
        OUT.rule()
    pages = f"{len(reading.pages)} page{'s' if len(reading.pages) != 1 else ''}"
    language_read = reading.language or "?"
    OUT.print(f"[bold]{kind.type}[/bold] {kind.score:.2f}   language {language_read}   {pages}   {reading.media_type}")
    for note in reading.notes:
        OUT.print(f"[yellow]note[/yellow] {note}")
    if len(documents := split(reading)) > 1:
        OUT.print(
            f"[yellow]note[/yellow] the file holds {len(documents)} documents: {named(documents)}", highlight=False
        )
    for rule in broken_rules(reading):
        OUT.print(f"[red]{escape(rule)}[/red]")
    for code in reading.codes:
        OUT.print(f"{code.kind} on page {code.page}: {code.text}", markup=False)
    if fields:
        OUT.print(_table(fields, score))


def _fields(reading: Reading, kind: Kind, processor: str) -> tuple[tuple[FieldValue, ...], float]:
    for folder in [Path(processor), LIBRARY / processor] if processor else sorted(LIBRARY.iterdir()):
        path = folder / "fields.yaml"
        if not path.is_file():
            continue
        try:
            file = yaml_errors.parse(FieldsFile, path.read_text("utf-8"))
        except yaml_errors.Invalid as error:
            OUT.print(f"[red]{path}[/red]: {error}")
            raise typer.Exit(2) from None
        if processor or kind.type in file.document_types:
            return extract(reading, file)
    return (), 0.0


def _table(fields: tuple[FieldValue, ...], score: float) -> Table:
    table = Table("field", "value", "normalised", "score", "evidence", caption=f"document score {score:.2f}")
    for field in fields:
        table.add_row(
            field.name,
            field.value or "",
            field.normalised or "",
            f"{field.score:.2f}" if field.value else "",
            _where(field),
        )
    return table


def _where(field: FieldValue) -> str:
    evidence = field.evidence
    if evidence is None:
        return field.reason
    if evidence.kind == "xml":
        return f"XML {evidence.path}"
    box = " ".join(f"{share:.0%}" for share in evidence.box) if evidence.box else ""
    where = f"{'code on ' if evidence.kind == 'code' else ''}page {evidence.page}" + (f" at {box}" if box else "")
    return f"{where} ({field.reason})" if field.reason else where


def _as_json(reading: Reading, kind: Kind, fields: tuple[FieldValue, ...], score: float) -> dict[str, object]:
    return {
        "type": kind.type,
        "type_score": kind.score,
        "language": reading.language,
        "media_type": reading.media_type,
        "pages": len(reading.pages),
        "text": reading.text,
        "codes": [code._asdict() for code in reading.codes],
        "notes": list(reading.notes),
        "broken_rules": broken_rules(reading),
        "score": score,
        "fields": [field.model_dump(mode="json", exclude_none=True) for field in fields],
    }
