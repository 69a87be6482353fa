"""A small load generator: keep-alive connections that each send one prepared request after the other (HTTP/1.1).

It writes bytes that were made beforehand and reads answers by their Content-Length, so that on a shared machine as much
of the processor as possible is left to what is measured.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a load took: seconds of wall clock, each answer's seconds in order, and answers that were no 2xx."""

    seconds: float
    each: tuple[float, ...]
    refused: int

    @property
    def per_second(self) -> float:
        """Return answers a second."""
        return len(self.each) / self.seconds

    def quantile(self, share: float) -> float:
        """Return a quantile of the answers' times in milliseconds."""
        return round(1000 * self.each[min(len(self.each) - 1, int(share * len(self.each)))], 2)


def prepared(method: str, path: str, host: str, headers: dict[str, str], bodies: Sequence[bytes]) -> list[bytes]:
    """Return whole requests as bytes, one for each body."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return [
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body
        for body in bodies
    ]


def run(host: str, port: int, requests: Sequence[bytes], connections: int) -> Load:
    """Send every request once, over so many connections, and measure. A server that hangs up is an error."""
    return asyncio.run(_run(host, port, requests, connections))


async def _run(host: str, port: int, requests: Sequence[bytes], connections: int) -> Load:
    opened = [await asyncio.open_connection(host, port) for _ in range(connections)]
    left, each, refused = iter(requests), list[float](), list[bytes]()
    started = time.perf_counter()
    await asyncio.gather(*[_talk(reader, writer, left, each, refused) for reader, writer in opened])
    seconds = time.perf_counter() - started
    for _, writer in opened:
        writer.close()
    return Load(seconds, tuple(sorted(each)), len(refused))


async def _talk(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    left: Iterator[bytes],
    each: list[float],
    refused: list[bytes],
) -> None:
    for request in left:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        start = lower.index(b"content-length:") + 15
        await reader.readexactly(int(lower[start : lower.index(b"\r\n", start)]))
        each.append(time.perf_counter() - began)
        if not head.startswith(b"HTTP/1.1 2"):
            refused.append(head)
