"""Exceptions are for surprises; the class names what the caller does next.

Expected non-success (declined, duplicate, held) is a value, never one of these.
"""

from collections.abc import Mapping
from typing import Any


class SaolaError(Exception):
    """Root of every error that Saola raises on purpose. `spent` is what a run had used up of models until then."""

    spent: Mapping[str, Any] | None = None


class Rejected(SaolaError):
    """The caller's fault: the input is wrong and trying again will not help.

    `code` is a stable key for machines, `hint` says what to do next, `where` names the field or file and line.
    """

    def __init__(self, message: str, *, code: str = "rejected", hint: str = "", where: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.where = where


class TryLater(SaolaError):
    """Nothing is wrong with the input; the same call may succeed later. `after` is in seconds, None if unknown."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class NeedsHuman(SaolaError):
    """No machine step can finish this; a person takes over. The message is for staff, never for a customer."""


class Broken(SaolaError):
    """A defect or a broken installation; the message says what an operator should look at."""
