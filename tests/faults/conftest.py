"""Fault tests run on the journeys' line."""

from tests.journeys.conftest import agents_folder, line, line_settings, line_workers, running_line

__all__ = ["agents_folder", "line", "line_settings", "line_workers", "running_line"]
