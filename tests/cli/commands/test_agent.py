"""`saola agent` as a person meets it."""

import json
from pathlib import Path

from tests.agents.folders import MANIFEST, write_agent
from tests.cli.test_main import saola


def test_agents_are_listed_and_refused_ones_named_with_file_and_line(home: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    write_agent(own)
    write_agent(own, "broken", agent_yaml=MANIFEST.format(name="broken") + "tiers: off\n")
    shown = saola("agent", "list", home=home, SAOLA_AGENTS=str(own), SAOLA_LIBRARY="false")
    assert shown.returncode == 1
    assert "cards" in shown.stdout
    assert f"{own / 'broken' / 'agent.yaml'}:8: unknown key 'tiers'" in shown.stdout.replace("\n", "")
    as_json = saola("agent", "list", "--json", home=home, SAOLA_AGENTS=str(own), SAOLA_LIBRARY="false")
    assert [one["name"] for one in json.loads(as_json.stdout)["agents"]] == ["cards"]


def test_a_new_agents_case_fails_until_it_is_filled_in(home: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    settings = {"SAOLA_AGENTS": str(own), "SAOLA_LIBRARY": "false"}
    made = saola("agent", "new", "gift_cards", home=home, **settings)
    assert made.returncode == 0
    assert "saola agent test gift_cards" in made.stdout
    tried = saola("agent", "test", "gift_cards", home=home, **settings)
    assert tried.returncode == 1
    assert "a phrase that the right answer has" in tried.stdout
    cases = own / "gift_cards" / "cases.yaml"
    text = cases.read_text().replace("A question as a customer would write it", "Write what a customer would write")
    cases.write_text(text.replace("a phrase that the right answer has", "approved answer"))
    again = saola("agent", "test", "gift_cards", home=home, **settings)
    assert (again.returncode, "passed" in again.stdout) == (0, True), again.stdout


def test_an_unknown_agent_is_told_with_the_nearest_one(home: Path) -> None:
    shown = saola("agent", "show", "warrantee", home=home)
    assert shown.returncode == 1
    assert "did you mean 'warranty'?" in shown.stderr


def test_the_schema_is_json(home: Path) -> None:
    assert json.loads(saola("agent", "schema", home=home).stdout)["title"] == "agent.yaml"
