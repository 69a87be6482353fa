from pathlib import Path

import pytest

from agents import case_file, catalog, scaffold
from core.errors import Rejected


@pytest.mark.parametrize("engine", ["answers", "llm", "extract"])
def test_a_scaffold_is_a_folder_that_the_catalog_takes(tmp_path: Path, engine: scaffold.EngineName) -> None:
    made = scaffold.scaffold(tmp_path, "my_agent", engine)
    entry, problems = catalog.check(tmp_path / "my_agent")
    assert problems == ()
    assert entry is not None
    assert entry.manifest.engine == engine
    assert {path.name for path in made} >= {"agent.yaml", "cases.yaml"}
    assert len(case_file.parse(entry.files["cases.yaml"])) == 1


@pytest.mark.parametrize("name", ["", "Bad", "1st", "with space", "../up", "a" * 80])
def test_a_bad_name_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(Rejected, match="no name for an agent"):
        scaffold.scaffold(tmp_path, name, "answers")
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_never_overwritten(tmp_path: Path) -> None:
    scaffold.scaffold(tmp_path, "mine", "answers")
    with pytest.raises(Rejected, match="exists already"):
        scaffold.scaffold(tmp_path, "mine", "llm")


def test_the_next_steps_name_the_command_and_the_path(tmp_path: Path) -> None:
    steps = scaffold.next_steps(tmp_path / "mine", "answers", False)
    assert steps[0] == f"Tell Saola where it lies: export SAOLA_AGENTS={tmp_path}"
    assert any("saola agent test mine" in step for step in steps)
    assert len(scaffold.next_steps(tmp_path / "mine", "answers", True)) == len(steps) - 1
