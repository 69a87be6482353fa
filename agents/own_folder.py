"""Agents of the operator: what may be changed from the pages, and how their files are written.

Only folders on the SAOLA_AGENTS path are ever written to, never the built-in library nor an installed package's. A file
is written whole under another name first, and then takes the place of the old one: a catalog that looks at that moment
sees the one or the other, never half a file.
"""

import os
import secrets
import shutil
from collections.abc import Mapping
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from agents import catalog
from agents.case_file import parse as parse_cases
from agents.catalog import Entry
from agents.manifest import Name
from agents.yaml_errors import Invalid
from core.errors import Rejected

ANSWERS = "answers.md"
CASES = "cases.yaml"


def is_own(entry: Entry, path: str) -> bool:
    """Return whether the agent lies on the SAOLA_AGENTS `path`, where it may be written to."""
    return _lies_on(entry.folder, path)


@lru_cache(maxsize=4096)  # a form that offers a thousand agents asks for each
def _lies_on(folder: Path, path: str) -> bool:
    folder = folder.resolve()
    inside = any(folder == root or root in folder.parents for root in catalog.folders_on_path(path))
    return inside and not folder.is_relative_to(catalog.LIBRARY)


def root_of(path: str) -> Path:
    """Return the folder in which new agents are put: the first of the path that is no agent's own folder.

    Raises Rejected (code no_own_folder).
    """
    for root in catalog.folders_on_path(path):
        if root.is_dir() and not (root / "agent.yaml").exists() and not root.is_relative_to(catalog.LIBRARY):
            return root
    hint = "Set SAOLA_AGENTS to a folder of yours that Saola may write to."
    raise Rejected("there is no folder for agents of your own", code="no_own_folder", hint=hint)


def write_answers(entry: Entry, text: str, path: str, *, read_as: str) -> Entry:
    """Put a text in the place of the agent's answers.md; returns the agent as it is then.

    Raises Rejected: agent_built_in; changed_meanwhile where the folder is no longer the one of version `read_as`;
    answers_invalid where the agent would be refused with it (the old file is then kept).
    """
    if not is_own(entry, path):
        hint = "Make a copy of your own first; the built-in agents are never changed."
        raise Rejected(f"{entry.name} is built in", code="agent_built_in", hint=hint)
    now, _ = catalog.check(entry.folder)
    if now is None or now.version != read_as:
        told = "the agent's files were changed meanwhile"
        raise Rejected(told, code="changed_meanwhile", hint="Reload the page, and look at what is there now.")
    target = entry.folder / ANSWERS
    before = target.read_bytes() if target.exists() else None
    replace(target, text)
    made, problems = catalog.check(entry.folder)
    if made is None:
        if before is None:
            target.unlink()
        else:
            replace(target, before.decode("utf-8"))
        hint = "Nothing was changed."
        raise Rejected("; ".join(one.message for one in problems[:3]), code="answers_invalid", hint=hint)
    return made


def add_case(entry: Entry, case: Mapping[str, Any], path: str) -> None:
    """Add a case to the agent's cases.yaml, behind what is there, which stays as it is written.

    Raises Rejected: agent_built_in; case_exists where one has its name already; cases_invalid.
    """
    if not is_own(entry, path):
        hint = "Copy the case into cases.yaml yourself; the built-in agents are never changed."
        raise Rejected(f"{entry.name} is built in", code="agent_built_in", hint=hint)
    target = entry.folder / CASES
    content = StringIO()
    YAML().dump([dict(case)], content)
    before = target.read_text(encoding="utf-8").rstrip()
    text = f"{before}\n" if before not in ("", "[]") else ""
    text += content.getvalue()
    try:
        parse_cases(text)
    except Invalid as error:
        named = any("a second time" in fault.message for fault in error.faults)
        told = f"{entry.name} has a case of this name" if named else "; ".join(f.message for f in error.faults[:3])
        raise Rejected(told, code="case_exists" if named else "cases_invalid", hint="Nothing was changed.") from None
    replace(target, text)


def copy(entry: Entry, name: str, path: str) -> Entry:
    """Copy an agent's folder under a new name to where the operator's agents lie; returns the copy.

    Raises Rejected: invalid_name, exists, no_own_folder, answers_invalid.
    """
    target = _free(root_of(path), name)
    fresh = target.with_name(
        f".{name}.{secrets.token_hex(4)}"
    )  # a folder whose name begins with a dot is not looked at
    shutil.copytree(entry.folder, fresh, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    yaml = YAML()
    manifest = yaml.load((fresh / "agent.yaml").read_text(encoding="utf-8"))
    manifest["name"] = name
    with (fresh / "agent.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(manifest, file)
    return _moved(fresh, target)


def start(name: str, files: Mapping[str, str], path: str) -> Entry:
    """Make an agent's folder of these files where the operator's agents lie; returns the agent.

    Raises Rejected: invalid_name, exists, no_own_folder, answers_invalid.
    """
    target = _free(root_of(path), name)
    fresh = target.with_name(f".{name}.{secrets.token_hex(4)}")
    fresh.mkdir()
    for file, text in files.items():
        (fresh / file).write_text(text, encoding="utf-8")
    return _moved(fresh, target)


def _free(root: Path, name: str) -> Path:
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        hint = "Use small letters, digits and _, beginning with a letter: card_questions"
        raise Rejected(f"{name!r} is no name for an agent", code="invalid_name", hint=hint, where="/name") from None
    if (root / name).exists():
        raise Rejected(f"{name} exists already", code="exists", hint="Choose another name.", where="/name")
    return root / name


def _moved(fresh: Path, target: Path) -> Entry:
    fresh.rename(target)
    made, problems = catalog.check(target)
    if made is None:
        shutil.rmtree(target)
        raise Rejected("; ".join(one.message for one in problems[:3]), code="answers_invalid")
    return made


def replace(target: Path, text: str) -> None:
    """Write a file whole under another name, which no catalog looks at, and let it take the old one's place."""
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with fresh.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)
