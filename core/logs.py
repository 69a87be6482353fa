"""Logging for every process: one line an event, tracebacks without local variables, which may hold customers' text."""

import logging
import sys

import structlog


def configure() -> None:
    """Set up structlog and the standard library's logging; called once at the start of a process."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO, stream=sys.stderr)
    for quiet in ("httpx", "httpx2", "RapidOCR", "pypdf", "urllib3"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
