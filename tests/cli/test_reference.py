"""The reference pages say what the code says, all of it and nothing else."""

import inspect

import pytest

from cli.main import COMMANDS
from cli.reference import DOCS, PAGES, event_kinds
from core import events
from core.events import EventKind
from core.settings import Settings


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_as_the_code_is_now(name: str) -> None:
    assert (DOCS / f"{name}.md").read_text() == PAGES[name](), "run `make docs`"


def test_every_setting_has_a_description_and_is_on_its_page() -> None:
    page = (DOCS / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert field.description and f"| `SAOLA_{name.upper()}` |" in page


def test_every_kind_of_event_is_found() -> None:
    assert [kind for kind, _ in event_kinds(inspect.getsource(events))] == list(EventKind.__args__)  # type: ignore[attr-defined] # a Literal's values


def test_every_job_says_what_it_does() -> None:
    lines = [line for line in (DOCS / "tasks.md").read_text().splitlines() if line.startswith("| `")]
    assert len(lines) > 3
    for line in lines:
        assert len(line.split("|")[3].split()) > 2, f"give the function a docstring: {line}"


def test_every_command_is_on_its_page() -> None:
    page = (DOCS / "cli.md").read_text()
    for path in COMMANDS.glob("[a-z]*.py"):
        assert f"## saola {path.stem.rstrip('_').replace('_', '-')}\n" in page
