"""Settings come from the environment: an empty variable is as if unset, a wrong one is told in a line."""

import pytest

from core.errors import Rejected
from core.settings import Settings, settings


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_an_empty_variable_is_as_if_it_were_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(f"SAOLA_{name.upper()}", raising=False)
    unset = getattr(Settings(), name)
    monkeypatch.setenv(f"SAOLA_{name.upper()}", "")
    assert getattr(Settings(), name) == unset


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "abc"), ("PORT", "70000"), ("LIBRARY", "perhaps"), ("AUDIT_FLOOR", "2%"), ("TOOL_HEADERS", "{")],
)
def test_a_wrong_variable_is_told_by_its_name_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SAOLA_{name}", value)
    settings.cache_clear()
    try:
        with pytest.raises(Rejected, match=f"^SAOLA_{name}: Input should be ") as told:
            settings()
    finally:
        settings.cache_clear()
    assert "unset it" in told.value.hint
    assert "\n" not in str(told.value)
