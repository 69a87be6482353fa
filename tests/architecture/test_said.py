"""What code writes in English for people to read has a translation: found in the code itself, by its syntax tree."""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from api.words import Words, catalogue

ROOT = Path(__file__).parents[2]
PACKAGES = ("agents", "workers", "metrics", "core")
SAID = ("reason", "missing", "why", "skipped", "summary")  # values of these names stand on pages
RAISED = ("NeedsHuman", "TryLater", "Fault", "abstain", "_abstain", "_nothing", "propose", "_same_agent")
READ = ("agents/manifest.py", "agents/fields_file.py")  # what they say of a folder's file becomes a fault
# In these files such sentences are also what functions return.
RETURNED = (
    "agents/cases.py", "agents/triage/route.py", "agents/documents/extract/exact.py", "workers/parse_server.py",
    "metrics/gaps.py", "metrics/beside.py",
)  # fmt: skip


def texts(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be; what is put in stands as 7."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(_part(part) for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from texts(value)


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    quoted = isinstance(part, ast.FormattedValue) and part.conversion == ord("r")
    percent = isinstance(part, ast.FormattedValue) and part.format_spec and "%" in ast.unparse(part.format_spec)
    return "'7'" if quoted else "7%" if percent else "7"


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def said(path: Path) -> Iterator[str]:
    """Sentences in a file that a page may show."""
    for node in nodes(path):
        shown: Sequence[ast.expr]
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            raised = name in RAISED or (name == "ValueError" and str(path).endswith(READ))
            shown = [*(node.args if raised else ()), *(k.value for k in node.keywords if k.arg in SAID)]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in SAID:
            shown = [node.value]
        elif isinstance(node, ast.Return | ast.Yield) and str(path).endswith(RETURNED):
            shown = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value] if node.value else []
        else:
            continue
        for one in shown:
            yield from (text for text in texts(one) if len(text.replace("7", "").split()) > 1)


@pytest.mark.parametrize("language", ["de", "vi"])
def test_every_sentence_that_code_writes_for_pages_is_translated(language: str) -> None:
    words = Words(language)
    bare: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            place = str(path.relative_to(ROOT))
            bare |= {text: place for text in said(path) if words.phrase(text) == text}
    assert bare == {}


def test_every_code_of_a_refusal_that_a_page_may_show_has_words() -> None:
    """A refusal is told by its code; these come only to callers of the API, to commands and to workers."""
    elsewhere = {
        "arguments", "bad_key", "damaged", "duplicate_external_id", "empty", "encrypted", "has_certificate",
        "intent_unknown", "key_reused", "log_in", "no_document", "no_examples", "no_key", "no_text", "not_a_candidate",
        "not_an_agent", "nothing_to_inherit", "refused", "setting_wrong", "too_deep", "too_many_members",
        "too_many_pages", "too_many_pixels", "unsupported", "zip_bomb",
    }  # fmt: skip
    found = set()
    for package in ("core", "api", "agents"):
        for path in (ROOT / package).rglob("*.py"):
            for node in nodes(path):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rejected":
                    found |= {text for k in node.keywords if k.arg == "code" for text in texts(k.value)}
    assert {code for code in found if f"refused.{code}" not in catalogue("en")} == elsewhere
