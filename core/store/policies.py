"""What the gate must know about a tenant: its agents' live settings, certificates, and the classifiers in service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import FIELD, INHERITED, Certificate, Tier
from core.errors import Rejected
from core.gate.decide import lower_tier
from core.ids import new_id
from core.store.sql import Jsonb, execute, maybe_row, rows, scalar


class AgentSetting(NamedTuple):
    """A tenant's live setting for one agent. The tier in force is the lower of this and the manifest's."""

    enabled: bool = True
    tier: Tier = "automated"
    target: float | None = None
    confidence: float = 0.95
    paused: bool = False
    audit_probability: float = 0.15
    critical_target: float | None = None
    audits_a_day: int | None = None  # a budget; the two probabilities then follow it
    audit_flagged: float | None = None
    burst_until: datetime | None = None  # audits are drawn much more often until then: an alarm is being looked into

    def tier_under(self, ceiling: Tier) -> Tier:
        """Return the tier in force under the manifest's."""
        return lower_tier(ceiling, self.tier if self.enabled else "off")


class TenantState(NamedTuple):
    """One read of everything the pipeline needs besides the item."""

    paused: bool
    agents: Mapping[str, AgentSetting]
    certificates: Sequence[Certificate]
    classifiers: Mapping[str, UUID]  # kind -> serving classifier
    # kind -> what runs in shadow beside what serves: a version of triage, agents' confidence models
    candidates: Mapping[str, UUID] = {}  # a NamedTuple's default, never changed
    digest: str = ""  # of what is stored of the agents' settings

    @property
    def beside(self) -> "TenantState":
        """Return the state as it would be with the candidates in service."""
        return self._replace(classifiers={**self.classifiers, **self.candidates}, candidates={})


def tenant_state(connection: Connection, before: TenantState | None = None) -> TenantState:
    """Read the transaction's tenant. `before` is an earlier reading of it: agents' settings that are the same since are
    taken from there, since a tenant may have more than a thousand, and every worker asks each second."""
    paused = maybe_row(connection, "SELECT paused FROM tenants")
    # Before the settings: what changes in between is read twice, and not missed.
    settings = "SELECT coalesce(md5(string_agg(s::text, '|' ORDER BY agent)), '') FROM agent_settings s"
    digest = str(scalar(connection, settings))
    found_classifiers = rows(
        connection,
        """SELECT kind, id, state FROM classifiers WHERE state = 'serving'
               OR (state = 'candidate' AND (kind = 'triage' OR starts_with(kind, 'confidence:'))) ORDER BY id""",
    )
    return TenantState(
        paused=bool(paused and paused["paused"]),
        agents=before.agents if before and before.digest == digest else _settings(connection),
        certificates=live_certificates(connection),
        classifiers={row["kind"]: row["id"] for row in found_classifiers if row["state"] == "serving"},
        candidates={row["kind"]: row["id"] for row in found_classifiers if row["state"] == "candidate"},
        digest=digest,
    )


def _settings(connection: Connection) -> dict[str, AgentSetting]:
    found = rows(connection, f"SELECT agent, {', '.join(AgentSetting._fields)} FROM agent_settings")
    return {row["agent"]: AgentSetting(*[row[name] for name in AgentSetting._fields]) for row in found}


_CERTIFICATE = (
    "id, agent, fingerprint, slice, target, confidence, threshold, k, n, bound, method, audits, expires_at, simulated, "
    "critical_target"
)


def live_certificates(connection: Connection, owner: str | None = None) -> Sequence[Certificate]:
    """Return the certificates that let items out, of one agent or family, or of all: neither revoked nor expired, and
    not of a single field; the oldest first."""
    found = rows(
        connection,
        f"""SELECT {_CERTIFICATE} FROM certificates
            WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
                AND slice NOT LIKE '{FIELD}%'
                AND (CAST(:owner AS text) IS NULL OR agent = :owner)
            ORDER BY issued_at""",
        owner=owner,
    )
    return [Certificate(**row) for row in found]


