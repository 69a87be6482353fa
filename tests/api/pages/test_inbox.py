"""The inbox of a company's first day says how tickets come."""

from uuid import UUID

from tests.api import made
from tests.api.conftest import Desk
from tests.api.pages.test_session import signed_in, users

__all__ = ["users"]
FIRST = "Take in the first ticket"


def test_before_any_ticket_every_view_says_how_one_comes(desk: Desk, users: dict[str, UUID]) -> None:
    client, _ = signed_in(desk, users, "staff")
    for path in ("/", "/?view=all", "/?view=mine", "/?view=due", "/?view=all&q=card"):
        assert FIRST in client.get(path).text, path
    made.ticket(desk.tenant_id)
    for path in ("/", "/?view=all", "/?view=all&q=nowhere"):
        assert FIRST not in client.get(path).text, path


def test_before_anything_came_the_control_room_says_so_once(desk: Desk, users: dict[str, UUID]) -> None:
    client, _ = signed_in(desk, users, "ops")
    assert client.get("/report").text.count("Figures appear as tickets and documents go through the line") == 1
