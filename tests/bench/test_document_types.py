"""Generated documents of every type are mostly known, and pages that are none of them are left unknown."""

import argparse

from agents.documents.classify import TYPES
from bench import document_types


def test_most_types_are_known_and_none_is_missing() -> None:
    result = document_types.run(argparse.Namespace(first=2))
    figures = result["figures"]
    assert {*document_types.TEXTS, "e-invoice"} == set(TYPES)  # an e-invoice is known by its XML alone
    assert figures["accuracy"] > 0.9
    assert figures["accuracy_by_type"]["unknown"] == 1.0
    assert result["n"] == 2 * sum(len(texts) for texts in document_types.TEXTS.values())
