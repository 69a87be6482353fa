"""Fault tests run on the journeys' line."""

from tests.journeys.conftest import agents_folder, line, running_line

__all__ = ["agents_folder", "line", "running_line"]
