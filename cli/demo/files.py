"""Tickets on their way into Saola: the past as a file for `saola import`, the present as requests to the API."""

import csv
import json
from pathlib import Path
from typing import Any

from cli.demo.inbox import DemoTicket, Inbox

COLUMNS = {
    name: name
    for name in (
        *("text", "subject", "language", "channel", "customer", "name"),
        *("received_at", "closed_at", "reply", "label", "minutes", "id"),
    )
}
"""Which column holds what, in the words of `saola import` (`--received-at received_at ...`)."""


def write_past(past: Inbox, path: Path) -> Path:
    """Write the tickets as CSV (or JSON lines, if the name ends in .jsonl) in UTF-8; return the path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row(ticket), ensure_ascii=False) + "\n" for ticket in past.tickets)
        else:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(row(ticket) for ticket in past.tickets)
    return path


def row(ticket: DemoTicket) -> dict[str, str]:
    """Return a past ticket as one row. An empty label means that staff found no agent for it."""
    return {
        "text": ticket.text,
        "subject": ticket.subject,
        "language": ticket.language,
        "channel": ticket.channel,
        "customer": ticket.customer_address,
        "name": ticket.customer_name,
        "received_at": ticket.received_at.isoformat(),
        "closed_at": ticket.closed_at.isoformat() if ticket.closed_at else "",
        "reply": ticket.reply,
        "label": ticket.label,
        "minutes": f"{ticket.minutes:.1f}",
        "id": ticket.id,
    }


def as_request(ticket: DemoTicket) -> dict[str, Any]:
    """Return a ticket as the body of POST /v1/tickets. Its language is left for triage to find out."""
    return {
        "text": ticket.text,
        "subject": ticket.subject,
        "channel": ticket.channel,
        "customer": {
            "address": ticket.customer_address,
            "name": ticket.customer_name,
            "verified": ticket.verified,
        },
        "external_id": f"demo:{ticket.id}",
        "received_at": ticket.received_at.isoformat(),
        "origin": "demo",
    }
