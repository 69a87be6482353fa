"""How the supervisor knows that a process does its work."""

import http.server
import socket
import threading
import time
from pathlib import Path

from cli.child import log_file
from cli.readiness import PROBE_SECONDS, Answers, LogLine


def test_words_of_an_earlier_run_do_not_count(tmp_path: Path) -> None:
    log = log_file(tmp_path, "worker")
    log.write_text("worker ready.\n")
    ready = LogLine(tmp_path, "worker", " ready.")
    ready.begin()
    assert not ready()
    with log.open("a") as file:
        file.write("worker ready.\n")
    assert ready()


def test_a_server_is_ready_when_it_answers_200() -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/good" else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.server_address[1]
        found = [Answers("127.0.0.1", port, path)() for path in ("/good", "/bad")]
        server.shutdown()
        thread.join()
    assert found == [True, False]


def test_a_socket_that_nobody_serves_yet_is_not_waited_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        assert not Answers("127.0.0.1", listener.getsockname()[1], "/")()
        assert time.monotonic() - began < PROBE_SECONDS + 1
