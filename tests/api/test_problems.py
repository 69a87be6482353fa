"""What a caller is told when the server's disk takes nothing more."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from core import files
from tests.api.conftest import Desk


def test_a_full_disk_is_a_problem_that_says_to_come_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(tenant_id: Any, sha256: str, source: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "store_file", full)
    answer = desk.client().post("/v1/documents", files={"file": ("a.txt", b"a")})
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert (answer.json()["type"], answer.headers["retry-after"]) == ("urn:saola:problem:storage_full", "60")
    assert desk.client().get("/v1/documents").json()["documents"] == []


def test_another_error_of_the_system_stays_an_unexpected_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(tenant_id: Any, sha256: str, source: Path) -> None:
        raise FileNotFoundError(source)

    monkeypatch.setattr(files, "store_file", gone)
    answer = desk.client().post("/v1/documents", files={"file": ("a.txt", b"a")})
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:saola:problem:unexpected")
