"""Who may do what: users, sessions and API keys. Secrets are stored as digests only."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.ids import new_id
from core.store.sql import execute, maybe_row, rows, scalar

SCOPES = ("staff", "ops", "developer", "admin")


def add_key(
    connection: Connection, tenant_id: UUID, *, name: str, prefix: str, digest: str, scopes: Sequence[str]
) -> UUID:
    """Store an API key's prefix and digest; returns its id."""
    key_id = new_id()
    execute(
        connection,
        """INSERT INTO api_keys (id, tenant_id, name, prefix, digest, scopes)
           VALUES (:id, :tenant_id, :name, :prefix, :digest, :scopes)""",
        id=key_id,
        tenant_id=tenant_id,
        name=name,
        prefix=prefix,
        digest=digest,
        scopes=list(scopes),
    )
    return key_id


def find_key(connection: Connection, prefix: str) -> RowMapping | None:
    """Return a live key by its prefix, whatever its tenant; needs no tenant in the transaction."""
    return maybe_row(connection, "SELECT * FROM find_api_key(:prefix)", prefix=prefix)


def list_keys(connection: Connection) -> Sequence[RowMapping]:
    """Return the tenant's keys without digests, newest first."""
    return rows(
        connection,
        "SELECT id, name, prefix, scopes, created_at, used_at, revoked_at FROM api_keys ORDER BY created_at DESC",
    )


def revoke_key(connection: Connection, key_id: UUID) -> bool:
    """Revoke a key; False when there is no such live key."""
    return bool(
        execute(
            connection,
            "UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = :id AND revoked_at IS NULL",
            id=key_id,
        )
    )


def key_used(connection: Connection, prefix: str) -> None:
    """Note that a key is in use, once a minute at most."""
    execute(
        connection,
        """UPDATE api_keys SET used_at = clock_timestamp()
           WHERE prefix = :prefix AND coalesce(used_at, '-infinity') < clock_timestamp() - interval '1 minute'""",
        prefix=prefix,
    )


def add_user(
    connection: Connection, tenant_id: UUID, *, email: str, name: str, scopes: Sequence[str], password_hash: str
) -> UUID | None:
    """Add a user; None when the address is taken in this tenant."""
    row = maybe_row(
        connection,
        """INSERT INTO users (id, tenant_id, email, name, scopes, password_hash)
           VALUES (:id, :tenant_id, lower(:email), :name, :scopes, :password_hash)
           ON CONFLICT (tenant_id, email) DO NOTHING RETURNING id""",
        id=new_id(),
        tenant_id=tenant_id,
        email=email,
        name=name,
        scopes=list(scopes),
        password_hash=password_hash,
    )
    return None if row is None else UUID(str(row["id"]))


def find_user(connection: Connection, email: str) -> RowMapping | None:
    """Return a user who may log in, by address, whatever the tenant."""
    return maybe_row(connection, "SELECT * FROM find_user(:email)", email=email)


def may_try(connection: Connection, account: str, client: str, *, most: tuple[int, int], seconds: float) -> bool:
    """Count a try to log in, of any process, and return whether it may go on: fewer than `most` were counted for the
    account, and for the client's address, within so many seconds. Both are digests; no tenant is known yet."""
    sql = "SELECT try_log_in(:account, :client, :of_account, :of_client, :seconds)"
    of_account, of_client = most
    return bool(
        scalar(
            connection,
            sql,
            account=account,
            client=client,
            of_account=of_account,
            of_client=of_client,
            seconds=seconds,
        )
    )


def forget_tries(connection: Connection, account: str) -> None:
    """Forget an account's tries once somebody has logged in to it."""
    scalar(connection, "SELECT forget_log_in_tries(:account)", account=account)


def list_users(connection: Connection) -> Sequence[RowMapping]:
    """Return the tenant's users without password hashes."""
    return rows(connection, "SELECT id, email, name, scopes, language, disabled_at FROM users ORDER BY email")


def one_user(connection: Connection, user_id: UUID) -> RowMapping | None:
    """Return one of the tenant's users, with the password's hash, or None."""
    return maybe_row(
        connection,
        "SELECT id, email, name, scopes, language, disabled_at, password_hash FROM users WHERE id = :id",
        id=user_id,
    )


def live_admins(connection: Connection) -> list[UUID]:
    """Return the users who administrate and may log in, locked: of two who take it from each other one fails."""
    sql = "SELECT id FROM users WHERE 'admin' = ANY(scopes) AND disabled_at IS NULL ORDER BY id FOR UPDATE"
    return [row["id"] for row in rows(connection, sql)]


def set_password(connection: Connection, user_id: UUID, password_hash: str, keep_session: str = "") -> None:
    """Set a user's password ('' for none: a log-in link is the only way in) and end their sessions but one."""
    execute(connection, "UPDATE users SET password_hash = :hash WHERE id = :id", id=user_id, hash=password_hash)
    end_sessions(connection, user_id, keep_session)


def set_scopes(connection: Connection, user_id: UUID, scopes: Sequence[str]) -> None:
    """Say what a user may do; in force at their next request."""
    execute(connection, "UPDATE users SET scopes = :scopes WHERE id = :id", id=user_id, scopes=list(scopes))


def set_disabled(connection: Connection, user_id: UUID, disabled: bool) -> None:
    """Let a user in no more, or again; their sessions end."""
    execute(
        connection,
        "UPDATE users SET disabled_at = CASE WHEN :disabled THEN clock_timestamp() END WHERE id = :id",
        id=user_id,
        disabled=disabled,
    )
    end_sessions(connection, user_id)


def end_sessions(connection: Connection, user_id: UUID, but: str = "") -> None:
    """Forget a user's sessions, all but the one of this digest."""
    execute(connection, "DELETE FROM sessions WHERE user_id = :id AND digest <> :but", id=user_id, but=but)


def set_user_language(connection: Connection, user_id: UUID, language: str) -> None:
    """Set the language in which a user reads the pages."""
    execute(connection, "UPDATE users SET language = :language WHERE id = :id", id=user_id, language=language)


def open_session(
    connection: Connection, tenant_id: UUID, *, digest: str, user_id: UUID, csrf: str, expires_at: datetime
) -> None:
    """Store a session by the digest of its cookie."""
    execute(
        connection,
        """INSERT INTO sessions (digest, tenant_id, user_id, csrf, expires_at)
           VALUES (:digest, :tenant_id, :user_id, :csrf, :expires_at)""",
        digest=digest,
        tenant_id=tenant_id,
        user_id=user_id,
        csrf=csrf,
        expires_at=expires_at,
    )


def find_session(connection: Connection, digest: str) -> RowMapping | None:
    """Return the live session and its user, whatever the tenant."""
    return maybe_row(connection, "SELECT * FROM find_session(:digest)", digest=digest)


def forget_ended_sessions(connection: Connection) -> None:
    """Delete sessions whose time is over."""
    execute(connection, "DELETE FROM sessions WHERE expires_at < clock_timestamp()")


def close_session(connection: Connection, digest: str) -> None:
    """Forget a session."""
    execute(connection, "DELETE FROM sessions WHERE digest = :digest", digest=digest)