def field_thresholds(connection: Connection, agent: str, fingerprint: str) -> dict[str, float]:
    """Return the threshold of each field of a processor that has a live certificate, by the field's name."""
    found = rows(
        connection,
        f"""SELECT slice, threshold FROM certificates WHERE agent = :agent AND fingerprint = :fingerprint
               AND slice LIKE '{FIELD}%' AND revoked_at IS NULL
               AND (expires_at IS NULL OR expires_at > clock_timestamp()) ORDER BY issued_at""",
        agent=agent,
        fingerprint=fingerprint,
    )
    return {str(row["slice"]).removeprefix(FIELD): float(row["threshold"]) for row in found}


def add_certificate(
    connection: Connection,
    tenant_id: UUID,
    certificate: Certificate,
    *,
    window: tuple[datetime, datetime] | None,
    code_version: str,
    digest: str,
    evidence: Mapping[str, Any],
) -> None:
    """Store a certificate; an older live one of the same agent, fingerprint and slice is revoked: whatever its target,
    or the gate would go on obeying the older one."""
    execute(
        connection,
        """UPDATE certificates SET revoked_at = clock_timestamp(), revoked_reason = 'replaced'
           WHERE agent = :agent AND fingerprint = :fingerprint AND slice = :slice AND revoked_at IS NULL""",
        **certificate.model_dump(include={"agent", "fingerprint", "slice"}),
    )
    execute(
        connection,
        """INSERT INTO certificates (id, tenant_id, agent, fingerprint, slice, target, confidence, threshold, k, n,
               bound, method, audits, expires_at, simulated, critical_target, window_from, window_to, code_version,
               hash, evidence)
           VALUES (:id, :tenant_id, :agent, :fingerprint, :slice, :target, :confidence, :threshold, :k, :n,
               :bound, :method, :audits, :expires_at, :simulated, :critical_target, :window_from, :window_to,
               :code_version, :hash, :evidence)""",
        **certificate.model_dump(),
        tenant_id=tenant_id,
        window_from=window[0] if window else None,
        window_to=window[1] if window else None,
        code_version=code_version,
        hash=digest,
        evidence=Jsonb(dict(evidence)),
    )


def revoke_certificates(
    connection: Connection, agent: str, reason: str, fingerprint: str | None = None, slice_: str | None = None
) -> int:
    """Revoke the live certificates of an agent or family, of all its fingerprints or of one, for all that it does or
    for one slice; returns how many."""
    return execute(
        connection,
        """UPDATE certificates SET revoked_at = clock_timestamp(), revoked_reason = :reason
           WHERE agent = :agent AND revoked_at IS NULL AND fingerprint = coalesce(:fingerprint, fingerprint)
             AND slice = coalesce(:slice, slice)""",
        agent=agent,
        reason=reason,
        fingerprint=fingerprint,
        slice=slice_,
    )


def get_certificate(connection: Connection, certificate_id: UUID) -> RowMapping:
    """Return a certificate with its evidence, live or not. Raises Rejected (code not_found)."""
    row = maybe_row(connection, "SELECT * FROM certificates WHERE id = :id", id=certificate_id)
    if row is None:
        raise Rejected("there is no such certificate", code="not_found", hint="List them: saola certificate list")
    return row


def live_by_slice(connection: Connection, agent: str, fingerprint: str) -> dict[str, RowMapping]:
    """Return threshold, target, confidence, critical_target, issued_at and half life of the live certificates that were
    earned, by slice."""
    found = rows(
        connection,
        """SELECT slice, threshold, target, confidence, critical_target, issued_at, expires_at
           FROM certificates
           WHERE agent = :agent AND fingerprint = :fingerprint AND revoked_at IS NULL AND method <> :inherited
             AND (expires_at IS NULL OR expires_at > clock_timestamp())
           ORDER BY issued_at DESC""",
        agent=agent,
        fingerprint=fingerprint,
        inherited=INHERITED,
    )
    return {row["slice"]: row for row in found}


def end_inherited(connection: Connection, agent: str, fingerprint: str) -> int:
    """End what a fingerprint inherited: it has earned its own. Returns how many certificates that were."""
    return execute(
        connection,
        """UPDATE certificates SET revoked_at = clock_timestamp(), revoked_reason = 'replaced'
           WHERE agent = :agent AND fingerprint = :fingerprint AND revoked_at IS NULL AND method = :inherited""",
        agent=agent,
        fingerprint=fingerprint,
        inherited=INHERITED,
    )


