"""Versions of an agent over HTTP: what each said and did, and two of them side by side."""

import time
from datetime import datetime
from difflib import unified_diff
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.agents_seen import catalog
from api.security import Caller, Ops, Reader
from api.shapes import Line
from core.db import app_database
from core.errors import Rejected
from core.store import journal, outbox, versions
from core.store.versions import Version as Kept
from metrics.certificates import binomial

router = APIRouter(prefix="/v1/agents/{name}/versions", tags=["agents"])
PAIRS = 200  # newest items that are compared
REPLAYED = 50  # newest items that a new version is tried on


class Share(BaseModel):
    """A share with its exact 95 % interval."""

    value: float | None
    low: float | None
    high: float | None
    k: int
    n: int


class AgentVersion(BaseModel):
    """A version and what its runs did. `kept` says that its files are there to compare."""

    version: str
    by: str = Field(description="Who approved it in the pages; empty where its folder was changed by hand.")
    seen_at: datetime
    kept: bool
    serving: bool
    runs: int
    shadow_runs: int
    automated: int
    answered: int
    judged: int
    right: int
    accuracy: Share
    cost_usd: float
    score: float | None
    last_run: datetime | None


class FileDiff(BaseModel):
    """What changed in one file: lines that begin with a blank, - or +, as `diff -u` writes them."""

    file: str
    lines: list[str]


class Side(BaseModel):
    """One version on the items that both ran on."""

    version: str
    answered: int
    judged: int
    right: int
    accuracy: Share
    score: float | None


class Pair(BaseModel):
    """One item under both versions."""

    ticket_id: UUID
    subject: str
    at: datetime
    old: dict[str, Any]
    new: dict[str, Any]
    same: bool = Field(description="A customer would see no difference.")


class Compared(BaseModel):
    """Two versions: what differs in their files, and the items that both ran on, changed ones first."""

    first: str
    second: str
    files: list[FileDiff]
    items: int
    changed: int
    old: Side
    new: Side
    pairs: list[Pair]


@router.get("", operation_id="list_versions", summary="An agent's versions, newest first")
def list_versions(name: str, caller: Reader) -> list[AgentVersion]:
    with app_database().transaction(caller.tenant_id) as connection:
        return all_versions(connection, caller, name)


@router.get("/compare", operation_id="compare_versions", summary="Two versions side by side")
def compare_versions(name: Line, first: Line, second: Line, caller: Reader) -> Compared:
    """`first` is the older one. Items are those on which both ran, live or in shadow."""
    with app_database().transaction(caller.tenant_id) as connection:
        return compare(connection, name, first, second)


@router.post("/replay", operation_id="replay_version", status_code=202, summary="Try the serving version on past items")
def replay_version(name: str, caller: Ops) -> dict[str, int]:
    """The newest tickets that the agent worked on run in shadow: recorded and audited, never sent."""
    with app_database().transaction(caller.tenant_id) as connection:
        return {"items": replay(connection, caller, name)}


def all_versions(connection: Connection, caller: Caller, name: str) -> list[AgentVersion]:
    """Return the agent's versions. The one that serves now is kept if it is not. Raises Rejected (agent_unknown)."""
    entry = catalog().get(name)
    found = versions.of_agent(connection, name)
    if not any(row["version"] == entry.version and row["kept"] for row in found):
        versions.keep(connection, caller.tenant_id, [Kept(name, entry.version, entry.files)])
        found = versions.of_agent(connection, name)
    counted = ("runs", "shadow_runs", "automated", "answered", "judged", "right")
    made = []
    for row in found:
        counts = {one: int(row[one] or 0) for one in counted}
        plain = {one: row[one] for one in ("version", "by", "seen_at", "kept", "score", "last_run")}
        made.append(
            AgentVersion(
                **plain,
                **counts,
                cost_usd=row["cost_usd"] or 0.0,
                serving=row["version"] == entry.version,
                accuracy=share(counts["right"], counts["judged"]),
            )
        )
    return made


def compare(connection: Connection, name: str, first: str, second: str) -> Compared:
    """Compare two versions. Raises Rejected (version_unknown)."""
    before, after = (_files(connection, name, version) for version in (first, second))
    rows = [dict(row) for row in versions.side_by_side(connection, name, first, second, PAIRS)]
    pairs = [_pair(row) for row in rows]
    pairs.sort(key=lambda pair: pair.same)  # stable: the newest first among equals
    return Compared(
        first=first,
        second=second,
        files=differences(before, after),
        items=len(pairs),
        changed=sum(not pair.same for pair in pairs),
        old=_side(first, rows, "old"),
        new=_side(second, rows, "new"),
        pairs=pairs,
    )


def replay(connection: Connection, caller: Caller, name: str) -> int:
    """Let the agents as they are now work on the agent's newest tickets again, in shadow. Returns how many."""
    catalog().get(name)
    items = versions.newest_items(connection, name, REPLAYED)
    generation = int(time.time())  # a replay is a new generation of the same items
    for item in items:
        outbox.enqueue(connection, caller.tenant_id, "item.replay", "bulk", item, generation=generation)
    data = {"items": len(items)}
    journal.write(connection, caller.tenant_id, actor=caller.name, action="agent.replayed", object=name, data=data)
    return len(items)


def differences(before: dict[str, str], after: dict[str, str]) -> list[FileDiff]:
    """Return what changed, file by file; files that are the same are left out."""
    made = []
    for file in sorted({*before, *after}):
        old, new = before.get(file, "").splitlines(), after.get(file, "").splitlines()
        if old != new:
            made.append(FileDiff(file=file, lines=list(unified_diff(old, new, lineterm="", n=2))[2:]))
    return made


def share(k: int, n: int) -> Share:
    """Return a share with its exact interval; no value where nothing was judged."""
    low, high = binomial.interval(k, n) if n else (None, None)
    return Share(value=k / n if n else None, low=low, high=high, k=k, n=n)


def _files(connection: Connection, name: str, version: str) -> dict[str, str]:
    found = versions.files_of(connection, name, version)
    if found is None:
        told = f"the files of version {version!r} of {name} are not kept"
        raise Rejected(told, code="version_unknown", hint=f"List them: GET /v1/agents/{name}/versions")
    return dict(found)


def _side(version: str, rows: list[dict[str, Any]], which: Literal["old", "new"]) -> Side:
    judged = [row[f"{which}_right"] for row in rows if row[f"{which}_right"] is not None]
    scores = [row[f"{which}_score"] for row in rows]
    return Side(
        version=version,
        answered=sum(row[f"{which}_kind"] != "abstain" for row in rows),
        judged=len(judged),
        right=sum(judged),
        accuracy=share(sum(judged), len(judged)),
        score=sum(scores) / len(scores) if scores else None,
    )


def _pair(row: dict[str, Any]) -> Pair:
    names = ("kind", "intent", "reply", "actions", "score", "right")
    old, new = ({name: row[f"{which}_{name}"] for name in names} for which in ("old", "new"))
    same = all(old[name] == new[name] for name in ("kind", "reply", "actions"))
    return Pair(ticket_id=row["ticket_id"], subject=row["subject"], at=row["at"], old=old, new=new, same=same)
