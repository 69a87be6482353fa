"""Where the embedded servers of one home keep their data, and as which user they run.

An ordinary user's data lie in the home itself. PostgreSQL refuses to run as root, and the user that root drops to
may not enter root's folders: then data lie in a folder made for that user in /var/lib/saola. No folder that we did
not make is ever chmodded.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from core.errors import Broken, Rejected

SHARED = Path("/var/lib/saola")
USER = "saola"


@dataclass(frozen=True, kw_only=True)
class Place:
    """`data` holds one folder per server, `sockets` is short and 0700; `user` is (uid, gid), None for ourselves."""

    home: Path
    data: Path
    sockets: Path
    user: tuple[int, int] | None

    @property
    def owner(self) -> int:
        """The user id that the servers run as."""
        return os.geteuid() if self.user is None else self.user[0]

    def folder(self, name: str) -> Path:
        """Return the data folder `name`, made 0700 for the servers' user when absent."""
        return private_folder(self.data / name, self.user)

    def remove(self) -> None:
        """Delete all that the servers stored; only for temporary homes."""
        shutil.rmtree(self.sockets, ignore_errors=True)
        for folder in [self.data] if self.user else [self.data / "postgres", self.data / "valkey"]:
            shutil.rmtree(folder, ignore_errors=True)


def find_place(home: Path) -> Place:
    """Return the place of `home`, making its folders when absent.

    Raises Rejected when a folder of that name exists and is not ours alone.
    """
    home = home.absolute()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        name = f"saola-{os.geteuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
        sockets = private_folder(Path("/tmp") / name, None)  # noqa: S108 - owner and mode are verified
        return Place(home=home, data=home, sockets=sockets, user=None)
    account = service_account()
    user = (account.pw_uid, account.pw_gid)
    data = shared_folder(home, user)
    return Place(home=home, data=data, sockets=private_folder(data / "run", user), user=user)


def private_folder(path: Path, user: tuple[int, int] | None) -> Path:
    """Return `path` as a folder that `user` owns with mode 0700; verified when it already exists."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        if user:
            os.chown(path, *user)
    found = path.lstat()
    owner = user[0] if user else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) & 0o077:
        raise Rejected(f"{path} is not a private folder of user {owner}", hint=f"Look at it, then remove {path}.")
    return path


def service_account() -> pwd.struct_passwd:
    """Return the system user that root drops to: `saola`, made when missing, else `nobody`."""
    if not _system_account(USER) and shutil.which("useradd"):
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(SHARED)]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", USER], capture_output=True, check=False)
    account = _system_account(USER) or _system_account("nobody")
    if account is None:
        raise Rejected("PostgreSQL does not run as root, and no user to drop to was found", hint="Run as another user.")
    return account


def _system_account(name: str) -> pwd.struct_passwd | None:
    with contextlib.suppress(KeyError):
        account = pwd.getpwnam(name)
        if 0 < account.pw_uid < 1000 or name == "nobody":  # a person who happens to be called so is not meant
            return account
    return None


def shared_folder(home: Path, user: tuple[int, int]) -> Path:
    """Return root's folder for the data of `home`: found by the id stored in it, so that a moved home keeps its data.

    A copied home gets a folder of its own: two supervisors on one database folder would end each other.
    """
    with contextlib.suppress(FileExistsError):
        SHARED.mkdir(parents=True)
        SHARED.chmod(0o755)
    if SHARED.is_symlink() or SHARED.stat().st_uid != 0:
        raise Rejected(f"{SHARED} does not belong to root", hint=f"Look at it, then remove {SHARED}.")
    stored = stored_values(home)
    folder = SHARED / stored["id"]
    marker = folder / "home"
    if marker.exists() and (first := Path(marker.read_text())) != home and _id_in(first) == stored["id"]:
        stored = store_values(home, {**stored, "id": secrets.token_hex(6)})
        folder = SHARED / stored["id"]
        marker = folder / "home"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, 0, user[1])
        folder.chmod(0o710)
    marker.write_text(str(home))
    return folder


def stored_values(home: Path) -> dict[str, str]:
    """Return the id and generated passwords of `home` from its 0600 file, made at the first call."""
    path = home / "embedded.json"
    if not path.exists():
        roles = ("postgres", "saola_owner", "saola_app", "saola_system")
        store_values(home, {"id": secrets.token_hex(6), **{role: secrets.token_urlsafe(24) for role in roles}})
    values: dict[str, str] = json.loads(path.read_text())
    return values


def store_values(home: Path, values: dict[str, str]) -> dict[str, str]:
    """Replace the stored values of `home` in one step; returns them."""
    fresh = home / f"embedded.{os.getpid()}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(values, out, indent=1)
    fresh.replace(home / "embedded.json")
    return values


def _id_in(home: Path) -> str:
    try:
        return str(json.loads((home / "embedded.json").read_text())["id"])
    except (OSError, ValueError, KeyError):
        return ""


@contextlib.contextmanager
def locked(home: Path, name: str) -> Iterator[None]:
    """Hold the lock `name` of `home`; raises Rejected, naming the holder's process id, when another process has it."""
    with os.fdopen(os.open(home / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = lock.read().strip() or "another process"
            message = f"{name} of {home} is already run by process {holder}"
            hint = "Stop it first, or choose another SAOLA_HOME."
            raise Rejected(message, code="already_running", hint=hint, where=holder) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def holder(home: Path, name: str) -> str | None:
    """Return the process id that holds the lock `name` of `home`, None when nobody does."""
    try:
        with locked(home, name):
            return None
    except Rejected as error:
        return error.where


def program(package: str, distribution: str, pattern: str, place: Place, *beside: str) -> Path:
    """Return the program that matches `pattern` in the wheel `package`, copied where the servers' user can reach it.

    `beside` are folders next to the package that it needs too. The package itself is never imported. Raises Broken
    when the wheel has no such program for this machine.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Broken(f"The package {distribution} is not installed; run `make setup`.")
    source = Path(spec.submodule_search_locations[0])
    if place.user and not _reachable(next(iter(source.glob(pattern)), source), place.user):
        source = _copy(source, SHARED / f"{distribution}-{version(distribution)}", beside)
    found = next(iter(source.glob(pattern)), None)
    if found is None:
        raise Broken(f"{distribution} has no {pattern} for this machine.")
    return found


def _reachable(path: Path, user: tuple[int, int]) -> bool:
    for part in (path, *path.parents):
        found = part.stat()
        bit = 0o100 if found.st_uid == user[0] else 0o010 if found.st_gid == user[1] else 0o001
        if not found.st_mode & bit:
            return False
    return True


def _copy(source: Path, target: Path, beside: tuple[str, ...]) -> Path:
    if not target.exists():
        fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
        for name in (source.name, *beside):
            shutil.copytree(source.with_name(name), fresh / name, ignore=shutil.ignore_patterns("pginstall", "*.py*"))
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        with contextlib.suppress(OSError):  # another process was quicker
            fresh.rename(target)
        shutil.rmtree(fresh, ignore_errors=True)
    return target / source.name
