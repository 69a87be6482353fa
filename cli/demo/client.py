"""What the demo does over HTTP: exactly what a customer's system, and a reviewer's browser, would do."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx

from core.errors import Broken, TryLater


class Client:
    """One API key's way into a running Saola. Raises Broken with the problem's own words when a call is refused."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Return what a GET answers."""
        return self._answer(self._http.get(path, params=query))

    def post(self, path: str, body: Any = None) -> Any:
        """Return what a POST answers."""
        return self._answer(self._http.post(path, json=body))

    def patch(self, path: str, body: Any) -> Any:
        """Return what a PATCH answers."""
        return self._answer(self._http.patch(path, json=body))

    def upload(self, path: Path, **fields: str) -> Any:
        """Return what the upload of a file answers."""
        with path.open("rb") as file:
            return self._answer(self._http.post("/v1/documents", files={"file": (path.name, file)}, data=fields))

    def every(self, path: str, name: str, **query: Any) -> Iterator[Any]:
        """Yield all entries of a listing, page by page."""
        cursor = ""
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page[name]
            cursor = page.get("next_cursor") or ""
            if not cursor:
                return

    def _answer(self, response: httpx.Response) -> Any:
        if response.status_code >= 400:
            problem = response.json()
            raise Broken(f"{response.request.method} {response.request.url.path}: {problem.get('detail') or problem}")
        return response.json()


def wait_until(done: Callable[[], bool], *, seconds: float, what: str, every: float = 0.25) -> None:
    """Wait until something is true. Raises TryLater, naming it, when it takes too long."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TryLater(f"{what} took longer than {seconds:.0f} s; see the logs in SAOLA_HOME/logs")
        time.sleep(every)
