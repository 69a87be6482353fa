"""`saola triage` against a real database."""

from uuid import UUID

from typer.testing import CliRunner

from cli.commands import triage
from core.db import app_database
from core.store import policies, triage_versions
from core.store.sql import scalar
from tests.cli.commands.test_key import tenant  # noqa: F401 # the fixture: a first tenant in a database of this module

runner = CliRunner()


def test_versions_are_listed_and_one_is_put_in_service(tenant: UUID) -> None:  # noqa: F811 # the fixture
    with app_database().transaction(tenant) as connection:
        made = [policies.add_classifier(connection, tenant, "triage", name, b"x", {"intents": 2}) for name in "ab"]
        triage_versions.serve(connection, tenant, made[0], by="saola", reason="the first version")
        triage_versions.make_candidate(connection, tenant, made[1], reason="the agents have changed")
    shown = runner.invoke(triage.app, ["list"]).stdout
    assert str(made[0]) in shown and "candidate" in shown and "not compared" in shown
    assert runner.invoke(triage.app, ["serve", str(made[1]), "--reason", "new agents"]).exit_code == 0
    with app_database().transaction(tenant) as connection:
        assert [row["state"] for row in triage_versions.every(connection)] == ["serving", "retired"]
    assert runner.invoke(triage.app, ["retire", str(made[1])]).exit_code != 0
    assert runner.invoke(triage.app, ["train"]).exit_code == 0
    with app_database().transaction(tenant) as connection:
        assert scalar(connection, "SELECT count(*) FROM outbox WHERE task = 'triage.train'") == 1
