"""API keys can be told from anything else, and the signing secret is made once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import keys


def test_a_key_has_192_random_bits_and_its_own_prefix() -> None:
    made = [keys.make_key() for _ in range(200)]
    assert len({key.prefix for key in made}) == 200
    for key in made:
        assert keys.key_prefix(key.text) == key.prefix
        assert len(key.text.split("_", 2)[2]) == 32 + 6
        assert keys.digest(key.text) == key.digest
        assert key.text not in key.digest


@given(st.integers(0, 50), st.characters(codec="ascii"))
def test_a_key_with_one_wrong_character_is_known_as_wrong(place: int, letter: str) -> None:
    text = keys.make_key().text
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    assert (keys.key_prefix(changed) is None) == (changed != text)


@given(st.text())
def test_any_other_text_is_no_key(text: str) -> None:
    assert keys.key_prefix(text) is None


def test_many_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret"
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: keys._kept_secret(path), range(64)))
    assert len(found) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["secret"]


def test_a_secret_that_is_set_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "settings", lambda: type("S", (), {"secret": _Secret("given")})())
    assert keys.signing_secret() == "given"


class _Secret(str):
    def get_secret_value(self) -> str:
        return str(self)
