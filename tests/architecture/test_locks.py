"""The locks: in step with pyproject.toml, hashed, free of addresses, and not below the releases that mended a hole.

A scanner is no help where the index has no vulnerability data: it says "none known" of anything. So the floors are
written down here; raise them when an advisory names a newer release.
"""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.tree import ROOT

FLOORS = {
    "langchain-core": "1.2.5",
    "langgraph": "1.0.10",
    "celery": "5.7",
    "kombu": "5.7",
    "starlette": "1.3.1",
    "python-multipart": "0.0.27",
}
# Never wanted: package -> why
UNWANTED = {
    "torch": "several GB, and nothing here needs it",
    "openai-agents": "installs a top-level package called agents, as ours is",
    "langchain-community": "being retired",
    "langchain-classic": "being retired",
    "pymupdf": "AGPL",
}
LOCKS = {name: (ROOT / f"requirements/{name}.lock").read_text() for name in ("run", "dev", "uv")}
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(.*)$", re.M)


def pinned(lock: str) -> dict[str, list[Version]]:
    """Return the versions that a lock holds of each package: one, or one for each platform or Python."""
    found: dict[str, list[Version]] = {}
    for name, version, _ in PINNED.findall(LOCKS[lock]):
        found.setdefault(canonicalize_name(name), []).append(Version(version))
    return found


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("lock", ["run", "dev"])
@pytest.mark.parametrize("name", FLOORS)
def test_what_matters_for_safety_is_not_below_its_floor(name: str, lock: str) -> None:
    assert min(pinned(lock)[name]) >= Version(FLOORS[name])


@pytest.mark.parametrize("lock", ["run", "dev"])
def test_every_dependency_is_locked_at_a_version_it_allows(lock: str) -> None:
    wanted = list(project()["project"]["dependencies"])
    wanted += project()["dependency-groups"]["dev"] if lock == "dev" else []
    versions = pinned(lock)
    for line in wanted:
        needed = Requirement(line)
        for version in versions.get(canonicalize_name(needed.name), []):
            assert needed.specifier.contains(version, prereleases=True), f"run `make lock`: {line}"
        assert canonicalize_name(needed.name) in versions, f"run `make lock`: {line}"


def test_development_uses_the_very_versions_that_run() -> None:
    run, dev = pinned("run"), pinned("dev")
    assert {name: versions for name, versions in run.items() if dev.get(name) != versions} == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes_and_without_an_address(lock: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", LOCKS[lock])
    packages = [block for block in blocks if PINNED.match(block)]
    assert packages
    assert [block.split("\n")[0] for block in packages if "--hash=sha256:" not in block] == []
    assert "://" not in LOCKS[lock]


@pytest.mark.parametrize("name", UNWANTED)
def test_what_we_do_not_want_is_not_pulled_in(name: str) -> None:
    assert name not in pinned("dev"), UNWANTED[name]
