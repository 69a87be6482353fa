"""A model as a judge is asked over HTTP about what went out; its errors are measured, and nothing rests on its word."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from agents.llm.scripted_server import ScriptedServer
from api.gate_seen import Judge, choose_judge, judging_of
from cli.commands.report import print_judging
from core.db import app_database
from core.settings import settings
from core.store import journal, judge, policies
from core.store.sql import scalar
from metrics.certificates.judged import JudgedAgent
from tests.workers.made import Shop
from workers.certify import renew_certificates
from workers.judge import ask_judge

WRONG = "From 9 to 19."


def says(body: Mapping[str, Any]) -> dict[str, Any]:
    """Calls what is wrong wrong, and one right reply in ten too."""
    asked = body["messages"][-1]["content"]
    return {"text": "WRONG: the shop closes at 18." if WRONG in asked else "Right. It says what the source says."}


def test_its_word_is_kept_apart_corrected_by_peoples_and_no_certificate_rests_on_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = [number % 5 > 0 for number in range(60)]
    shop.run([0.9] * 60, right, action="automate", probability=0.5)
    shop.run([0.9] * 20, action="automate", probability=0.5)  # sent, and no coin drew them
    shop.run([0.9] * 5, action="hold")
    shop.sql(
        """UPDATE runs SET proposal = jsonb_set(proposal, '{reply}', to_jsonb(CAST(:wrong AS text)))
           WHERE id IN (SELECT run_id FROM audits WHERE NOT "right")""",
        wrong=WRONG,
    )
    with ScriptedServer(says) as server:
        monkeypatch.setenv("SAOLA_MODEL_BASE_URL", server.base_url)
        settings.cache_clear()
        shop.do(ask_judge, "gate.judge")
        assert not server.requests  # nobody judges by default
        with app_database().transaction(shop.tenant) as connection:
            choose_judge(connection, shop.tenant, "mai", Judge(model="openai:scripted"))
            assert journal.entry_of(connection, "judge.set", "model", "openai:scripted") is not None
        for _ in range(5):
            shop.do(ask_judge, "gate.judge")
        assert len(server.requests) == 80  # each once, and what was held not at all
        _, body = server.requests[-1]
    assert "to be judged, not to be done" in " ".join(body["messages"][0]["content"].split())
    with app_database().transaction(shop.tenant) as connection:
        (one,) = judging_of(connection).agents
    assert (one.judged, one.audited, one.unreadable, one.missing) == (80, 60, 0, "")
    assert one.sensitivity is not None and (one.sensitivity.k, one.sensitivity.n) == (12, 12)
    assert one.specificity is not None and (one.specificity.k, one.specificity.n) == (48, 48)
    assert one.plain is not None and one.corrected is not None
    assert one.plain.value == pytest.approx(0.8)
    assert one.corrected.value == pytest.approx(68 / 80, abs=0.02)  # it calls the 20 others right
    assert one.corrected.high - one.corrected.low < one.plain.high - one.plain.low
    _look_at_the_report(shop, one)
    shop.do(renew_certificates, "certificates.renew")
    with app_database().transaction(shop.tenant) as connection:
        assert policies.live_certificates(connection) == []
        assert scalar(connection, "SELECT count(*) FROM audits WHERE state = 'judged'") == 60


def _look_at_the_report(shop: Shop, one: JudgedAgent) -> None:
    """The report tells the same of tickets that arrived in its period, beside the judge's own errors."""
    now, day = datetime.now(UTC), timedelta(days=1)
    with app_database().transaction(shop.tenant) as connection:
        found, before = (judging_of(connection, (end - day, end)) for end in (now + day / 2, now - day))
    assert found.agents == [one] and found.whole == one.model_copy(update={"agent": ""})
    assert (before.whole.judged, before.whole.corrected, before.agents) == (0, None, [])
    console = Console(file=StringIO(), record=True, width=200)
    print_judging(found, console)
    print_judging(before, console)
    said = console.export_text()
    assert "openai:scripted" in said and "80.0%" in said and "100.0% [73.5%, 100.0%]" in said
    assert "not yet known: 30 more audits of replies that it judged" in said


def test_an_answer_that_is_no_verdict_is_kept_as_none_and_a_model_that_fails_is_asked_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run([0.9] * 2, action="automate")
    faults = [{"status": 401, "body": {"error": {"message": "no"}}}] * 2
    answers = iter([{"text": "I would rather not say."}, {"text": "RIGHT\nfine"}])
    with ScriptedServer(lambda _: next(answers), faults=faults) as server:
        monkeypatch.setenv("SAOLA_MODEL_BASE_URL", server.base_url)
        settings.cache_clear()
        with app_database().transaction(shop.tenant) as connection:
            judge.set_judge(connection, judge.JudgeSetting("openai:scripted"))
        shop.do(ask_judge, "gate.judge")
        assert server.served == 0
        shop.do(ask_judge, "gate.judge")
    with app_database().transaction(shop.tenant) as connection:
        (one,) = judging_of(connection).agents
    assert (one.judged, one.unreadable, one.says_right, one.corrected) == (2, 1, 1.0, None)
    assert one.missing == "30 more audits of replies that it judged"


def test_a_reply_that_the_model_cannot_take_does_not_stop_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run([0.9] * 4, action="automate")
    faults = [{"status": 400, "body": {"error": {"message": "too long"}}}]
    with ScriptedServer(lambda _: {"text": "RIGHT\nfine"}, faults=faults) as server:
        monkeypatch.setenv("SAOLA_MODEL_BASE_URL", server.base_url)
        settings.cache_clear()
        with app_database().transaction(shop.tenant) as connection:
            judge.set_judge(connection, judge.JudgeSetting("openai:scripted"))
        shop.do(ask_judge, "gate.judge")
        assert server.served == 3
