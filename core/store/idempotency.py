"""Idempotency keys (draft-ietf-httpapi-idempotency-key-header-07 with Stripe's semantics), kept for 24 hours."""

from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store.sql import Jsonb, execute, maybe_row, scalar


def lock(connection: Connection, tenant_id: UUID, key: str) -> bool:
    """Take the key for this transaction; False while another request with the same key is running."""
    return bool(
        scalar(
            connection,
            "SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))",
            key=f"{tenant_id}:{key}",
        )
    )


def find(connection: Connection, key: str) -> RowMapping | None:
    """Return the first answer given under a key in the last 24 hours."""
    return maybe_row(
        connection,
        """SELECT fingerprint, status, headers, body FROM idempotency_keys
           WHERE key = :key AND created_at > clock_timestamp() - interval '24 hours'""",
        key=key,
    )


def remember(
    connection: Connection,
    tenant_id: UUID,
    key: str,
    *,
    fingerprint: str,
    status: int,
    headers: dict[str, str],
    body: bytes,
) -> None:
    """Keep an answer, in the transaction that made what it speaks of; an expired one is replaced."""
    execute(
        connection,
        """INSERT INTO idempotency_keys (tenant_id, key, fingerprint, status, headers, body)
           VALUES (:tenant_id, :key, :fingerprint, :status, :headers, :body)
           ON CONFLICT (tenant_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
               headers = excluded.headers, body = excluded.body, created_at = clock_timestamp()""",
        tenant_id=tenant_id,
        key=key,
        fingerprint=fingerprint,
        status=status,
        headers=Jsonb(headers),
        body=body,
    )


def forget_old(connection: Connection) -> int:
    """Delete keys older than 24 hours; returns how many."""
    return execute(
        connection, "DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - interval '24 hours'"
    )
