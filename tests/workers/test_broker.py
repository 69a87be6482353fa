import time
from pathlib import Path

from agents.llm.breaker import Breaker
from cli.embedded.temporary import Servers
from workers.broker import BreakerBoard

NAME = "openai:a http://x"


def test_workers_share_what_one_of_them_found_out_for_as_long_as_it_holds(servers: Servers) -> None:
    one, other = (Breaker(failures=2, seconds=1.5, name=NAME, board=BreakerBoard(servers.broker_url)) for _ in range(2))
    assert other.wait() == 0
    one.failed()
    one.failed()
    time.sleep(1.0)  # what a breaker was told may be a second old
    assert 0 < other.wait() <= 0.6
    assert BreakerBoard(servers.broker_url).left("openai:b http://x") == 0
    time.sleep(0.6)
    assert other.wait() == 0


def test_a_broker_that_is_away_opens_nothing_and_fails_nothing(tmp_path: Path) -> None:
    board = BreakerBoard(f"redis+socket://{tmp_path / 'none.sock'}")
    board.open(NAME, 30)
    assert board.left(NAME) == 0
