"""The desk with 100,000 tickets: every list and search answers within 300 ms at the server, 95 times of 100."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from api.security import COOKIE, open_session
from cli.embedded.temporary import Database
from core.db import app_database
from core.store import accounts
from core.store.sql import execute
from tests.api import conftest as api

TICKETS = 100_000
ROUNDS = 20
MOST_SECONDS = 0.3
PATHS = (
    *("/?view=review", "/?view=handoff", "/?view=due", "/?view=mine", "/?view=all", "/nav?at=/", "/next", "/audits"),
    *("/?view=all&q=parcel", "/?view=all&q=order4711", "/?view=all&q=parcel+lost+invoice", "/?view=all&q=pa"),
    *("/?view=all&tag=vip", "/?view=all&tag=common", "/?view=all&language=vi&state=open", "/?view=review&agent=shop"),
)

api_database = api.api_database
desk = api.desk

_FILL = """
    WITH n AS (SELECT n, gen_random_uuid() AS id, clock_timestamp() - n * interval '7 minutes' AS at FROM
        generate_series(1, :tickets) n),
    c AS (INSERT INTO customers (id, tenant_id, address, name)
        SELECT gen_random_uuid(), :tenant, 'customer' || n || '@mail.example', 'Customer ' || n
        FROM generate_series(1, :tickets / 5) n RETURNING id, address),
    t AS (INSERT INTO tickets (id, tenant_id, customer_id, subject, language, intent, agent, state, attention,
            assigned_to, received_at, folded)
        SELECT n.id, :tenant, c.id, 'Order ' || n, (ARRAY['en', 'vi', 'de'])[1 + n % 3], 'parcel_late',
            (ARRAY['shop', 'parcel_tracking'])[1 + n % 2], CASE WHEN n % 20 < 3 THEN 'open' ELSE 'closed' END,
            CASE n % 20 WHEN 0 THEN 'review' WHEN 1 THEN 'handoff' ELSE '' END,
            CASE WHEN n % 50 = 0 THEN 'mai@example.com' END, n.at,
            'order' || n || ' where is my parcel ' || (ARRAY['lost', 'invoice', 'address', 'refund'])[1 + n % 4]
                || ' word' || n % 997 || ' name' || n % 4999
        FROM n JOIN c ON c.address = 'customer' || (1 + n % (:tickets / 5)) || '@mail.example'),
    g AS (INSERT INTO ticket_tags (ticket_id, tag, tenant_id)
        SELECT id, CASE WHEN n % 1000 = 0 THEN 'vip' ELSE 'common' END, :tenant FROM n WHERE n % 3 = 0)
    INSERT INTO messages (id, tenant_id, ticket_id, turn, author, body, at)
    SELECT gen_random_uuid(), :tenant, id, 1, 'customer', 'Where is my parcel? My order is number ' || n, at FROM n
"""


@pytest.fixture(scope="module")
def large(desk: api.Desk, api_database: Database) -> Iterator[api.Desk]:
    """A tenant with 100,000 tickets of 16 months, 10,000 of which need a person."""
    # Foreign keys are checked row by row at the end; the rows come in one statement, in no order.
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, _FILL, tickets=TICKETS, tenant=desk.tenant_id)
    owner = create_engine(api_database.owner_url)
    with owner.begin() as connection:
        connection.execute(text("ANALYZE"))  # what PostgreSQL does by itself soon after so many rows
    owner.dispose()
    yield desk


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_lists_and_searches_of_100_000_tickets_answer_within_300_ms(large: api.Desk) -> None:
    with app_database().transaction(large.tenant_id) as connection:
        user = accounts.add_user(
            connection, large.tenant_id, email="mai@example.com", name="Mai", scopes=["admin"], password_hash=""
        )
    assert user is not None
    client = large.client()
    client.headers.pop("authorization")
    client.cookies.set(COOKIE, open_session(user, large.tenant_id))
    slow = {}
    for path in PATHS:
        took = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=False)
            took.append(time.perf_counter() - began)
            assert answer.status_code in (200, 303), path
        slow[path] = sorted(took)[int(0.95 * ROUNDS) - 1]
    print({path: f"{1000 * seconds:.0f} ms" for path, seconds in slow.items()})
    assert {path: seconds for path, seconds in slow.items() if seconds > MOST_SECONDS} == {}
