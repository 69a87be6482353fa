import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from agents import case_file, catalog, scaffold
from core.errors import Rejected


@pytest.mark.parametrize("engine", ["answers", "llm", "extract"])
def test_a_scaffold_is_a_folder_that_the_catalog_takes(tmp_path: Path, engine: scaffold.EngineName) -> None:
    made = scaffold.scaffold(tmp_path, "my_agent", engine)
    entry, problems = catalog.check(tmp_path / "my_agent")
    assert entry is not None and entry.manifest.tier == "off"  # a running Saola sees it before it is filled in
    assert problems == ()
    assert entry is not None
    assert entry.manifest.engine == engine
    assert {path.name for path in made} >= {"agent.yaml", "cases.yaml"}
    assert len(case_file.parse(entry.files["cases.yaml"])) == 1


def test_an_editor_finds_the_schema_and_it_takes_what_was_written(tmp_path: Path) -> None:
    scaffold.scaffold(tmp_path, "my_agent", "llm")
    text = (tmp_path / "my_agent" / "agent.yaml").read_text(encoding="utf-8")
    named = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    validator = Draft202012Validator(json.loads((tmp_path / "my_agent" / named).read_text(encoding="utf-8")))
    assert list(validator.iter_errors(YAML(typ="safe").load(text))) == []
    wrong = YAML(typ="safe").load(text.replace("engine: llm", "engine: magic") + "samplez: 3\n")
    assert sorted(list(fault.path) for fault in validator.iter_errors(wrong)) == [[], ["engine"]]
    found = catalog.Catalog([tmp_path], library=False)
    found.refresh()
    assert (list(found.entries), found.problems) == (["my_agent"], ())


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
    steps = scaffold.next_steps(tmp_path / "mine", "answers", [])
    assert steps[0] == f"Tell Saola where it lies: export SAOLA_AGENTS={tmp_path}"
    assert any("saola agent test mine" in step for step in steps)
    assert len(scaffold.next_steps(tmp_path / "mine", "answers", [tmp_path])) == len(steps) - 1


def test_where_saola_looks_already_is_looked_on_with_the_new_place(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    known = [tmp_path / "before", tmp_path / "not there"]
    (first, *_) = scaffold.next_steps(tmp_path / "new" / "mine", "answers", known)
    assert first == f"Tell Saola where it lies: export SAOLA_AGENTS={tmp_path / 'before'}:{tmp_path / 'new'}"


def test_a_name_that_another_agent_has_is_not_free(tmp_path: Path) -> None:
    entries = catalog.open_catalog().entries
    scaffold.check_free("my_own", entries)
    with pytest.raises(Rejected, match="the name 'warranty' is taken by"):
        scaffold.check_free("warranty", entries)
