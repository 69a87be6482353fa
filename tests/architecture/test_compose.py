"""docker-compose.yml and the Dockerfile, as far as they can be judged without a Docker engine.

tests/journeys/test_own_servers.py runs the same commands on real servers.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from api.business_gauges import SHOWN
from cli.main import COMMANDS
from cli.stack import WORKERS
from core.settings import Settings
from tests.architecture.tree import PACKAGES, ROOT, files, text
from tests.journeys import compose

OURS = {"migrate", "api", "relay", "schedule", *(f"worker-{name}" for name in WORKERS)}
PASSWORDS = dict.fromkeys(compose.required(), "x")
SERVICES = compose.services(PASSWORDS)


def test_the_file_keeps_to_the_compose_specification() -> None:
    words = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(compose.FILE)]
    ran = subprocess.run([str(Path(sys.executable).parent / words[0]), *words[1:]], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_the_dockerfile_passes_its_linter() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint has no build for this machine")
    ran = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_image_holds_every_package_that_runs() -> None:
    copied = set(re.findall(r"^COPY (\w+) ", text(Path("Dockerfile")), re.M))
    assert copied == set(PACKAGES) - {"bench"}
    allowed = {line[1:] for line in text(Path(".dockerignore")).splitlines() if line.startswith("!")}
    assert allowed == {*copied, "requirements/*.lock"}
    assert {path.suffix for path in files() if path.parts[0] == "requirements"} == {".lock"}


def test_servers_are_postgresql_16_or_newer_with_pgvector_and_redis_7() -> None:
    postgres = re.fullmatch(r"pgvector/pgvector:pg(\d+)", SERVICES["postgres"]["image"])
    redis = re.fullmatch(r"redis:(\d+)\.\d+-\w+", SERVICES["redis"]["image"])
    assert postgres and int(postgres[1]) >= 16 and redis and int(redis[1]) >= 7


def test_workers_take_the_same_queues_as_under_saola_up() -> None:
    assert set(SERVICES) >= OURS
    for name, (queues, pool) in WORKERS.items():
        command = SERVICES[f"worker-{name}"]["command"]
        assert command[command.index("-Q") + 1] == queues
        assert command[command.index("--pool") + 1] == pool
    models = SERVICES["worker-llm"]
    threads = int(models["command"][models["command"].index("--concurrency") + 1])
    assert threads * int(models["deploy"]["replicas"]) == Settings.model_fields["model_threads"].default


@pytest.mark.parametrize("name", sorted(OURS - {"migrate"}))
def test_each_health_check_asks_about_progress(name: str) -> None:
    test = SERVICES[name]["healthcheck"]["test"]
    assert test[:-1] == ["CMD", "python", "-m", "cli", "health"]
    assert test[-1] == name.removeprefix("worker-")
    assert (COMMANDS / "health.py").exists()


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_service_waits_for_the_schema_and_drops_rights(name: str) -> None:
    service = SERVICES[name]
    waits = service["depends_on"]
    assert waits["postgres" if name == "migrate" else "migrate"]["condition"].startswith("service_")
    assert service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_services_get_settings_that_exist_and_no_more_rights_than_they_need(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert {key for key in environment if key.removeprefix("SAOLA_").lower() not in Settings.model_fields} == set()
    assert ("SAOLA_OWNER_DATABASE_URL" in environment) == (name == "migrate")
    assert ("SAOLA_SYSTEM_DATABASE_URL" in environment) == (not name.startswith("worker"))


def test_only_the_pages_are_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_make_env_writes_every_password_that_compose_asks_for(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(text(Path("Makefile")))
    for _ in range(2):  # the second time changes nothing
        subprocess.run(["make", "-s", "env", f"PYTHON={sys.executable}"], cwd=tmp_path, check=True)
    lines = (tmp_path / ".env").read_text().splitlines()
    made = dict(line.split("=", 1) for line in lines)
    assert compose.required() <= set(made) and len(lines) == len(made)
    assert len(set(made.values())) == len(made) and min(map(len, made.values())) >= 48
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


def test_every_file_that_a_service_mounts_is_here() -> None:
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    missing = [path for path in mounted if path.startswith("./deploy/") and not (ROOT / path).is_file()]
    assert missing == []


def gauges() -> set[str]:
    """Every gauge that the code makes."""
    sources = [text(Path("api") / name) for name in ("routes/operations.py", "business_gauges.py")]
    return {name for source in sources for name in re.findall(r'"(saola_\w+)"', source)}


def test_alerts_ask_for_gauges_that_exist_and_say_what_comes_next() -> None:
    rules = [rule for group in yaml.safe_load(text(Path("deploy/alerts.yml")))["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 5
    for rule in rules:
        named = set(re.findall(r"saola_\w+", rule["expr"]))
        assert named <= gauges() and (named or "up{" in rule["expr"])
        assert set(re.findall(r'figure="(\w+)"', rule["expr"])) <= set(SHOWN)
        assert rule["annotations"]["summary"] and rule["annotations"]["next"] and rule["for"]
    promtool = shutil.which("promtool")
    if promtool:
        subprocess.run([promtool, "check", "rules", str(ROOT / "deploy/alerts.yml")], check=True)


def test_the_dashboard_shows_gauges_that_exist() -> None:
    board = json.loads(text(Path("deploy/grafana/saola.json")))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    shown = {name for expr in asked for name in re.findall(r"saola_\w+", expr)}
    assert shown and shown <= gauges()
    figures = {name for expr in asked for found in re.findall(r'figure=~?"([^"]+)"', expr) for name in found.split("|")}
    assert figures <= set(SHOWN)
    uid = yaml.safe_load(text(Path("deploy/grafana/datasource.yml")))["datasources"][0]["uid"]
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {uid}
