"""Serves the API on a socket that the supervisor holds open: `python -m cli.serve FD`.

While the API is started anew, callers wait in the socket's queue instead of being refused. uvicorn's own --fd takes
any socket for a unix one, and then leaves TCP_NODELAY off: 40 ms on every kept-alive request.
"""

import socket
import sys

import uvicorn

GRACE_SECONDS = 2  # for requests under way; open event streams are cut after it


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        "api.main:app", access_log=False, timeout_graceful_shutdown=GRACE_SECONDS, server_header=False, log_level="info"
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
