"""Pages at size: inbox, search, ticket and control room over many tickets, at the server and in a browser.

python -m bench.pages [--tickets 100000] [--agents 1500] [--seed 1]

Starts PostgreSQL embedded in a temporary folder, fills a tenant with tickets, messages, work items, runs, decisions and
the log that figures are made of (a fifth waits for people), makes the roll-ups and the agents, and asks the application
for each page as the browser of somebody who is logged in does: median and 95th percentile over many different
addresses. Where there is Chromium, it also opens the inbox and waits until it can be used.
"""

import argparse
import contextlib
import json
import shutil
import socket
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from uuid import UUID

from bench.pages_filling import WORDS, fill, fill_agents
from cli.embedded.temporary import Servers, temporary_servers
from core.db import app_database, migrate
from core.ids import new_id
from core.settings import point_to
from core.store import accounts

GOAL_MS = 300.0
ROUNDS = 12
NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--agents", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    with temporary_servers(durable=False) as servers, _tenant(servers) as (name, tenant, cookie):
        print(f"filling {given.tickets:,} tickets", flush=True)
        fill(servers, name, tenant, given.tickets, given.seed)
        fill_agents(servers, name, tenant, servers.home / "agents", given.agents)
        print(f"filled and rolled up in {time.monotonic() - began:.0f} s", flush=True)
        times = {name: _ask(cookie, paths) for name, paths in _paths(tenant).items()}
        usable = _usable(cookie)
    print(f"\n{'page':<24}{'asked':>7}{'median ms':>12}{'p95 ms':>10}")
    figures = {}
    for name, found in times.items():
        p95 = statistics.quantiles(found, n=20)[18]
        print(f"{name:<24}{len(found):>7}{statistics.median(found):>12.0f}{p95:>10.0f}")
        figures[f"p95_ms.{name}"] = round(p95, 1)
    print(f"\nfirst page usable in Chromium: {'not measured, no Chromium' if usable is None else f'{usable:.0f} ms'}")
    figures |= {} if usable is None else {"first_page_usable_ms": round(usable, 1)}
    seconds = round(time.monotonic() - began, 1)
    print(
        json.dumps(
            {
                "bench": "pages",
                "data": "generated",
                "n": given.tickets,
                "seconds": seconds,
                "figures": figures,
                "yardstick": {"p95_ms": GOAL_MS, "first_page_usable_ms": 1500},
            }
        )
    )


@contextlib.contextmanager
def _tenant(servers: Servers) -> Iterator[tuple[str, UUID, str]]:
    from api.security import open_session
    from core.store import tenants

    database = servers.create_database("pages")
    migrate(database.owner_url)
    point_to({**servers.environment(database), "SAOLA_AGENTS": str(servers.home / "agents")})
    tenant = new_id()
    with app_database().transaction(tenant) as connection:
        tenants.make(connection, tenant, "Pages")
        user = accounts.add_user(
            connection, tenant, email="mai@example.com", name="Mai", scopes=["admin"], password_hash=""
        )
    assert user is not None
    yield database.name, tenant, open_session(user, tenant)
    app_database().close()


def _paths(tenant: UUID) -> dict[str, list[str]]:
    """Different addresses of each page, so that no answer is kept from the one before."""
    from core.store.sql import rows

    with app_database().transaction(tenant) as connection:
        sql = "SELECT id FROM tickets ORDER BY md5(id::text) LIMIT :n"
        tickets = [row["id"] for row in rows(connection, sql, n=2 * ROUNDS)]
    common, rare = WORDS[:4], WORDS[-4:]
    return {
        "inbox.review": ["/?view=review"] * ROUNDS,
        "inbox.all": ["/?view=all"] * ROUNDS,
        "inbox.handoff": ["/?view=handoff"] * ROUNDS,
        "inbox.due": ["/?view=due"] * ROUNDS,
        "inbox.mine": ["/?view=mine"] * ROUNDS,
        "inbox.filtered": [
            f"/?view=all&language={language}&state={state}"
            for language in ("en", "vi", "de")
            for state in ("open", "closed")
        ]
        * 2,
        "search.common": [f"/?view=all&q={word}" for word in common] * 3,
        "search.rare": [f"/?view=all&q={word}" for word in rare] * 3,
        "search.customer": [f"/?view=all&q=customer{number}" for number in range(ROUNDS)],
        "search.nothing": [f"/?view=all&q=nothing{number}" for number in range(ROUNDS)],
        "ticket": [f"/tickets/{one}" for one in tickets],
        "control_room": [
            f"/report?days={days}&by={by}" for days in (7, 30, 90, 365) for by in ("agent", "intent", "language")
        ],
        "items_behind": [
            f"/report/items?figure={figure}&which={which}&days={days}"
            for figure in ("automation_share", "handoffs")
            for which in ("hit", "missed")
            for days in (7, 30, 365)
        ],
        "audits": ["/audits"] * ROUNDS,
        "agents": [f"/agents{query}" for query in ("", "?cursor=agent_0700", "?q=matter+7")] * (ROUNDS // 3),
        "agent": ["/agents/agent_0007"] * ROUNDS,
        "notices": ["/notices"] * ROUNDS,
        "documents": ["/documents"] * ROUNDS,
    }


def _ask(cookie: str, paths: Sequence[str]) -> list[float]:
    """Milliseconds of each answer, at the server: the application is asked without a network between."""
    from fastapi.testclient import TestClient

    from api.main import make_app
    from api.security import COOKIE

    found = []
    with TestClient(make_app(), cookies={COOKIE: cookie}) as client:  # as a server starts it
        client.get(paths[0])  # templates are compiled once
        for path in paths:
            began = time.perf_counter()
            answer = client.get(path)
            found.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200, (path, answer.status_code)
    return found


@contextlib.contextmanager
def _served() -> Iterator[str]:
    """Serve the application on a free port of the loopback address."""
    import uvicorn

    from api.main import make_app

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(make_app(), log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


def _usable(cookie: str) -> float | None:
    """Milliseconds until the inbox can be used in a browser that has never been there; the best of five."""
    chromium = next((path for name in NAMES if (path := shutil.which(name))), "")
    if not chromium:
        return None
    from playwright.sync_api import sync_playwright

    from api.security import COOKIE

    found = []
    with _served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(5):
            context = browser.new_context()
            context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
            page = context.new_page()
            began = time.perf_counter()
            page.goto(url, wait_until="commit")
            page.wait_for_selector("html[data-ready] [data-list] > li")
            found.append(1000 * (time.perf_counter() - began))
            context.close()
        browser.close()
    return min(found)


if __name__ == "__main__":
    main()
