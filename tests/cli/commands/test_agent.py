"""`saola agent` as a person meets it."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from api import agents_seen
from cli.commands import agent
from cli.embedded.temporary import Database, Servers
from cli.first_tenant import ensure_tenant
from core import db
from core.errors import Rejected
from core.settings import settings
from core.store import journal, policies
from tests.agents.folders import ANSWERS, CASES, MANIFEST, write_agent
from tests.cli.test_main import saola

runner = CliRunner()


@pytest.fixture(scope="module")
def tenant(module_database: Database, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UUID]:
    folder = tmp_path_factory.mktemp("agents")
    write_agent(folder, agent_yaml=MANIFEST.format(name="cards") + "tier: assisted\n")
    values = {**servers.environment(module_database), "SAOLA_AGENTS": str(folder), "SAOLA_LIBRARY": "false"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        _forget()
        yield ensure_tenant(servers.home)[0]
        db.app_database().close()
        db.system_database().close()
    _forget()


def _forget() -> None:
    for cached in (settings, db.app_database, db.system_database):
        cached.cache_clear()
    agents_seen._seen.cache_clear()


def tier(tenant: UUID) -> str:
    with db.app_database().transaction(tenant) as connection:
        return policies.tenant_state(connection).agents["cards"].tier


def set_live(tenant: UUID, **setting: object) -> None:
    with db.app_database().transaction(tenant) as connection:
        policies.set_agent(connection, tenant, "cards", **setting)


def test_agents_are_listed_and_refused_ones_named_with_file_and_line(home: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    write_agent(own)
    write_agent(own, "broken", agent_yaml=MANIFEST.format(name="broken") + "tiers: off\n")
    shown = saola("agent", "list", home=home, SAOLA_AGENTS=str(own), SAOLA_LIBRARY="false")
    assert shown.returncode == 1
    assert "cards" in shown.stdout
    assert f"{own / 'broken' / 'agent.yaml'}:7: unknown key 'tiers'" in shown.stdout.replace("\n", "")
    as_json = saola("agent", "list", "--json", home=home, SAOLA_AGENTS=str(own), SAOLA_LIBRARY="false")
    assert [one["name"] for one in json.loads(as_json.stdout)["agents"]] == ["cards"]


def test_an_otherwise_that_leads_nowhere_is_listed_and_fails_its_agents_test(home: Path, tmp_path: Path) -> None:
    write_agent(tmp_path, agent_yaml=MANIFEST.format(name="cards") + "otherwise: desk\n")
    values = {"SAOLA_AGENTS": str(tmp_path), "SAOLA_LIBRARY": "false"}
    told = f"{tmp_path / 'cards' / 'agent.yaml'}:7: otherwise: no agent 'desk' is in service"
    listed = saola("agent", "list", home=home, **values)
    assert (listed.returncode, told in listed.stdout) == (0, True), listed.stdout
    tested = saola("agent", "test", "cards", home=home, **values)
    assert (tested.returncode, told in tested.stdout) == (1, True), tested.stdout


def test_names_are_whole_in_a_narrow_terminal(home: Path) -> None:
    shown = saola("agent", "list", home=home, COLUMNS="80").stdout
    assert "invoices_and_receipts" in shown and "store_information" in shown and "summary" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "summary" in saola("agent", "list", home=home, COLUMNS="120").stdout


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


def test_a_refused_agent_is_told_with_file_and_line(home: Path, tmp_path: Path) -> None:
    write_agent(tmp_path, "broken", agent_yaml=MANIFEST.format(name="broken") + "tiers: off\n")
    shown = saola("agent", "test", "broken", home=home, SAOLA_AGENTS=str(tmp_path), SAOLA_LIBRARY="false")
    assert shown.returncode == 1
    assert f"{tmp_path / 'broken' / 'agent.yaml'}:7: unknown key 'tiers'" in shown.stderr


@pytest.mark.parametrize("command", [("agent", "new", "warranty"), ("processor", "new", "invoice", "total:money")])
def test_a_taken_name_is_refused(home: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    shown = saola(*command, "--folder", str(tmp_path / "own"), home=home)
    assert shown.returncode == 1 and "is taken by" in shown.stderr
    assert not (tmp_path / "own").exists()


def test_a_knowledge_folder_is_searched_in_a_case(home: Path, tmp_path: Path) -> None:
    answers = ANSWERS.replace("Dear {customer.name}, block it in the app.", "{knowledge.title}: {knowledge.passage}")
    cases = CASES.replace("[block]", '["Lost: Block it"]')
    folder = write_agent(tmp_path, answers_md=answers, cases_yaml=cases)
    (folder / "knowledge").mkdir()
    (folder / "knowledge" / "lost.html").write_text("<title>Lost</title><p>Block it in the app.</p>")
    shown = saola("agent", "test", "cards", home=home, SAOLA_AGENTS=str(tmp_path), SAOLA_LIBRARY="false")
    assert shown.returncode == 0, shown.stdout


def test_the_schema_is_json(home: Path) -> None:
    assert json.loads(saola("agent", "schema", home=home).stdout)["title"] == "agent.yaml"


def test_the_tier_in_force_is_listed_beside_the_manifests_where_it_is_lower(tenant: UUID) -> None:
    def listed() -> list[list[str]]:
        return [line.split() for line in runner.invoke(agent.app, ["list"]).stdout.splitlines()[:2]]

    assert listed()[0][3:5] == ["tier", "languages"] and listed()[1][3] == "assisted"
    set_live(tenant, tier="shadow")
    head, row = listed()
    assert head[3:6] == ["tier", "at", "most"] and row[3:5] == ["shadow", "assisted"]
    (shown,) = json.loads(runner.invoke(agent.app, ["list", "--json"]).stdout)["agents"]
    assert (shown["tier"], shown["ceiling"]) == ("shadow", "assisted")
    set_live(tenant, tier="automated", enabled=False)
    assert listed()[1][3:5] == ["off", "assisted"]
    set_live(tenant, enabled=True)


def test_without_a_database_that_answers_the_manifests_tier_is_listed_and_that_is_told(
    home: Path, tmp_path: Path
) -> None:
    write_agent(tmp_path, agent_yaml=MANIFEST.format(name="cards") + "tier: shadow\n")
    nowhere = "postgresql://nobody@127.0.0.1:9/none"
    values = {"SAOLA_DATABASE_URL": nowhere, "SAOLA_SYSTEM_DATABASE_URL": nowhere, "SAOLA_LIBRARY": "false"}
    shown = saola("agent", "list", home=home, SAOLA_AGENTS=str(tmp_path), **values)
    assert shown.returncode == 0, shown.stderr
    assert "shadow" in shown.stdout and "the database does not answer" in shown.stdout


def test_a_tier_is_lowered_and_raised_step_by_step_up_to_the_manifests(tenant: UUID) -> None:
    assert "assisted -> shadow" in runner.invoke(agent.app, ["demote", "cards"]).stdout
    assert tier(tenant) == "shadow"
    assert "shadow -> off" in runner.invoke(agent.app, ["demote", "cards"]).stdout
    told = runner.invoke(agent.app, ["demote", "cards"]).exception
    assert isinstance(told, Rejected) and "off already" in str(told)
    runner.invoke(agent.app, ["promote", "cards"])
    assert "shadow -> assisted" in runner.invoke(agent.app, ["promote", "cards"]).stdout
    told = runner.invoke(agent.app, ["promote", "cards"]).exception
    assert isinstance(told, Rejected) and "all that its manifest allows" in str(told)
    with db.app_database().transaction(tenant) as connection:
        entries = [row for row in journal.read(connection, 10) if row["action"] == "agent.set"]
    assert [row["data"]["after"]["tier"] for row in entries] == ["assisted", "shadow", "off", "shadow"]
