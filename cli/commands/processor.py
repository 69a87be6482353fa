"""Make a document processor, and test one on a folder of files with the expected fields beside them."""

import json
import re
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table

from agents import catalog, scaffold, yaml_errors
from agents.fields_file import FieldsFile, FieldType
from core.contracts import FieldValue
from core.errors import Rejected
from core.settings import settings

app = typer.Typer()
OUT = Console()
FIELD = re.compile(r"^([a-z][a-z0-9_]{0,62})(?::([a-z_]+))?$")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Its name: small letters, digits and _.")],
    fields: Annotated[list[str], typer.Argument(help="Its fields as name or name:type, such as total:money.")],
    document_type: Annotated[str, typer.Option("--type", help="The type of documents it accepts.")] = "invoice",
    folder: Annotated[Path | None, typer.Option(help="Where to put it; else the first folder of SAOLA_AGENTS.")] = None,
) -> None:
    """Make a processor's folder with these fields and a failing case to fill in."""
    text = fields_text(fields, document_type)
    scaffold.check_free(name, catalog.open_catalog(settings().agent_path, library=settings().library).entries)
    known = catalog.folders_on_path(settings().agent_path)
    root = folder.resolve() if folder else (known or [Path.cwd() / "agents"])[0]
    made = scaffold.scaffold(root, name, "extract", document_type)
    (root / name / "fields.yaml").write_text(text, encoding="utf-8")
    (root / name / "cases").mkdir()
    for path in made:
        OUT.print(f"made {path}", markup=False, soft_wrap=True)
    OUT.print("\nNext:")
    steps = [
        f"Correct the printed labels in {root / name / 'fields.yaml'}",
        "Say there which fields are required: a document's score is made of these",
        f"Put documents into {root / name / 'cases'}, each with its fields in a .json file of the same name",
        f"Run it until it passes: saola processor test {name}",
        f"Raise the tier in {root / name / 'agent.yaml'}: off, shadow, then assisted when you trust it with drafts",
    ]
    for number, step in enumerate(steps, 1):
        OUT.print(f"  {number}. {step}", markup=False, soft_wrap=True)


def fields_text(fields: list[str], document_type: str) -> str:
    """Return a fields.yaml for fields given as name or name:type; the name in words is the first label. Raises
    Rejected (invalid) for a name or type that there cannot be."""
    lines = [f"document_types: [{document_type}]", "fields:"]
    for place, told in enumerate(fields):
        match = FIELD.match(told)
        kind = (match.group(2) or "text") if match is not None else ""
        if match is None or kind not in get_args(FieldType) or kind == "table":
            kinds = ", ".join(one for one in get_args(FieldType) if one != "table")
            raise Rejected(f"{told!r} is no field", code="invalid", hint=f"Write name or name:type; types are {kinds}.")
        label = match.group(1).replace("_", " ").capitalize()
        lines += [
            f"  - name: {match.group(1)}",
            f"    type: {kind}",
            f"    required: {'true' if place == 0 else 'false'}",
        ]
        lines += ["    labels:", f"      en: [{label}]"]
    return "\n".join(lines) + "\n"


@app.command()
def test(
    name: Annotated[str, typer.Argument(help="The processor's name.")],
    files: Annotated[Path | None, typer.Argument(help="Files and their .json keys; else its own cases.")] = None,
) -> None:
    """Read files and hold each field against the expected one; the fields' names are the keys of the .json files."""
    from agents.documents.extract.compare import same
    from agents.documents.extract.engine import extract
    from workers.parse_client import parse, stop_servers

    entry = catalog.open_catalog(settings().agent_path, library=settings().library).get(name)
    path = entry.folder / "fields.yaml"
    if not path.is_file():
        raise Rejected(f"{name!r} is no document processor", code="invalid", hint="It has no fields.yaml.")
    file = yaml_errors.parse(FieldsFile, path.read_text("utf-8"))
    folder = files or entry.folder / "cases"
    cases = pairs(folder)
    if not cases:
        hint = "Put a .json file with the expected fields beside each document: invoice.pdf, invoice.json."
        raise Rejected(f"{folder} holds no file with its expected fields", code="no_cases", hint=hint)
    right: dict[str, list[bool]] = {}
    try:
        for document, key in cases:
            wanted, refused = _expected(key), False
            try:
                read = {field.name: field for field in extract(parse(document), file)[0]}
            except Rejected as error:
                OUT.print(f"{document.name}: refused ({error.code}): {error}", style="red", markup=False)
                read, refused = {}, True
            for field, value in wanted.items():
                got = read.get(field)
                right.setdefault(field, []).append(got is not None and same(got, value))
                if not right[field][-1]:
                    seen = "the file was refused" if refused else _seen(got)
                    told = f"{document.name}: {field}: expected {value!r}, {seen}"
                    OUT.print(told, style="red", markup=False, soft_wrap=True)
    finally:
        stop_servers()
    table = Table("field", "right", "of", box=None)
    for field, judged in right.items():
        table.add_row(field, str(sum(judged)), str(len(judged)))
    OUT.print(table)
    wrong = sum(not one for judged in right.values() for one in judged)
    if wrong:
        OUT.print(f"{wrong} wrong", style="red")
        raise typer.Exit(1)


def _expected(key: Path) -> dict[str, str]:
    """Return the expected fields of a .json file, empty ones left out. Raises Rejected where it holds none."""
    hint = 'Write an object, such as {"total": "119.00 EUR"}.'
    try:
        told = json.loads(key.read_text("utf-8"))
    except ValueError as error:
        raise Rejected(f"{key} is no JSON: {error}", code="invalid", hint=hint) from None
    if not isinstance(told, dict):
        raise Rejected(f"{key} holds no fields", code="invalid", hint=hint)
    return {field: str(value) for field, value in told.items() if value}


def _seen(field: FieldValue | None) -> str:
    if field is None:
        return "no such field"
    return f"read {field.value!r}" if field.value is not None else f"found none: {field.reason}"


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Return the files of a folder that have a .json key of the same stem, with it."""
    keys = {path.stem: path for path in folder.rglob("*.json")} if folder.is_dir() else {}
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json") if keys else []
    return [(path, keys[path.stem]) for path in found if path.stem in keys]
