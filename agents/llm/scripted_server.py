"""A loopback HTTP server that speaks OpenAI's chat completions and plays a script, with the faults of real servers.

It stands for a model server in tests and benchmarks, so that the real client, wire, time-outs and retries are driven.
Beside the turns of agents/llm/scripted.py, `faults` are played first, one for each request:
    {status: 429, headers: {retry-after: "1"}, body: {...}}   an error        {hang: 5}      silence for 5 seconds
    {raw: "<html>"}   a body that is not JSON                                 {drip: 0.1}    one byte each 0.1 seconds
"""

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

from agents.llm.script_turns import Turn, calls_of

ServerScript = Sequence[Turn] | Callable[[Mapping[str, Any]], Turn]
_MODEL = "scripted"


class ScriptedServer:
    """`with ScriptedServer(script) as server:` serves at `server.base_url` until the block ends.

    `script` is a list of turns, or a function from the request's body to a turn. `latency` is in seconds.
    `requests` keeps each request's (headers, body), newest last.
    """

    def __init__(
        self, script: ServerScript, *, faults: Iterable[Mapping[str, Any]] = (), latency: float = 0.0, port: int = 0
    ) -> None:
        self._script, self._latency, self._port = script, latency, port
        self.faults = deque(faults)
        self.requests: deque[tuple[dict[str, str], dict[str, Any]]] = deque(maxlen=1000)
        self.dropped = 0  # connections that the client closed before the answer
        self.served = 0
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> "ScriptedServer":
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self.serve(),), daemon=True)
        self._thread.start()
        if not self._ready.wait(5):
            raise TimeoutError("the scripted server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        self._loop.close()

    async def serve(self) -> None:
        """Serve until stopped; the port is known once `base_url` can be read after `__enter__`."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", self._port, backlog=1024)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request of a kept-alive connection; False when the client has gone."""
        if not await reader.readline():
            return False
        headers: dict[str, str] = {}
        while (line := (await reader.readline()).decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
        self.requests.append((headers, body))
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            return await self._fault(fault, reader, writer)
        await self._pause(self._latency, reader)
        turn = self._turn(body)
        if body.get("stream"):
            await self._stream(turn, writer)
        else:
            await _send(writer, 200, json.dumps(completion(turn, body)))
        self.served += 1
        return True

    def _turn(self, body: Mapping[str, Any]) -> Turn:
        number = sum(message["role"] == "assistant" for message in body["messages"])
        script = self._script
        made: Turn = script(body) if callable(script) else script[min(number, len(script) - 1)]
        return made

    async def _pause(self, seconds: float, reader: asyncio.StreamReader) -> None:
        """Wait, but notice a client that hangs up meanwhile: a cancelled call must free the model."""
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                if not await reader.read(1):
                    self.dropped += 1
                    raise ConnectionResetError
        except TimeoutError:
            return

    async def _fault(
        self, fault: Mapping[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if "hang" in fault:
            await self._pause(fault["hang"], reader)
            return False
        if "drip" in fault:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10000\r\n\r\n")
            for _ in range(10_000):
                writer.write(b" ")
                await writer.drain()
                await self._pause(fault["drip"], reader)
        if "raw" in fault:
            await _send(writer, 200, fault["raw"], {"content-type": fault.get("type", "text/html")})
            return True
        await _send(writer, fault["status"], json.dumps(fault.get("body", {})), fault.get("headers", {}))
        return True

    async def _stream(self, turn: Turn, writer: asyncio.StreamWriter) -> None:
        """Send a turn's text as server-sent chunks, a word each."""
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        words = [word + " " for word in turn.get("text", "").split()]
        for place, word in enumerate([*words, None]):
            delta = {"content": word} if word is not None else {}
            choice = {"index": 0, "delta": delta, "finish_reason": None if place < len(words) else "stop"}
            chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": _MODEL, "choices": [choice]}
            await _chunk(writer, f"data: {json.dumps(chunk)}\n\n")
        await _chunk(writer, "data: [DONE]\n\n")
        await _chunk(writer, "")


async def _chunk(writer: asyncio.StreamWriter, text: str) -> None:
    data = text.encode()
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    await writer.drain()


async def _send(writer: asyncio.StreamWriter, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
    data = text.encode()
    sent = {"content-type": "application/json", "content-length": str(len(data)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    writer.write(f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + data)
    await writer.drain()


def completion(turn: Turn, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a turn as the body of an OpenAI chat completion that answers the request `body`."""
    number = sum(message["role"] == "assistant" for message in body["messages"])
    calls = [
        {"id": f"call_{number}_{place}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
        for place, (name, args) in enumerate(calls_of(turn))
    ]
    message: dict[str, Any] = {"role": "assistant", "content": turn.get("text") or (None if calls else "")}
    if calls:
        message["tool_calls"] = calls
    read, written = len(json.dumps(body["messages"])) // 4, len(json.dumps(message)) // 4
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body.get("model", _MODEL),
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}],
        "usage": usage | {"prompt_tokens_details": {"cached_tokens": turn.get("cached_tokens", 0)}},
    }
