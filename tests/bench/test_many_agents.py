"""The benchmark's two installations hold the same intents, and their folders are agents without a fault."""

from collections import Counter
from pathlib import Path

import numpy as np

from agents.catalog import Catalog
from bench.many_agents import FEW, TENANTS, _each, _grouped, _ratio, _texts, _write
from bench.many_messages import EXAMPLES, INTENTS, from_sets, generated


def test_fifteen_agents_and_fifteen_hundred_hold_the_same_intents() -> None:
    intents = generated()
    few, many = _grouped(intents, FEW, TENANTS), _each(intents, TENANTS)
    assert (len(intents), len(few), len(many)) == (INTENTS, 15, 1500)
    for agents, each in ((few, 3), (many, INTENTS)):
        assert Counter(owner for owner, _ in agents.values()) == dict.fromkeys(range(TENANTS), each)
        for tenant in range(TENANTS):
            held = [intent.name for owner, some in agents.values() if owner == tenant for intent in some]
            assert sorted(held) == sorted(one.name for one in intents)


def test_no_message_that_is_asked_was_taught() -> None:
    intents = generated()
    taught = {text for one in intents for text in one.examples}
    assert all(len(one.examples) == EXAMPLES for one in intents)
    assert not taught & set(_texts(intents, 1500))
    assert len(_texts(intents, 1500)) == 1500


def test_the_folders_are_agents_without_a_fault(tmp_path: Path) -> None:
    intents = generated()[:6]
    for name, (_, held) in {**_grouped(intents, 4, 2), **_each(intents, 2)}.items():
        _write(tmp_path / name, held)
    found = Catalog([tmp_path], library=False)
    found.refresh()
    assert found.problems == ()
    assert len(found.entries) == 4 + 12


def test_intents_of_labelled_sets_are_taken_with_messages_to_ask(tmp_path: Path) -> None:
    rows = [
        "text,label,split,lang",
        "one,a b,train,en",
        "two,a b,test,en",
        "three,lonely,train,en",
        "x,__oos__,test,en",
    ]
    (tmp_path / "set.csv").write_text("\n".join(rows))
    (found,) = from_sets(tmp_path)
    assert (found.examples, found.asked) == (("one",), ("two",))


def test_the_ratio_of_two_means_lies_in_its_interval_about_as_often_as_it_says() -> None:
    draws = np.random.default_rng(3)
    found = [_ratio(draws.normal(3.6, 0.6, 8).tolist(), draws.normal(3.0, 0.5, 8).tolist()) for _ in range(1000)]
    assert all(low < ratio < high for ratio, low, high in found)
    assert sum(low <= 1.2 <= high for _, low, high in found) >= 950 - 3 * 7  # three standard deviations of the count
