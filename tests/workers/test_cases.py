"""An agent's cases run in a worker, and the page can say how each went the last time."""

from core.db import app_database
from core.store import case_results
from tests.workers.made import Shop
from workers.cases import run_cases
from workers.resources import workshop

CASES = """- name: opening hours
  ticket: {text: When do you open?}
  expect: {kind: reply}
"""


def results(shop: Shop) -> tuple[str, list[dict[str, object]]]:
    with app_database().transaction(shop.tenant) as connection:
        found = case_results.of(connection, "shop")
    assert found is not None
    return found["state"], found["results"]


def ask(shop: Shop) -> None:
    with app_database().transaction(shop.tenant) as connection:
        case_results.ask(connection, shop.tenant, "shop", "mai@example.com")


def test_every_case_says_how_it_went(shop: Shop) -> None:
    folder = workshop().catalog.entries["shop"].folder
    (folder / "cases.yaml").write_text(CASES, encoding="utf-8")
    workshop().catalog.refresh()
    ask(shop)
    assert results(shop) == ("waiting", [])
    assert shop.do_waiting(run_cases, "agent.cases") == 1
    state, (found,) = results(shop)
    assert (state, found["name"], found["passed"]) == ("done", "opening hours", False)
    assert found["differences"] == ["kind: expected 'reply', got 'abstain' (triage has not been trained yet)"]


def test_cases_that_cannot_be_read_are_told_with_their_line(shop: Shop) -> None:
    folder = workshop().catalog.entries["shop"].folder
    (folder / "cases.yaml").write_text("- name: x\n  ticket: {txt: a}\n  expect: {}\n", encoding="utf-8")
    workshop().catalog.refresh()
    ask(shop)
    shop.do_waiting(run_cases, "agent.cases")
    _, (found,) = results(shop)
    assert not found["passed"] and "cases.yaml:2" in str(found["differences"])


def test_an_agent_without_cases_has_none(shop: Shop) -> None:
    (workshop().catalog.entries["shop"].folder / "cases.yaml").unlink(missing_ok=True)
    workshop().catalog.refresh()
    ask(shop)
    shop.do_waiting(run_cases, "agent.cases")
    assert results(shop) == ("done", [])
