"""`saola documents read FILE`: the text, the type and the fields of a document, with the evidence for each."""

import json
from collections.abc import Iterable, Sequence
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
from agents.documents.splitting import named, names, split
from agents.documents.values import Reading
from agents.engines.extract import broken_rules, doubts_of
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
        why = escape(f"{error} - {error.hint}" if error.hint else str(error))
        OUT.print(f"[red]refused[/red] ({error.code}): {why}")
        raise typer.Exit(1) from None
    finally:
        stop_servers()
    parts = split(reading)
    if as_json:
        told = _as_json(reading, processor)
        if len(parts) > 1:
            told["documents"] = [{"name": name, **_as_json(one, processor)} for one, name in _named(parts)]
        OUT.print_json(json.dumps(told, ensure_ascii=False))
        return
    if len(parts) > 1:
        OUT.print(f"the file holds {len(parts)} documents: {named(parts)}", highlight=False)
    for one, name in _named(parts):
        if len(parts) > 1:
            OUT.rule(escape(name))
        _show(one, processor, text=text)


def _named(parts: Sequence[Reading]) -> Iterable[tuple[Reading, str]]:
    return zip(parts, names(parts), strict=True)


def _show(reading: Reading, processor: str, *, text: bool) -> None:
    kind = classify(reading)
    fields, score = _fields(reading, kind, processor)
    if text:
        OUT.print(reading.text if reading.text.strip() else "(no text)", markup=False, highlight=False)
        OUT.rule()
    pages = f"{len(reading.pages)} page{'s' if len(reading.pages) != 1 else ''}"
    language_read = reading.language or "?"
    OUT.print(f"[bold]{kind.type}[/bold] {kind.score:.2f}   language {language_read}   {pages}   {reading.media_type}")
    for note in reading.notes:
        OUT.print(f"[yellow]note[/yellow] {escape(note)}")
    for rule in broken_rules(reading):
        OUT.print(f"[red]{escape(rule)}[/red]")
    for doubt in doubts_of(reading):
        OUT.print(f"[yellow]{escape(doubt)}[/yellow]")
    for code in reading.codes:
        OUT.print(f"{code.kind} on page {code.page}: {code.text}", markup=False)
    if fields:
        OUT.print(_table(fields, score))
        missing = [field.name for field in fields if field.value is None]
        if missing:
            OUT.print(f"not found: {', '.join(missing)}", highlight=False)


def _fields(reading: Reading, kind: Kind, processor: str) -> tuple[tuple[FieldValue, ...], float]:
    for folder in [Path(processor), LIBRARY / processor] if processor else sorted(LIBRARY.iterdir()):
        path = folder / "fields.yaml"
        if not path.is_file():
            continue
        try:
            file = yaml_errors.parse(FieldsFile, path.read_text("utf-8"))
        except yaml_errors.Invalid as error:
            OUT.print(f"[red]{escape(str(path))}[/red]: {escape(str(error))}")
            raise typer.Exit(2) from None
        if processor or kind.type in file.document_types:
            return extract(reading, file)
    if processor:
        known = ", ".join(path.parent.name for path in sorted(LIBRARY.glob("*/fields.yaml")))
        raise typer.BadParameter(f"there is no processor {processor!r}; a folder with fields.yaml, or {known}")
    return (), 0.0


def _table(fields: tuple[FieldValue, ...], score: float) -> Table:
    table = Table(caption=f"document score {score:.2f} (of the fields marked *: they are required)")
    table.add_column("field", no_wrap=True)
    table.add_column("value", overflow="fold", ratio=3)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("where", overflow="fold", ratio=2)
    for field in fields:
        if field.value is not None:
            table.add_row(
                field.name + " *" * field.required, _value(field), f"{field.score:.2f}", escape(_where(field))
            )
    return table


def _value(field: FieldValue) -> str:
    """The value as printed and, where that is another, in its canonical form."""
    shown = escape(field.value or "")
    if field.type == "table" or not field.normalised or field.normalised == field.value:
        return shown
    return f"{shown}\n[dim]{escape(field.normalised)}[/dim]"


def _where(field: FieldValue) -> str:
    evidence = field.evidence
    if evidence is None:
        return field.reason
    if evidence.kind == "xml":
        return f"XML {evidence.path.replace('[1]', '').rsplit('/', 1)[-1]}"
    box = " ".join(f"{share:.0%}" for share in evidence.box) if evidence.box else ""
    where = f"{'code on ' if evidence.kind == 'code' else ''}page {evidence.page}" + (f" at {box}" if box else "")
    return f"{where} ({field.reason})" if field.reason else where


def _as_json(reading: Reading, processor: str) -> dict[str, object]:
    kind = classify(reading)
    fields, score = _fields(reading, kind, processor)
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
        "doubts": doubts_of(reading),
        "score": score,
        "fields": [field.model_dump(mode="json", exclude_none=True) for field in fields],
    }
