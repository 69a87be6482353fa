"""Notices to staff by mail: what was assigned to them and what is due, gathered into one mail for each person."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from core.calendar import calendar_of, received_before
from core.db import app_database
from core.settings import settings
from core.store import notices, tenants
from core.store.outbox import Job
from workers.channels.mail import hand_over
from workers.jobs import finish

SOON = timedelta(hours=1)  # so long before a first answer is due its person is told
_WORDS = {
    "en": {
        "one": "Saola: a ticket needs you",
        "many": "Saola: {n} tickets need you",
        "assigned": "Assigned to you by {by}",
        "due": "The first answer is due within the hour",
        "nameless": "(no subject)",
        "stop": "Choose under your account which of these mails you get.",
    },
    "de": {
        "one": "Saola: Ein Ticket braucht Sie",
        "many": "Saola: {n} Tickets brauchen Sie",
        "assigned": "Ihnen zugewiesen von {by}",
        "due": "Die erste Antwort ist binnen einer Stunde fällig",
        "nameless": "(ohne Betreff)",
        "stop": "Welche dieser Mails Sie bekommen, wählen Sie in Ihrem Konto.",
    },
    "vi": {
        "one": "Saola: có một yêu cầu cần bạn xử lý",
        "many": "Saola: có {n} yêu cầu cần bạn xử lý",
        "assigned": "{by} giao cho bạn",
        "due": "Phải trả lời lần đầu trong vòng một giờ",
        "nameless": "(không có tiêu đề)",
        "stop": "Bạn chọn loại thư muốn nhận trong trang tài khoản.",
    },
}


def tell_staff(jobs: Sequence[Job]) -> None:
    """Note what is due for whom, then mail each person what no mail has brought yet."""
    tenant_id = jobs[0].tenant_id
    with app_database().transaction(tenant_id) as connection:
        tenant = tenants.current(connection)
        soon = received_before(calendar_of(tenant["settings"]), ZoneInfo(tenant["timezone"]), datetime.now(UTC) + SOON)
        notices.add_due(connection, tenant_id, soon)
        notices.forget_old(connection)
        waiting: dict[str, list[RowMapping]] = defaultdict(list)
        for row in notices.to_mail(connection):
            waiting[row["recipient"]].append(row)
    for recipient, rows in waiting.items():
        ids = [row["id"] for row in rows]
        key = hashlib.sha256("".join(map(str, ids)).encode()).hexdigest()[:24]
        hand_over(f"notice-{key}", compose(recipient, rows, key))
        with app_database().transaction(tenant_id) as connection:
            notices.mailed(connection, ids)
    with app_database().transaction(tenant_id) as connection:
        finish(connection, jobs)


def compose(recipient: str, rows: Sequence[RowMapping], key: str) -> EmailMessage:
    """Return the mail about somebody's notices, in their language."""
    words = _WORDS.get(rows[0]["language"], _WORDS["en"])
    message = EmailMessage()
    message["From"] = settings().mail_from
    message["To"] = recipient
    message["Subject"] = words["one"] if len(rows) == 1 else words["many"].format(n=len(rows))
    message["Date"] = formatdate()
    message["Message-ID"] = f"<notice-{key}@saola>"
    message["Auto-Submitted"] = "auto-generated"
    told = []
    for row in rows:
        subject = " ".join(row["subject"].split())[:200] or words["nameless"]
        why = words[row["kind"]].format(by=row["data"].get("by", ""))
        address = f"{settings().public_url.rstrip('/')}/tickets/{row['ticket_id']}"
        told.append(f"{subject}\n{why}\n{address}")
    message.set_content("\n\n".join(told) + f"\n\n{words['stop']}\n")
    return message
