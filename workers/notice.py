"""What an alarm did, by mail: to the agent's owner where the manifest names an address, and to operations."""

from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate

from sqlalchemy import RowMapping

from core.db import app_database
from core.settings import settings
from core.store import alarms, notices
from core.store.outbox import Job
from workers.channels.mail import hand_over
from workers.jobs import finish
from workers.resources import workshop


def tell_owners(jobs: Sequence[Job]) -> None:
    """Mail the owners of the agents that an alarm is about, and those of operations who want to hear of alarms; without
    SMTP the mail lies in the outbox folder."""
    shop = workshop()
    for job in jobs:
        with app_database().transaction(job.tenant_id) as connection:
            alarm = alarms.find(connection, job.subject_id)
            decided = alarms.sent_since(connection, alarm["members"], alarm["since"], alarm["at"])
            people = {row["email"] for row in notices.hear_alarms(connection)}
        sent = sum(bool(one["sent"]) for one in decided)  # not those that the alarm stopped on their way
        owners = {
            shop.catalog.entries[name].manifest.owner for name in alarm["members"] if name in shop.catalog.entries
        }
        for owner in sorted(address for address in owners | people if "@" in address):
            message = compose(alarm, owner, sent)
            hand_over(f"{alarm['id']}-{owner}", message)
        with app_database().transaction(job.tenant_id) as connection:
            finish(connection, [job])


def compose(alarm: RowMapping, owner: str, sent: int) -> EmailMessage:
    """Return the mail about an alarm: what rang, what was done, and what to look at."""
    names = ", ".join(alarm["members"])
    message = EmailMessage()
    message["From"] = settings().mail_from
    message["To"] = owner
    message["Date"] = formatdate()
    message["Message-ID"] = f"<alarm-{alarm['id']}@saola>"
    message["Auto-Submitted"] = "auto-generated"
    data = alarm["data"]
    if alarm["kind"] == "accuracy":
        message["Subject"] = f"Saola stopped automating: {names}"
        text = (
            f"The audits of {alarm['agent']} speak against its target of {data['target']:.1%}: "
            f"{data['wrong']} of the last {data['audits']} audited replies were {data['what']}.\n"
            f"Set to assisted at {alarm['at']:%Y-%m-%d %H:%M} UTC: {names}. Every draft now waits for a person, "
            f"and the certificate is revoked.\n\n"
            f"{sent} replies went out since {alarm['since']:%Y-%m-%d %H:%M} UTC, when it seems to have begun.\n"
            f"List them:       saola gate alarm {alarm['id']}\n"
            f"Automate again:  raise the tier of the agent; it must then earn a new certificate.\n"
        )
    else:
        message["Subject"] = f"Saola looks closer at {names}"
        text = (
            f"After replies of {names}, tickets are reopened or taken over more often than usual "
            f"({data['signs']} of {data['runs']}). This proves nothing, so nothing was stopped: half of its replies "
            f"are audited until {data['until']}, and the audits decide.\n"
        )
    message.set_content(text)
    return message
