"""`saola import` against a real database: a customer's group comes in with the ticket, and figures are told by it."""

from pathlib import Path
from uuid import UUID

import typer
from typer.testing import CliRunner

from api.figures import Wanted
from api.insights import fairness
from cli.commands import import_
from cli.commands.report import days
from core import db
from workers.rollup import catch_up

runner = CliRunner()
app = typer.Typer()
app.command()(import_.import_)
ROWS = """text,mail,kind,at
I lost my card,an@mail.example,business,2026-03-02T09:00:00Z
Where is my parcel?,bo@mail.example,private,2026-03-02T10:00:00Z
And my invoice?,AN@mail.example,,2026-03-03T09:00:00Z
When do you open?,cy@mail.example,,2026-03-03T10:00:00Z
"""


def test_figures_of_past_tickets_are_told_by_the_group_that_their_column_names(installed: UUID, tmp_path: Path) -> None:
    file = tmp_path / "past.csv"
    file.write_text(ROWS, "utf-8")
    words = [str(file), "--text", "text", "--customer", "mail", "--received-at", "at", "--group", "kind"]
    done = runner.invoke(app, words)
    assert done.exit_code == 0, done.exception
    catch_up(installed)
    start, end = days("2026-03-01", "2026-03-10")
    with db.app_database().transaction(installed, snapshot=True) as connection:
        found = fairness(connection, Wanted(installed, start, end, "customer_group", "import"))
    # Who once was of a group stays in it; who never was named is in none.
    assert {gap.value: gap.tickets for gap in found} == {"business": 2, "private": 1, "": 1}
