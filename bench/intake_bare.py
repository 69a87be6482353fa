"""The yardstick of bench.intake: FastAPI, one INSERT, one COMMIT, an id back. And how both applications are served."""

import argparse
import socket
from functools import lru_cache
from typing import Annotated
from uuid import UUID, uuid4

import uvicorn
from fastapi import Depends, FastAPI
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

from core.settings import settings

app = FastAPI()


class Message(BaseModel):
    """The smallest ticket."""

    text: str


@lru_cache
def pool() -> ConnectionPool:
    """Return the process's connections, opened at the first request."""
    return ConnectionPool(settings().database_url.replace("+psycopg", ""), min_size=10, max_size=20, open=True)


@app.post("/", status_code=202)
def take(message: Message, connections: Annotated[ConnectionPool, Depends(pool)]) -> dict[str, UUID]:
    """Store a message and say under which id."""
    number = uuid4()
    with connections.connection() as connection:
        connection.execute("INSERT INTO bare (id, body) VALUES (%s, %s)", (number, message.text))
    return {"id": number}


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process is up."""
    return {"status": "up"}


def serve(name: str, descriptor: int) -> None:
    """Serve the application `module:name` on an open socket, with the settings of `saola up`."""
    config = uvicorn.Config(name, access_log=False, server_header=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", nargs=2, required=True)
    application, number = parser.parse_args().serve
    serve(application, int(number))
