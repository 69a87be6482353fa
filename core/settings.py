"""Every setting of Saola, read from SAOLA_* environment variables; the only place that reads the environment."""

import os
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from core.errors import Rejected

PLAIN = (
    "PATH",
    "HOME",
    "LANG",
    "LC_",
    "TMPDIR",
    "TESSDATA_PREFIX",
    "PYTHON",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "DYLD_",
)


class Settings(BaseSettings):
    """Settings with their defaults; `saola doctor` lists SAOLA_* variables that are not among them.

    An empty variable is as if it were not set: files for compose and systemd write them so.
    """

    model_config = SettingsConfigDict(env_prefix="SAOLA_", frozen=True, env_ignore_empty=True)

    home: Path = Field(Path(".saola"), description="Folder for embedded servers, files and delivered mail.")
    database_url: str = Field("", description="PostgreSQL as the application role. Empty: the embedded server.")
    owner_database_url: str = Field("", description="PostgreSQL as the owner of the tables, for migrations only.")
    system_database_url: str = Field("", description="PostgreSQL as the relay's role, which sees outbox rows only.")
    broker_url: str = Field("", description="Redis or Valkey for Celery. Empty: the embedded server.")
    agents: str = Field(
        "", description="More agent folders, separated by ':', beside the bundled library. Empty: `agents` in home."
    )
    library: bool = Field(True, description="Serve the bundled agents too.")
    files_url: str = Field("", description="fsspec URL of the file store. Empty: a folder in home.")
    secret: SecretStr = Field(SecretStr(""), description="Signs sessions and audit coins. Empty: made in home.")
    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(
        8000, ge=0, le=65_535, description="Port of the API; the next free one is taken when it is in use."
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses or networks of reverse proxies before the API, separated by commas: who they say calls "
        "is who calls, also for the limit of log-ins.",
    )
    workers: int = Field(
        0, description="Processes of each kind of worker; of queue llm only where SAOLA_MODEL is set. 0: one a core."
    )
    embedder: str = Field("bundled", description="bundled, or the URL of an OpenAI-compatible embeddings endpoint.")
    model: str = Field("", description="Default language model as provider:name, for agents that name none.")
    model_base_url: str = Field("", description="Base URL of an OpenAI-compatible model server.")
    model_api_key: SecretStr = Field(SecretStr(""), description="Key for the model server, where it wants one.")
    model_timeout: float = Field(30.0, description="Seconds to wait for one model call.")
    model_threads: int = Field(
        32, description="Tickets that the workers of the queue llm of one machine work on at a time, in threads."
    )
    model_logprobs: bool = Field(False, description="Ask the model for token log-probabilities, a signal of the score.")
    model_prices: Path | None = Field(None, description="YAML file of model prices that win over the shipped ones.")
    tool_headers: dict[str, SecretStr] = Field(
        default_factory=dict, description="JSON: origin of a tool's server to the Authorization header sent there."
    )
    smtp_url: str = Field(
        "",
        description="smtp://user:password@host:port (STARTTLS where there is a password) or smtps://...; the server's "
        "certificate must be trusted, one of your own by SSL_CERT_FILE. Empty: replies go to the outbox folder.",
    )
    mail_from: str = Field("support@example.com", description="Sender of outgoing mail.")
    max_body_bytes: int = Field(1_000_000, description="Largest JSON body accepted.")
    max_file_bytes: int = Field(25_000_000, description="Largest uploaded file accepted.")
    max_text_chars: int = Field(50_000, description="Longest ticket text accepted.")
    lease_seconds: float = Field(60.0, description="How long a worker may hold a job before another takes it.")
    max_attempts: int = Field(3, description="Attempts before a job becomes a dead letter.")
    public_url: str = Field("", description="Where people open the pages, https://desk.example.com: mails link there.")
    undo_seconds: float = Field(10.0, description="How long a person's send waits, so that it can be undone.")
    audit_floor: float = Field(0.02, description="Smallest probability with which any run is audited.")
    tenant: str = Field("", description="Name or id of the tenant that commands work on, where there are several.")

    @property
    def agent_path(self) -> str:
        """Where the operator's agents lie: SAOLA_AGENTS, else the folder `agents` in home that `saola up` makes."""
        own = self.home.absolute() / "agents"
        return self.agents or (str(own) if own.is_dir() else "")


@lru_cache
def settings() -> Settings:
    """Return the process's settings, read once. Raises Rejected (setting_wrong) for values that cannot be read."""
    hint = "Set it anew or unset it; `docs/settings.md` says what each one means."
    try:
        return Settings()
    except ValidationError as error:
        told = "; ".join(f"SAOLA_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise Rejected(told, code="setting_wrong", hint=hint) from None
    except SettingsError as error:  # a value that must be JSON and is none; the message names its field
        name = str(error).split('"')[1].upper()
        raise Rejected(f"SAOLA_{name}: Input should be JSON", code="setting_wrong", hint=hint) from None


def unknown_variables() -> list[str]:
    """Return SAOLA_* environment variables that name no setting (a misspelt one is otherwise ignored in silence)."""
    known = {f"SAOLA_{name.upper()}" for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith("SAOLA_") and name not in known)


def environment_for_children(values: dict[str, str]) -> dict[str, str]:
    """Return this process's environment plus `values`, for child processes that the supervisor starts."""
    return {**os.environ, "LANGSMITH_TRACING": "false", "LANGGRAPH_STRICT_MSGPACK": "true", **values}


def environment_without_secrets(values: dict[str, str]) -> dict[str, str]:
    """Return what a child needs to run Python plus `values`, and no setting: for children that read untrusted files."""
    return {name: value for name, value in os.environ.items() if name.startswith(PLAIN)} | values


def point_to(values: dict[str, str]) -> None:
    """Make this process use these SAOLA_* values from now on: for commands that find a home's embedded servers."""
    os.environ.update(values)
    settings.cache_clear()
