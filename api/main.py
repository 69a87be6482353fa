"""The web application: `api.main:app` for uvicorn, `make_app()` for tests."""

from fastapi import FastAPI

from api import problems
from api.limits import BodyLimit, SafeHeaders
from api.routes import agents, audits, documents, figures, operations, reviews, streams, tickets

DESCRIPTION = """AI agent automation for customer service: automation is earned by certificates, and proven.

Send `Authorization: Bearer sao_...`. Every error is a problem (RFC 9457) whose `next` says what to do."""


def make_app() -> FastAPI:
    """Return the application with all its routes and pages."""
    app = FastAPI(
        title="Saola",
        version="1",
        description=DESCRIPTION,
        responses=problems.RESPONSES,
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    for routes in (tickets, documents, streams, reviews, audits, agents, figures, operations):
        app.include_router(routes.router)
    app.add_middleware(BodyLimit)
    app.add_middleware(SafeHeaders)
    return app


app = make_app()
