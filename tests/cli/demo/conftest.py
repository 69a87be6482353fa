from datetime import UTC, datetime

import pytest

from cli.demo import inbox
from cli.demo.inbox import Inbox

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="package")
def past() -> Inbox:
    """The whole past of the demo, generated once."""
    return inbox.past(now=NOW)


@pytest.fixture(scope="package")
def present() -> Inbox:
    """The whole present of the demo, generated once."""
    return inbox.present(now=NOW)
