"""The operator's agents are written whole or not at all; the library never."""

from pathlib import Path

import pytest

from agents import case_file, own_folder
from agents.catalog import LIBRARY, check, open_catalog
from core.errors import Rejected


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "agents").mkdir()
    return tmp_path / "agents"


def test_a_copy_is_an_agent_of_its_own_that_the_catalog_sees(root: Path) -> None:
    library = open_catalog()
    made = own_folder.copy(library.get("store_information"), "our_store", str(root))
    assert made.name == "our_store" and made.folder == root / "our_store"
    assert set(open_catalog(str(root)).entries) == {*library.entries, "our_store"}
    assert not [path for path in root.iterdir() if path.name[0] == "."]


def test_answers_are_replaced_where_nobody_changed_them_meanwhile(root: Path) -> None:
    made = own_folder.copy(open_catalog().get("store_information"), "our_store", str(root))
    text = (made.folder / "answers.md").read_text(encoding="utf-8").replace("# ", "# Our ", 1)
    after = own_folder.write_answers(made, text, str(root), read_as=made.version)
    assert after.version != made.version
    assert (made.folder / "answers.md").read_text(encoding="utf-8") == text
    with pytest.raises(Rejected) as told:
        own_folder.write_answers(made, text + "\n", str(root), read_as=made.version)
    assert told.value.code == "changed_meanwhile"


def test_answers_that_would_put_the_agent_out_of_service_are_refused_and_the_old_ones_kept(root: Path) -> None:
    made = own_folder.copy(open_catalog().get("store_information"), "our_store", str(root))
    before = (made.folder / "answers.md").read_bytes()
    with pytest.raises(Rejected) as told:
        own_folder.write_answers(made, "# Nothing", str(root), read_as=made.version)
    assert told.value.code == "answers_invalid"
    assert (made.folder / "answers.md").read_bytes() == before
    assert check(made.folder)[0] is not None


def test_the_library_is_never_written_to_whatever_the_path_says(root: Path) -> None:
    entry = open_catalog().get("store_information")
    for path in (str(root), str(LIBRARY)):
        with pytest.raises(Rejected) as told:
            own_folder.write_answers(entry, "# x", path, read_as=entry.version)
        assert told.value.code == "agent_built_in"
    with pytest.raises(Rejected) as told:
        own_folder.copy(entry, "our_store", str(LIBRARY))
    assert told.value.code == "no_own_folder"


def test_a_case_is_added_behind_those_that_are_there_once(root: Path) -> None:
    made = own_folder.copy(open_catalog().get("store_information"), "our_store", str(root))
    before = (made.folder / "cases.yaml").read_text(encoding="utf-8")
    case = {"name": "from a trial", "ticket": {"text": "Where are you?"}, "expect": {"kind": "reply"}}
    own_folder.add_case(made, case, str(root))
    after = (made.folder / "cases.yaml").read_text(encoding="utf-8")
    assert after.startswith(before.rstrip())
    assert case_file.parse(after)[-1].name == "from a trial"
    with pytest.raises(Rejected) as told:
        own_folder.add_case(made, case, str(root))
    assert told.value.code == "case_exists"
    with pytest.raises(Rejected) as told:
        own_folder.add_case(open_catalog().get("store_information"), case, str(root))
    assert told.value.code == "agent_built_in"


@pytest.mark.parametrize("name", ["../away", "Upper", "a b", ""])
def test_a_name_that_could_lead_elsewhere_is_refused(root: Path, name: str) -> None:
    with pytest.raises(Rejected) as told:
        own_folder.start(name, {}, str(root))
    assert told.value.code == "invalid_name"


def test_a_start_that_is_no_agent_leaves_nothing_behind(root: Path) -> None:
    with pytest.raises(Rejected):
        own_folder.start("half", {"agent.yaml": "name: half"}, str(root))
    assert list(root.iterdir()) == []
