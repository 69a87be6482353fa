from agents.llm.breaker import Breaker, breaker_of, forget, resting


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(failures=3, seconds=30, clock=clock)
    for _ in range(3):
        assert breaker.wait() == 0
        breaker.failed()
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    breaker = Breaker(failures=3, clock=Clock())
    for _ in range(4):
        breaker.failed()
        breaker.failed()
        breaker.worked()
    assert breaker.wait() == 0


def test_an_open_breaker_says_how_long_it_stays_open() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 10
    assert breaker.wait() == 20


def test_one_probe_is_let_through_and_closes_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 31
    assert breaker.wait() == 0
    assert breaker.wait() > 0  # the second caller waits for the probe's result
    breaker.worked()
    assert breaker.wait() == 0


def test_a_failed_probe_opens_it_again() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 31
    assert breaker.wait() == 0
    breaker.failed()
    assert breaker.wait() == 30


def test_a_server_that_asks_for_longer_is_left_alone_for_longer() -> None:
    clock = Clock()
    breaker = opened(clock)
    breaker.failed(after=120)
    assert breaker.wait() == 120


def test_each_model_and_server_has_one_of_its_own() -> None:
    forget()
    assert breaker_of("openai:a", "http://x") is breaker_of("openai:a", "http://x")
    assert breaker_of("openai:a", "http://x") is not breaker_of("openai:a", "http://y")
    forget()


class Shared:
    """A board that two breakers share, as two processes do."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._until = clock, 0.0
        self.asked = 0

    def left(self, name: str) -> float:
        assert name == "openai:a http://x"
        self.asked += 1
        return max(0.0, self._until - self._clock.now)

    def open(self, name: str, seconds: float) -> None:
        self._until = self._clock.now + seconds


def test_what_one_process_opens_is_open_in_the_other_and_each_then_tries_for_itself() -> None:
    clock = Clock()
    board = Shared(clock)
    one, other = (Breaker(failures=3, clock=clock, name="openai:a http://x", board=board) for _ in range(2))
    assert other.wait() == 0
    for _ in range(3):
        one.failed()
    assert one.wait() == 30
    clock.now += 1
    assert other.wait() == 29
    asked = board.asked
    assert other.wait() == 29 and board.asked == asked  # it is not asked for each call
    clock.now += 30
    assert other.wait() == one.wait() == 0
    other.worked()
    assert other.wait() == 0


def test_the_models_that_are_left_alone_are_told_and_asking_lets_no_probe_through() -> None:
    forget()
    for _ in range(5):
        breaker_of("openai:a", "http://x").failed(after=90)
    breaker_of("openai:a", "http://y").failed()
    breaker_of("openai:b", "http://x").worked()
    assert {name: round(left) for name, left in resting().items()} == {"openai:a": 90}
    clock = Clock()
    breaker = opened(clock)
    clock.now += 31
    assert breaker.left() == 0
    assert breaker.wait() == 0  # the probe is still to be had
    forget()