def list_certificates(connection: Connection, agent: str | None = None) -> Sequence[RowMapping]:
    """Return certificates, live ones (neither revoked nor expired) first, then newest."""
    return rows(
        connection,
        """SELECT id, agent, fingerprint, slice, target, confidence, critical_target, threshold, k, n, bound, method,
               audits, simulated, window_from, window_to, code_version, hash, issued_at, expires_at, revoked_at,
               revoked_reason, evidence - 'audits' - 'population' AS evidence,
               revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp()) AS live
           FROM certificates WHERE CAST(:agent AS text) IS NULL OR agent = :agent
           ORDER BY live DESC, issued_at DESC""",
        agent=agent,
    )


def set_agent(connection: Connection, tenant_id: UUID, agent: str, **changes: Any) -> None:
    """Change an agent's live setting: any field of AgentSetting. Raises ValueError for another."""
    allowed = set(AgentSetting._fields)
    if not changes or not set(changes) <= allowed:
        raise ValueError(f"settings of an agent are {sorted(allowed)}")
    names = sorted(changes)
    execute(
        connection,
        f"""INSERT INTO agent_settings (tenant_id, agent, {", ".join(names)})
            VALUES (:tenant_id, :agent, {", ".join(":" + name for name in names)})
            ON CONFLICT (tenant_id, agent) DO UPDATE SET
                {", ".join(f"{name} = excluded.{name}" for name in names)}, updated_at = clock_timestamp()""",
        tenant_id=tenant_id,
        agent=agent,
        **changes,
    )


def add_classifier(
    connection: Connection, tenant_id: UUID, kind: str, fingerprint: str, blob: bytes, figures: Mapping[str, Any]
) -> UUID:
    """Store a trained classifier as a candidate; returns its id."""
    classifier_id = new_id()
    execute(
        connection,
        """INSERT INTO classifiers (id, tenant_id, kind, fingerprint, blob, figures)
           VALUES (:id, :tenant_id, :kind, :fingerprint, :blob, :figures)""",
        id=classifier_id,
        tenant_id=tenant_id,
        kind=kind,
        fingerprint=fingerprint,
        blob=blob,
        figures=Jsonb(dict(figures)),
    )
    return classifier_id


def serve_classifier(connection: Connection, classifier_id: UUID) -> None:
    """Put a classifier in service; the one of the same kind that served before is retired."""
    execute(
        connection,
        """UPDATE classifiers SET state = 'retired' WHERE state = 'serving'
           AND kind = (SELECT kind FROM classifiers WHERE id = :id)""",
        id=classifier_id,
    )
    execute(connection, "UPDATE classifiers SET state = 'serving' WHERE id = :id", id=classifier_id)


def classifier_blob(connection: Connection, classifier_id: UUID) -> bytes | None:
    """Return a stored classifier's bytes."""
    row = maybe_row(connection, "SELECT blob FROM classifiers WHERE id = :id", id=classifier_id)
    return None if row is None else bytes(row["blob"])


def list_classifiers(connection: Connection) -> Sequence[RowMapping]:
    """Return classifiers without their bytes, newest first."""
    return rows(
        connection, "SELECT id, kind, fingerprint, state, figures, created_at FROM classifiers ORDER BY id DESC"
    )


def add_label(connection: Connection, tenant_id: UUID, ticket_id: UUID, intent: str, source: str, at: datetime) -> None:
    """Record which intent a ticket really had ('' for none); a later label of the same source replaces it."""
    execute(
        connection,
        """INSERT INTO labels (id, tenant_id, ticket_id, intent, source, at)
           VALUES (:id, :tenant_id, :ticket_id, :intent, :source, :at)
           ON CONFLICT (ticket_id, source) DO UPDATE SET intent = excluded.intent, at = excluded.at""",
        id=new_id(),
        tenant_id=tenant_id,
        ticket_id=ticket_id,
        intent=intent,
        source=source,
        at=at,
    )
