"""The demo, step by step: a company's past teaches and judges its agents, then its present is worked, before your eyes.

The past is cut by time into three parts: train, calibrate, certify. The report covers later tickets only. A simulated
reviewer, who alone knows the truth behind the generated tickets, takes the place of staff; all it does is marked.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.commands.import_ import import_file
from cli.commands.report import make_report, print_report
from cli.demo import documents, files, inbox, reviewer
from cli.demo.client import Client, wait_until
from cli.demo.inbox import Inbox
from cli.imports import Columns
from core.contracts import SIMULATED_REVIEWER
from core.db import app_database
from core.keys import make_key
from core.store import accounts, audits, intake, outbox, policies, tenants, tickets
from metrics.report import Report

TRAIN, CALIBRATE = 0.30, 0.42  # shares of the past, by time; what is later certifies
LEFT = 14  # messages that wait for whoever looks around
AUDIT_PROBABILITY = 0.5  # far above the floor: one week of one company must say something about accuracy
CLOSE_AFTER_DAYS = 3.0
PATIENCE = 600.0  # seconds for any one step on a busy machine


class Demo:
    """One demo on a running, empty Saola."""

    def __init__(self, tenant: UUID, url: str, key: str, folder: Path, console: Console, *, seed: int = 1) -> None:
        self.tenant, self.url, self.folder, self.console, self.seed = tenant, url, folder, console, seed
        self.now = datetime.now(UTC)
        self.company = Client(url, key)
        self.reviewer = Client(url, self._reviewer_key())
        self.past = inbox.past(seed=seed, now=self.now)
        self.present = inbox.present(seed=seed, now=self.now)

    def run(self) -> Report:
        """Do every step and return the report on the present."""
        with ExitStack() as held:
            held.enter_context(self.company)
            held.enter_context(self.reviewer)
            self._step("1", f"Import the past: {len(self.past.tickets):,} answered tickets of 120 days")
            self._import_past()
            self._step("2", f"Train triage on the first {TRAIN:.0%}, calibrate it on the next {CALIBRATE - TRAIN:.0%}")
            self._train()
            self._step("3", f"Replay the rest in shadow, and {documents.PAST_COUNT} past invoices: all is judged blind")
            self._certify()
            waiting = len(self.present.tickets)
            self._step("4", f"Take in the present over HTTP: {waiting} tickets and {documents.COUNT} documents")
            self._take_in()
            self._step("5", "The simulated reviewer works what was held, and judges the audits")
            self._review()
            self._step("6", "Some customers come back; silent tickets are closed")
            self._follow_up()
            report = self._report()
            self._leave_some()
        return report

    def _step(self, number: str, what: str) -> None:
        self.console.print(f"\n[bold]{number}[/bold]  {what}")

    def _bar(self) -> Progress:
        return Progress(
            TextColumn("   {task.description}"),
            BarColumn(40),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )

    def _reviewer_key(self) -> str:
        key = make_key()
        with app_database().transaction(self.tenant) as connection:
            accounts.add_key(
                connection,
                self.tenant,
                name=SIMULATED_REVIEWER,
                prefix=key.prefix,
                digest=key.digest,
                scopes=["staff", "ops"],
            )
        return key.text

    def _import_past(self) -> None:
        path = files.write_past(self.past, self.folder / "past.csv")
        cuts = {name: self._moment(share) for name, share in (("train_until", TRAIN), ("calibrate_until", CALIBRATE))}
        with app_database().transaction(self.tenant) as connection:
            for name, moment in cuts.items():
                tenants.set_setting(connection, name, moment.isoformat())
            tenants.set_setting(connection, "close_after_days", 0)  # until the customers have come back
        import_file(self.tenant, path, Columns(**files.COLUMNS), self.console)

    def _moment(self, share: float) -> datetime:
        """The time by which this share of the past had arrived."""
        return self.past.tickets[int(share * len(self.past.tickets))].received_at

    def _background(self, task: str) -> None:
        """Ask for a piece of background work now, and wait for it."""
        generation = int(time.time() * 10) % 2_000_000_000
        with app_database().transaction(self.tenant) as connection:
            outbox.enqueue(connection, self.tenant, task, "bulk", self.tenant, generation=generation)
        wait_until(lambda: not self._ready(task), seconds=PATIENCE, what=task)

    def _ready(self, *tasks: str) -> int:
        with app_database().transaction(self.tenant) as connection:
            return outbox.ready(connection, tasks)

    def _train(self) -> None:
        with self.console.status("   embedding examples and fitting ..."):
            wait_until(lambda: not self._ready("triage.train"), seconds=PATIENCE, what="the first training")
            self._background("triage.train")
        with app_database().transaction(self.tenant) as connection:
            newest = policies.list_classifiers(connection)[0]
        figures = newest["figures"]
        self.console.print(
            f"   learned {figures['intents']} intents from {figures['examples']:,} messages, "
            f"calibrated on {figures['calibrated_on']:,}; classifier {newest['fingerprint']} is in service"
        )

    def _past_invoices(self) -> None:
        """Without a certificate each is held, and with this probability each is drawn for audit."""
        papers = documents.past(self.folder / "past", seed=self.seed, today=self.now)
        self.documents = documents.Reviewer(papers, look=lambda one: self.reviewer.get(f"/v1/documents/{one}"))
        self.company.patch("/v1/agents/invoice", {"audit_probability": 1.0})
        time.sleep(2)  # workers look at settings every second
        self._upload_all(papers, days=33.0)  # before the month that the control room shows
        self._watch("past invoices read", documents.PAST_COUNT, "item.work")

    def _certify(self) -> None:
        self._past_invoices()
        with app_database().transaction(self.tenant) as connection:
            known = tickets.by_external_id(connection, "import:")
            since = self._moment(CALIBRATE)
            later = [ticket_id for ticket_id, at in known.values() if at >= since]
            for ticket_id in later:
                intake.add_shadow_work(connection, self.tenant, ticket_id, 1)
        self._watch("replayed in shadow", len(later), "item.replay")
        with app_database().transaction(self.tenant) as connection:
            # The sharp look of a certificate must be announced before the first judgement: all of this batch.
            tenants.set_setting(connection, "first_look", audits.waiting_by_owner(connection))
        self._judge_audits({ticket_id: name for name, (ticket_id, _) in known.items()}, self.past)
        self._background("certificates.renew")
        with app_database().transaction(self.tenant) as connection:
            live = policies.live_certificates(connection)
        for certificate in live:
            self.console.print(
                f"   certified at least {certificate.target:.0%} with {certificate.confidence:.0%} confidence: "
                f"[green]{certificate.agent}[/green] from score {certificate.threshold:.3f} on "
                f"({certificate.k} of {certificate.n} right, {certificate.audits} audits, simulated reviewer)"
            )
        if not live:
            self.console.print("   no agent earned a certificate: everything will be held")

    def _watch(self, what: str, count: int, *tasks: str) -> None:
        """Show a bar until no job of these tasks is left."""
        with self._bar() as bar:
            shown = bar.add_task(what, total=count)

            def done() -> bool:
                left = self._ready(*tasks)
                bar.update(shown, completed=max(0, count - left))
                return left == 0

            wait_until(done, seconds=PATIENCE, what=what)

    def _judge_audits(self, names: Mapping[UUID, str], *known: Inbox) -> None:
        truth = {name: one for part in known for name, one in part.truth.items()}
        with self._bar() as bar:
            shown = bar.add_task("audits judged", total=None)
            while True:
                waiting = self.reviewer.get("/v1/audits", limit=200)["audits"]
                if not waiting:
                    break
                for audit in waiting:
                    verdict = self._verdict(audit, names, truth)
                    self.reviewer.post(f"/v1/audits/{audit['id']}/judge", verdict)
                    bar.advance(shown)

    def _verdict(self, audit: Mapping[str, Any], names: Mapping[UUID, str], truth: Mapping[str, Any]) -> dict[str, Any]:
        if audit["document_id"]:
            return self.documents.judge(audit)
        return reviewer.judge(truth[names[UUID(audit["ticket_id"])]], audit)

    def _take_in(self) -> None:
        papers = documents.generate(self.folder / "documents", seed=self.seed)
        self.documents.add(papers)
        for agent in self.company.get("/v1/agents")["agents"]:
            self.company.patch(f"/v1/agents/{agent['name']}", {"audit_probability": AUDIT_PROBABILITY})
        time.sleep(2)  # workers look at settings every second
        whole = self.present.tickets
        for start in range(0, len(whole), 100):
            self.company.post(
                "/v1/tickets:batch", {"tickets": [files.as_request(one) for one in whole[start : start + 100]]}
            )
        self._upload_all(papers, days=8.1)
        self._watch("worked to a decision", len(whole) + documents.COUNT, "item.work")
        self._watch("deliveries", self._ready("delivery.send"), "delivery.send")

    def _upload_all(self, papers: Iterable[documents.Paper], *, days: float) -> None:
        """Send documents in, each as of some moment of the week that ended so many days ago."""
        for paper in papers:
            at = self.now - timedelta(days=days + 6.8 * (sum(paper.path.name.encode()) % 100) / 100)
            answer = self.company.upload(paper.path, received_at=at.isoformat(), origin="demo")
            self.documents.uploaded(paper.path, answer)

    def _names(self) -> dict[UUID, str]:
        with app_database().transaction(self.tenant) as connection:
            return {ticket_id: name for name, (ticket_id, _) in tickets.by_external_id(connection, "demo:").items()}

    def _review(self) -> None:
        names = self._names()
        self._judge_audits(names, self.present)
        with self._bar() as bar:
            shown = bar.add_task("held drafts reviewed", total=self.reviewer.get("/v1/reviews", limit=1)["waiting"])
            while waiting := self.reviewer.get("/v1/reviews", limit=200)["reviews"]:
                for held in waiting:
                    self._decide(held, names)
                    bar.advance(shown)
        self._watch("reviewers' replies sent", self._ready("delivery.send"), "delivery.send")

    def _decide(self, held: Mapping[str, Any], names: Mapping[UUID, str]) -> None:
        if held["document_id"]:
            action, body = self.documents.decide(held)
        else:
            action, body = reviewer.decide(self.present.truth[names[UUID(held["ticket_id"])]], held)
        if action == "reply":
            self.reviewer.post(f"/v1/tickets/{held['ticket_id']}/reply", body)
        else:
            self.reviewer.post(f"/v1/reviews/{held['decision_id']}/{action}", body)
        if action == "reject" and held["ticket_id"]:
            answer = reviewer.after_reject(self.present.truth[names[UUID(held["ticket_id"])]])
            self.reviewer.post(f"/v1/tickets/{held['ticket_id']}/reply", answer)

    def _follow_up(self) -> None:
        back = list(self._who_comes_back())
        for ticket_id, one in back:
            if one.continues:
                body = {"text": one.text, "received_at": one.received_at.isoformat()}
                self.company.post(f"/v1/tickets/{ticket_id}/messages", body)
            else:
                self.company.post("/v1/tickets", files.as_request(one))
        self._watch("customers who came back", len(back), "item.work")
        self._review()
        with app_database().transaction(self.tenant) as connection:
            tenants.set_setting(connection, "close_after_days", CLOSE_AFTER_DAYS)
        self._background("tickets.close_silent")

    def _who_comes_back(self) -> Iterable[tuple[UUID, inbox.DemoTicket]]:
        """Customers do not see scores: who comes back depends on whether the answer they got was right."""
        for name, (ticket_id, _) in self._by_name().items():
            history = self.company.get(f"/v1/tickets/{ticket_id}")
            replies = [m for m in history["messages"] if m["author"] != "customer"]
            if not replies or name not in self.present.truth:
                continue
            ticket = next(one for one in self.present.tickets if one.id == name)
            right = reviewer.answered_right(self.present.truth[name], history)
            at = datetime.fromisoformat(replies[-1]["at"])
            found = inbox.follow_up(ticket, self.present.truth[name], right=right, answered_at=at, seed=self.seed)
            if found and found[0].received_at < self.now:
                back, truth = found
                self.present = Inbox(tickets=self.present.tickets, truth={**self.present.truth, back.id: truth})
                yield ticket_id, back

    def _by_name(self) -> dict[str, tuple[UUID, datetime]]:
        with app_database().transaction(self.tenant) as connection:
            return tickets.by_external_id(connection, "demo:")

    def _leave_some(self) -> None:
        """Take in a few messages of this minute, of other customers; nobody works them but whoever logs in."""
        fresh = inbox.present(seed=self.seed + 1, now=self.now).tickets[:LEFT]
        for one in fresh:
            body = {**files.as_request(one), "external_id": f"demo:left-{one.id}"}
            self.company.post("/v1/tickets", {name: value for name, value in body.items() if name != "received_at"})
        self._watch("messages of this minute, left for you", len(fresh), "item.work")

    def _report(self) -> Report:
        until = max(one.received_at for one in self.present.tickets) + timedelta(seconds=1)
        since = min(one.received_at for one in self.present.tickets)
        found = make_report(self.tenant, since, until, origin="demo")
        self.console.rule()
        print_report(found, self.console)
        return found
