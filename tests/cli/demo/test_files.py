import csv
import json
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

from api.shapes import TicketIn
from cli.demo import files
from cli.demo.inbox import Inbox
from cli.imports import Columns, past_ticket, read_rows


def test_the_past_is_what_saola_import_takes_in(past: Inbox, tmp_path: Path) -> None:
    path = files.write_past(past, tmp_path / "past.csv")
    columns = Columns(**files.COLUMNS)
    found = [past_ticket(row, columns, ZoneInfo("UTC")) for _, row in read_rows(path)]
    assert len(found) == len(past.tickets)
    for read, ticket in zip(found, past.tickets, strict=True):
        assert read.ticket.text == ticket.text
        assert read.ticket.received_at == ticket.received_at
        assert read.closed_at == ticket.closed_at
        assert read.label == ticket.label
        assert read.reply == ticket.reply
        assert read.ticket.external_id == f"import:{ticket.id}"


def test_json_lines_hold_the_same_as_the_csv(past: Inbox, tmp_path: Path) -> None:
    few = Inbox(tickets=past.tickets[:50], truth={})
    text = files.write_past(few, tmp_path / "a.csv").read_bytes().decode()
    table = list(csv.DictReader(StringIO(text, newline="")))
    lines = files.write_past(few, tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == table


def test_the_truth_is_in_no_file_and_no_request(past: Inbox, present: Inbox) -> None:
    hidden = {"truth", "topic", "second", "critical"}
    assert not hidden & set(files.row(past.tickets[0]))
    assert not hidden & set(files.as_request(present.tickets[0]))
    assert "label" not in files.as_request(present.tickets[0])


def test_the_present_is_what_the_api_takes_in(present: Inbox) -> None:
    for ticket in present.tickets:
        request = TicketIn.model_validate(files.as_request(ticket))
        assert request.external_id == f"demo:{ticket.id}"
        assert request.received_at == ticket.received_at
        assert request.language == ""
