"""What lies in the repository: files, their text and their syntax trees, for the tests that hold the house rules."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "agents", "api", "workers", "metrics", "cli", "bench")


@cache
def files() -> tuple[Path, ...]:
    """Return every file of the repository (tracked or about to be), relative to its root; ignored ones are left out."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return tuple(Path(name) for name in sorted(set(listed)) if name and (ROOT / name).is_file())


def python(*packages: str) -> list[Path]:
    """Return the Python files of these packages (default: all of them, without the tests)."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in (packages or PACKAGES)]


@cache
def text(path: Path) -> str:
    """Return a file's text; bytes that are no UTF-8 are replaced."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@cache
def tree(path: Path) -> ast.Module:
    """Return a Python file's syntax tree."""
    return ast.parse(text(path), str(path))


def within(path: Path, *places: str) -> bool:
    """Say whether `path` is one of these files, or lies in one of these folders."""
    return any(path == Path(place) or Path(place) in path.parents for place in places)
