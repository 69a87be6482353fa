"""The pages tell of everything, and what they point to is there."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel

from agents.manifest import Accepts, Limits, Manifest, Tool
from tests.architecture.tree import ROOT, files, python, text

AT_THE_TOP = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
PAGES = [path for path in files() if path.suffix == ".md" and path.parts[0] in ("docs", *AT_THE_TOP)]
WORDS = """agent, reviewer, staff, customer, ticket, trial, document, work item, run, attempt, event, task, job,
proposal, gate, decision, outcome, certificate, target, score, confidence, fingerprint, audit, journal, handoff,
tier, channel, model, automation share, containment, resolution, accuracy"""


def wanted() -> list[str]:
    """Return every package that pyproject.toml names, for running, extras and development."""
    project = tomllib.loads(text(Path("pyproject.toml")))
    lines = list(project["project"]["dependencies"]) + project["dependency-groups"]["dev"]
    lines += [line for extra in project["project"]["optional-dependencies"].values() for line in extra]
    return sorted({canonicalize_name(Requirement(line).name) for line in lines})


def test_every_dependency_says_why_it_is_here() -> None:
    rows = [line.split("|") for line in text(Path("docs/dependencies.md")).splitlines() if line.startswith("| ")][1:]
    told = {canonicalize_name(name.strip().split("[")[0]): row[3].strip() for row in rows for name in row[1].split(",")}
    assert sorted(told) == wanted()
    assert [name for name, why in told.items() if len(why.split()) < 2] == []


@pytest.mark.parametrize("name", AT_THE_TOP)
def test_the_first_pages_are_here(name: str) -> None:
    assert len(text(Path(name)).split()) > 100


def test_the_glossary_explains_every_word() -> None:
    page = text(Path("docs/glossary.md"))
    rows = [line for line in page.splitlines() if line.startswith("| **")]
    told = [name for row in rows for name in re.findall(r"\*\*([\w ]+)\*\*", row.split("|")[1])]
    assert sorted(told) == sorted(" ".join(WORDS.split()).split(", "))


@pytest.mark.parametrize("part", [Manifest, Limits, Accepts, Tool], ids=lambda part: part.__name__)
def test_the_guides_to_agents_explain_every_key_of_the_manifest(part: type[BaseModel]) -> None:
    pages = ["docs/how-to/add-an-agent.md", *(["docs/how-to/use-an-llm.md"] if part is Tool else [])]
    told = " ".join(text(Path(page)) for page in pages)
    assert [name for name in part.model_fields if not re.search(rf"`{name}[`:]|\b{name}: ", told)] == []


def test_operators_are_told_of_every_gauge() -> None:
    made = {name for path in python("api", "workers") for name in re.findall(r'"(saola_[a-z_]+)", "', text(path))}
    page = text(Path("docs/how-to/operate.md"))
    assert made and {name for name in made if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links_lead_somewhere(path: Path) -> None:
    prose = re.sub(r"```.*?```", "", text(path), flags=re.S)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        place, _, anchor = target.partition("#")
        if "://" in target:
            continue
        found = (ROOT / path).parent / place if place else ROOT / path
        if not found.exists() or (anchor and anchor not in anchors(found.read_text())):
            broken.append(target)
    assert not broken


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    heads = re.findall(r"^#+ (.+)$", page, re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_pages_and_decisions_that_the_code_points_to_exist() -> None:
    sources = [*python(), *(path for path in files() if path.name in ("Makefile", "Dockerfile", "docker-compose.yml"))]
    named = {name for path in sources for name in re.findall(r"docs/[\w/-]+\.md", text(path))}
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_files_that_the_pages_name_exist() -> None:
    """A page that names `core/x.py` is wrong once the file has moved."""
    lost = {}
    for page in PAGES:
        if page.name == "CHANGELOG.md":
            continue
        named = re.findall(r"`((?:core|agents|api|workers|metrics|cli|bench|tests|docs|deploy)/[\w./-]+)`", text(page))
        gone = [name for name in named if not (ROOT / name).exists() and not re.search(r"[A-Z]{3,}", name)]
        if gone:
            lost[str(page)] = gone
    assert not lost
