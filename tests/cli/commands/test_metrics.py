"""`saola metrics` and `saola report` against a real database: files that others can read, and sums that hold."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb
import pypdfium2
import pytest
import typer
from typer.testing import CliRunner

from api.figures import Wanted
from api.insights import settled_week
from bench.definitions import Month
from cli.commands import metrics, report
from core import db
from core.errors import Rejected
from core.store import events
from core.store.sql import execute
from metrics.cohort import GROUPS
from tests.metrics.test_report import READ, document

runner = CliRunner()
reporting = typer.Typer()
reporting.command()(report.report)
WEEKS = timedelta(days=36)


@pytest.fixture(scope="module")
def tenant(installed: UUID) -> UUID:
    """A tenant with a generated month that ended last week."""
    month = list(Month(400, 1).events())
    shift = datetime.now(UTC) - WEEKS - min(e.at for e in month)
    log = [e.model_copy(update={"tenant_id": installed, "at": e.at + shift}) for e in month]
    with db.app_database().transaction(installed) as connection:
        events.append(connection, *log)
        for e in document(1, *READ):
            told = {"tenant_id": installed, "at": datetime.now(UTC) - WEEKS / 2}
            events.append(connection, e.model_copy(update=told))
    return installed


def test_the_rollups_are_what_the_log_gives_and_a_slip_is_found(tenant: UUID) -> None:
    days = ["--since", f"{datetime.now(UTC) - WEEKS:%Y-%m-%d}"]
    assert runner.invoke(metrics.app, ["check", *days]).stdout == "the roll-ups are what the log gives\n"
    with db.app_database().transaction(tenant) as connection:
        execute(connection, "UPDATE rollups SET durable = durable + 1 WHERE start > now()::date - 25")
    wrong = runner.invoke(metrics.app, ["check", *days])
    assert wrong.exit_code == 1
    assert "tickets durable: " in wrong.stdout
    assert "items rolled up anew" in runner.invoke(metrics.app, ["rebuild"]).stdout
    assert runner.invoke(metrics.app, ["check", *days]).exit_code == 0


@pytest.mark.parametrize("what", ["figures", "events"])
def test_every_format_holds_the_same_rows(tenant: UUID, tmp_path: Path, what: str) -> None:
    counts = set()
    for ending in ("csv", "jsonl", "parquet"):
        file = tmp_path / f"out.{ending}"
        by = ["--by", "intent"] if what == "figures" else []
        assert runner.invoke(metrics.app, ["export", "--what", what, "--out", str(file), *by]).exit_code == 0
        with duckdb.connect() as duck:
            told = f"SELECT count(*), count(DISTINCT {'figure' if by else 'kind'}) FROM '{file}'"
            counts.add(duck.execute(told).fetchall()[0])
    assert len(counts) == 1 and min(counts.pop()) > 9


def test_what_cannot_be_written_is_refused_with_what_can(tenant: UUID, tmp_path: Path) -> None:
    for words, told in (
        (["export", "--out", "x.xml"], "csv, jsonl, parquet"),
        (["export", "--out", "x.csv", "--what", "people"], "figures, events"),
        (["weekly", "--out", "x.doc"], ".html or .pdf"),
        (["weekly", "--out", "x.pdf", "--language", "fr"], "en, vi, de"),
    ):
        error = runner.invoke(metrics.app, words).exception
        assert isinstance(error, Rejected) and told in error.hint


WEEKLY = {
    "en": ("Automation share (tickets)", "From received to audited right", "Ten knowledge gaps", "400 million"),
    "de": ("Automatisierungsanteil (Tickets)", "Zehn Wissenslücken", "Zur Vorwoche", "400 Millionen"),
    "vi": ("Tỷ lệ tự động hóa (phiếu)", "Mười lỗ hổng kiến thức", "So với tuần trước", "400 triệu"),
}


@pytest.mark.parametrize("language", WEEKLY)
def test_the_weekly_report_is_a_page_and_a_pdf_with_the_same_words(tenant: UUID, tmp_path: Path, language: str) -> None:
    for ending in ("html", "pdf"):
        asked = ["weekly", "--out", str(tmp_path / f"week.{ending}"), "--language", language]
        done = runner.invoke(metrics.app, asked)
        assert done.exit_code == 0, done.exception
    html = (tmp_path / "week.html").read_text()
    document = pypdfium2.PdfDocument(tmp_path / "week.pdf")
    text = " ".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    for words in WEEKLY[language]:
        assert words in html
        assert words in text.replace("\r\n", " ")
    assert "<script" not in html and "http" not in html and f'lang="{language}"' in html
    assert "weekly." not in html and (language == "en") == ("not yet known" in html)


def test_a_week_is_seven_whole_days_of_the_tenants_time_zone(tenant: UUID) -> None:
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    evening = datetime(2026, 9, 20, 19, tzinfo=UTC)  # the 21st there
    week = settled_week(Wanted(tenant, evening, evening, None, None), zone)
    assert (week.since, week.until) == (datetime(2026, 9, 7, tzinfo=zone), datetime(2026, 9, 14, tzinfo=zone))


def test_the_report_stands_beside_other_vendors_definitions(tenant: UUID) -> None:
    done = runner.invoke(reporting, ["--definitions", "fin,zendesk", "--json", "--by", "language"])
    told = json.loads(done.stdout)
    assert {one["vendor"] for one in told["definitions"]} == {"saola", "fin", "zendesk"}
    shares = {one["definition"]["name"]: one["estimate"]["value"] for one in told["definitions"]}
    assert shares["fin_resolution"] > shares["automation_share"] > 0
    assert "Fin: automation rate" in runner.invoke(reporting, ["--definitions", "all"]).stdout
    assert isinstance(runner.invoke(reporting, ["--definitions", "acme"]).exception, Rejected)
    assert isinstance(runner.invoke(reporting, ["--by", "moon"]).exception, Rejected)


@pytest.mark.parametrize("by", GROUPS)
def test_the_report_has_a_line_for_each_part_whatever_it_is_by(tenant: UUID, by: str) -> None:
    told = json.loads(runner.invoke(reporting, ["--by", by, "--json"]).stdout)
    kind = "documents" if by in ("type", "source") else "tickets"
    assert sum(part[kind] for part in told["parts"]) == told[kind] > 0
    said = runner.invoke(reporting, ["--by", by], env={"COLUMNS": "250"}).stdout
    assert f"By {by}" in said
    assert ("Straight-through share (documents)" in said.split(f"By {by}")[1]) == (kind == "documents")
