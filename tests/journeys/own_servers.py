"""PostgreSQL and Redis of the operating system, started as docker-compose.yml starts its own, for one journey."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.architecture.tree import ROOT
from tests.cli.waiting import wait_for
from tests.journeys import compose

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


def missing() -> str:
    """Return what this machine lacks for the journey, '' when it has everything."""
    lacking = [] if POSTGRES else ["PostgreSQL (/usr/lib/postgresql/*/bin)"]
    lacking += [name for name in ("redis-server", "psql") if shutil.which(name) is None]
    return f"not installed here: {', '.join(lacking)}" if lacking else ""


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class OwnServers:
    """Both servers on free ports; `services` is docker-compose.yml with its host names turned to them."""

    def __init__(self, **variables: str) -> None:
        passwords = {name: secrets.token_hex(12) for name in compose.required()}
        self.variables = {**passwords, **variables}
        self.folder = Path(tempfile.mkdtemp(prefix="saola-own-"))
        self.postgres_port, self.redis_port, self.api_port = free_port(), free_port(), free_port()
        self.services: dict[str, dict[str, Any]] = self._here(compose.services(self.variables))
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def _here(self, value: Any) -> Any:
        """Turn the names of containers into addresses of this machine."""
        if isinstance(value, dict):
            return {name: self._here(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._here(inner) for inner in value]
        if not isinstance(value, str):
            return value
        value = value.replace("@postgres:5432/", f"@127.0.0.1:{self.postgres_port}/")
        value = value.replace("@redis:6379/", f"@127.0.0.1:{self.redis_port}/")
        return str(self.api_port) if value == "8000" else value

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment of one service, as the container would have it."""
        own = {name: str(value) for name, value in self.services[service].get("environment", {}).items()}
        image = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "LANGSMITH_TRACING": "false"}
        path = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
        home, agents = str(self.folder / "home"), str(self.folder / "agents")
        here = {"SAOLA_HOME": home, "SAOLA_AGENTS": agents, "SAOLA_PORT": str(self.api_port)}
        return {"PATH": path, "HOME": str(self.folder), "LANG": "C.UTF-8", **image, **own, **here}

    def run(self, service: str, command: list[str] | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a service's command, or another in its place, to its end."""
        words = [str(word) for word in command or self.services[service]["command"]]
        return subprocess.run(
            words, env=self.environment(service), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )

    def healthy(self, service: str) -> bool:
        """Run the service's own health check."""
        kind, *words = self.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        return self.run(service, words).returncode == 0

    def start(self, service: str, *more: str) -> None:
        """Start a service's command and leave it running."""
        words = [str(word) for word in self.services[service]["command"]]
        self._start(service, [*words, *more], self.environment(service), ROOT, None)

    def start_redis(self) -> None:
        """Start Redis by the command of the file, on a free port of this machine."""
        (self.folder / "redis").mkdir()
        more = ["--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self.folder / "redis")]
        self.start("redis", *more)
        wait_for(lambda: _listens(self.redis_port), 20, "Redis listens")

    def start_postgres(self, *, roles: bool = True) -> None:
        """Start PostgreSQL as the image does, and run deploy/roles.sql in it, twice."""
        owner = "postgres" if os.getuid() == 0 else None
        data, password = self.folder / "postgres", self.folder / "password"
        data.mkdir(mode=0o700)
        password.write_text(self.variables["POSTGRES_PASSWORD"])
        self.folder.chmod(0o711)
        if owner:
            entry = pwd.getpwnam(owner)
            os.chown(data, entry.pw_uid, entry.pw_gid)
            os.chown(password, entry.pw_uid, entry.pw_gid)
        words = [str(POSTGRES[-1].with_name("initdb")), "-D", str(data), "-U", "postgres", f"--pwfile={password}"]
        words += ["--no-sync", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(words, user=owner, cwd="/", check=True, capture_output=True)
        words = [str(POSTGRES[-1]), "-D", str(data), "-p", str(self.postgres_port), "-k", str(data)]
        self._start("postgres", [*words, "-h", "127.0.0.1", "-F"], os.environ, Path("/"), owner)
        wait_for(lambda: _listens(self.postgres_port), 20, "PostgreSQL listens")
        for _ in range(2 if roles else 0):
            words = ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-f", "deploy/roles.sql"]
            environment = {**os.environ, **self.administrator()}
            ran = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
            assert ran.returncode == 0, ran.stderr

    def administrator(self) -> dict[str, str]:
        """Return the variables by which psql is the superuser, with the passwords that roles.sql asks for."""
        passwords = {name: self.variables[name] for name in self.variables if name.endswith("_PASSWORD")}
        postgres = {"PGHOST": "127.0.0.1", "PGPORT": str(self.postgres_port), "PGUSER": "postgres"}
        redis = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(self.redis_port)}
        redis["REDIS_PASSWORD"] = passwords.pop("BROKER_PASSWORD")
        return {**passwords, **postgres, **redis, "PGPASSWORD": passwords["POSTGRES_PASSWORD"]}

    def _start(self, name: str, words: list[str], env: Mapping[str, str], cwd: Path, user: str | None) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                words, env=dict(env), cwd=cwd, user=user, stdout=log, stderr=log, start_new_session=True
            )

    def logs(self) -> str:
        """Return the end of what every process said."""
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-2000:]}" for path in files)

    def close(self) -> None:
        """Stop everything that was started, the servers last, and delete the folder."""
        for name, process in reversed(self.running.items()):
            number = signal.SIGINT if name == "postgres" else signal.SIGTERM
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number) if name != "postgres" else process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def own_servers(*, roles: bool = True, **variables: str) -> Iterator[OwnServers]:
    """Yield both servers running, with the roles made or not; all of it is gone at the end."""
    made = OwnServers(**variables)
    try:
        made.start_postgres(roles=roles)
        made.start_redis()
        yield made
    finally:
        made.close()
