"""What the relay hands to the broker: so many ids that workers have enough, in messages of many."""

import base64
import json

import pytest
import redis

from cli.embedded.temporary import Servers
from core.db import app_database, system_database
from core.ids import new_id
from core.store import outbox
from core.store.sql import execute
from tests.workers.made import Shop
from workers.broker import redis_url
from workers.relay import CHUNKS, WINDOW, WINDOWS, Relay


def messages(broker: redis.Redis, queue: str) -> list[int]:
    """How many ids each message of a queue holds, and the queue is empty again."""
    found = broker.lrange(queue, 0, -1)
    assert isinstance(found, list)
    broker.delete(queue)
    bodies = [json.loads(base64.b64decode(json.loads(one)["body"])) for one in found]
    return [len(arguments[3]) for arguments, *_ in bodies]


@pytest.mark.parametrize("queue", ["tickets", "documents"])
def test_a_long_queue_goes_out_in_full_messages_as_room_comes(
    shop: Shop, servers: Servers, queue: outbox.Queue
) -> None:
    broker: redis.Redis = redis.Redis.from_url(redis_url(servers.broker_url))
    broker.delete(queue)
    window = WINDOWS.get(queue, WINDOW)
    with app_database().transaction(shop.tenant) as connection:
        outbox.enqueue_many(connection, shop.tenant, "item.work", queue, [new_id() for _ in range(window + 300)])
    relay = Relay()
    broker.set("saola:marker", "here")
    while relay.step():
        pass
    sizes = messages(broker, queue)
    assert sum(sizes) == window
    assert sum(size == CHUNKS[queue] for size in sizes) > 0.9 * len(sizes)

    def done(count: int) -> None:
        with system_database().transaction() as connection:
            taken = "SELECT id FROM outbox WHERE published_at IS NOT NULL AND state = 'ready' LIMIT :count"
            execute(connection, f"UPDATE outbox SET state = 'done' WHERE id IN ({taken})", count=count)

    done(5)
    assert relay.step() == 0 and messages(broker, queue) == []
    done(window // 4)
    assert relay.step() > 0
    assert min(messages(broker, queue)) > 1
