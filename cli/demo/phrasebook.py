"""The demo company's phrase book: what its customers write about, in three languages (cli/demo/phrases/*.yaml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

LANGUAGES = ("vi", "en", "de")
FOLDER = Path(__file__).parent / "phrases"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One matter. `label` is "agent/intent", or None where no agent covers it; `trend` is its growth from the first
    day of the past to the last day of the present, as a share; `lines` by language and kind (subject, ask, tell, say,
    reply)."""

    name: str
    label: str | None
    weight: float
    minutes: float
    trend: float
    critical: bool
    lines: Mapping[str, Mapping[str, tuple[str, ...]]]


@cache
def topics() -> tuple[Topic, ...]:
    """Return all matters, covered ones first, in a fixed order."""
    files = sorted(path for path in FOLDER.glob("*.yaml") if path.stem != "common")
    files.sort(key=lambda path: path.stem.startswith("uncovered"))
    return tuple(_topic(path.stem, name, entry) for path in files for name, entry in _read(path).items())


@cache
def common() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return what any message may hold, by language and kind (greeting, opener, context, closer, signoff, ...)."""
    return {language: _blocks(blocks) for language, blocks in _read(FOLDER / "common.yaml").items()}


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return content


def _topic(file: str, name: str, entry: dict[str, Any]) -> Topic:
    covered = not file.startswith("uncovered")
    return Topic(
        name=f"{file}/{name}" if covered else f"uncovered/{name}",
        label=f"{file}/{name}" if covered else None,
        weight=float(entry["weight"]),
        minutes=float(entry["minutes"]),
        trend=float(entry.get("trend", 0.0)),
        critical=bool(entry.get("critical", False)),
        lines={language: _blocks(entry[language]) for language in LANGUAGES},
    )


def _blocks(blocks: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(line.strip() for line in text.splitlines() if line.strip()) for kind, text in blocks.items()}
