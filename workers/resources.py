"""What one worker process keeps at hand: the catalog, loaded agents, classifiers and each tenant's live state."""

import gc
import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from uuid import UUID

from agents.catalog import Entry, open_catalog
from agents.contract import Agent
from agents.llm import breaker
from agents.loader import Loader
from agents.manifest import Manifest
from agents.triage.classifier import Classifier
from agents.triage.embedders import chosen
from agents.triage.views import views
from core.contracts import Policy
from core.db import app_database
from core.errors import Broken, TryLater
from core.keys import signing_secret
from core.settings import settings
from core.store import policies
from core.store.policies import AgentSetting, TenantState
from workers.broker import BreakerBoard

CATALOG_SECONDS = 2.0
STATE_SECONDS = 1.0
CLASSIFIERS_KEPT = 8
CONFIDENCE = "confidence:"  # before an agent's name: the kind of its stored confidence model


class Workshop:
    """One per process. Everything in it can be thrown away and read again."""

    def __init__(self) -> None:
        self.catalog = open_catalog(settings().agent_path, library=settings().library, home=settings().home)
        self.loader = Loader(self.catalog)
        self._looked = time.monotonic()
        self._states: dict[UUID, tuple[float, TenantState]] = {}
        self._enabled: dict[UUID, tuple[Mapping[str, Entry], Mapping[str, AgentSetting], Mapping[str, Manifest]]] = {}
        self._lock = Lock()

    def refresh(self) -> None:
        """Look for new and changed agent folders, at most every two seconds."""
        with self._lock:
            if time.monotonic() - self._looked > CATALOG_SECONDS:
                self.catalog.refresh()
                self._looked = time.monotonic()

    def state(self, tenant_id: UUID, *, fresh: bool = False) -> TenantState:
        """Return the tenant's live settings and certificates, at most a second old, or as they are now."""
        kept = self._states.get(tenant_id)
        if kept and not fresh and time.monotonic() - kept[0] < STATE_SECONDS:
            return kept[1]
        with app_database().transaction(tenant_id) as connection:
            state = policies.tenant_state(connection, kept[1] if kept else None)
        self._states[tenant_id] = (time.monotonic(), state)
        return state

    def enabled(self, state: TenantState, tenant_id: UUID) -> Mapping[str, Manifest]:
        """Return the manifests of the agents that the tenant uses; found anew when folders or settings change."""
        entries, settings = self.catalog.entries, state.agents
        kept = self._enabled.get(tenant_id)
        if kept is None or kept[0] is not entries or kept[1] is not settings:
            off = {name for name, setting in settings.items() if not setting.enabled}
            found = {name: entry.manifest for name, entry in entries.items() if name not in off}
            kept = self._enabled[tenant_id] = (entries, settings, found)
        return kept[2]

    def classifier(self, tenant_id: UUID, classifier_id: UUID) -> Classifier:
        """Return a tenant's stored classifier, kept while it is in use. Raises TryLater when it is gone."""
        return _classifier(tenant_id, classifier_id)

    def triage(self, state: TenantState, tenant_id: UUID) -> Classifier | None:
        """Return the classifier in service, None where there is none that this version of Saola can use: it is trained
        again soon (workers/learn.py). Raises TryLater when it is gone."""
        found = state.classifiers.get("triage")
        try:
            classifier = self.classifier(tenant_id, found) if found else None
        except Broken:  # of another format: an upgrade
            return None
        known = {one.name for one in views(chosen("message"))}
        return classifier if classifier and classifier.embedder in known else None

    def agent(self, name: str, triage_fingerprint: str) -> Agent:
        """Return a loaded agent. Raises TryLater where this worker lacks its folder."""
        if name not in self.catalog.entries:
            raise TryLater(f"the folder of agent {name!r} is not on this worker", after=CATALOG_SECONDS)
        return self.loader.load(name, triage_fingerprint)

    def scored_by(self, state: TenantState, triage_fingerprint: str, *names: str) -> str:
        """Return what the scores of these agents rest on: the triage in service, and their confidence models."""
        models = [str(found) for name in sorted(names) if (found := state.classifiers.get(CONFIDENCE + name))]
        return "|".join([triage_fingerprint, *models])

    def confidence(self, state: TenantState, tenant_id: UUID, name: str) -> bytes:
        """Return an agent's stored confidence model, empty where none serves. Raises TryLater if it is gone."""
        found = state.classifiers.get(CONFIDENCE + name)
        return _blob(tenant_id, found) if found else b""

    def policy(self, state: TenantState, name: str) -> Policy:
        """Return what the gate must obey for an agent: its manifest, lowered by the tenant's live setting."""
        manifest = self.catalog.entries[name].manifest
        setting = state.agents.get(name, AgentSetting())
        return Policy(
            tier=setting.tier_under(manifest.tier),
            may=manifest.may,
            target=setting.target or manifest.target,
            confidence=setting.confidence,
            critical_target=setting.critical_target,
            paused=state.paused or setting.paused,
            allowed_links=manifest.allowed_links,
            sinks={tool.name: tool.sinks for tool in manifest.tools if tool.sinks},
            verified_only=tuple(tool.name for tool in manifest.tools if tool.verified_customer),
            confirm_first=tuple(tool.name for tool in manifest.tools if tool.confirm),
        )

    def members(self, family: str) -> list[str]:
        """Return the names of a family's agents; none for ''."""
        if not family:  # most agents have none: asked for each item, among many agents
            return []
        return sorted(entry.name for entry in self.catalog.entries.values() if entry.manifest.family == family)

    def family_fingerprint(self, family: str, triage_fingerprint: str) -> str:
        """Return one fingerprint for all agents of a family as they are now; '' where there is no family."""
        if not family:
            return ""
        members = sorted(e.version for e in self.catalog.entries.values() if e.manifest.family == family)
        return hashlib.sha256("|".join([family, triage_fingerprint, *members]).encode()).hexdigest()[:16]


@lru_cache(maxsize=CLASSIFIERS_KEPT)
def _classifier(tenant_id: UUID, classifier_id: UUID) -> Classifier:
    return Classifier.from_bytes(read_blob(tenant_id, classifier_id))


@lru_cache(maxsize=1024)
def _blob(tenant_id: UUID, classifier_id: UUID) -> bytes:
    return read_blob(tenant_id, classifier_id)


def read_blob(tenant_id: UUID, classifier_id: UUID) -> bytes:
    """Return what is stored under a classifier's id. Raises TryLater where it is gone: retired knowledge is emptied."""
    with app_database().transaction(tenant_id) as connection:
        blob = policies.classifier_blob(connection, classifier_id)
    if not blob:
        raise TryLater("the classifier was just replaced", after=1.0)
    return blob


@lru_cache
def workshop() -> Workshop:
    """Return this process's workshop, opened at first use (after the fork)."""
    breaker.share(BreakerBoard(settings().broker_url) if settings().broker_url else None)
    return Workshop()


@lru_cache
def settle() -> None:
    """Leave out of every later collection of garbage what this process has loaded until now: after its first item that
    is nearly all it will ever hold, and looking through it takes a tenth of a second each time."""
    gc.collect()
    gc.freeze()


def audit_coin(run_id: UUID, purpose: bytes = b"") -> float:
    """Return a number in [0, 1) that nobody can choose: HMAC-SHA256 of the run's id under the installation's secret.

    Coins of different purposes are independent.
    """
    digest = hmac.new(signing_secret().encode(), purpose + run_id.bytes, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
