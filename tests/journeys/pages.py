"""The commands in our pages that are marked to be run: `<!-- runs on: PLACE -->` before a fenced sh block."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.architecture.tree import ROOT, files, text

BLOCK = re.compile(r"<!-- runs on: ([\w ]+) -->\n```sh\n(.*?)```", re.S)
PLACES = ("checkout", "installation", "own servers")


def marked() -> dict[str, dict[Path, str]]:
    """Return for each place the pages with blocks for it, the blocks of a page joined to one script."""
    found: dict[str, dict[Path, str]] = {place: {} for place in PLACES}
    for path in files():
        if path.suffix == ".md" and path.parts[0] in ("README.md", "CONTRIBUTING.md", "docs"):
            for place, script in BLOCK.findall(text(path)):
                found[place][path] = found[place].get(path, "") + script
    return found


def run(script: str, environment: Mapping[str, str], folder: Path) -> str:
    """Run a script in `folder` with `saola` on the path; returns what it printed, fails with it where it fails."""
    own = {"PATH": f"{ROOT / '.venv/bin'}:{environment['PATH']}", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**environment, **own},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert ran.returncode == 0, f"{script}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout + ran.stderr
