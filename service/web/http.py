"""Assembles the web application around one office: layers, handlers, routes, description."""

import time
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.office import Office
from service.office.verdicts import labels
from service.web import (
    archives,
    assets,
    batches,
    blanks,
    custody,
    documents,
    editions,
    fixity,
    forms,
    jobs,
    number_blocks,
    organizations,
    photos,
    probes,
    problems,
    public,
    published,
    reviews,
    scans,
    students,
    verifications,
    versions,
)
from service.web.journal import Counts, Journal
from service.web.limits import IMAGES_RUNNING, IMAGES_WAITING, LISTENERS, BodyCap, Buckets, Gate, Places
from service.web.metrics import Looking
from service.web.openapi import DESCRIPTION, TITLE, describe
from service.web.page import Pages
from service.web.server import Leaving

ID_BYTES: Final = 8
"""Bytes of a request's id: enough to find one line among a year's."""
ROUTES: Final = (
    verifications,
    public,
    organizations,
    students,
    photos,
    forms,
    versions,
    number_blocks,
    blanks,
    editions,
    documents,
    batches,
    jobs,
    scans,
    reviews,
    archives,
    custody,
    fixity,
    published,
    probes,
    assets,
)
"""In the order they are tried: what the public asks for most stands first."""


def create(office: Office) -> FastAPI:
    """Return the application that serves an office; it owns neither the office nor its closing."""
    app = FastAPI(
        title=TITLE,
        version=version("yinzheng"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        swagger_ui_oauth2_redirect_url=None,
        generate_unique_id_function=_operation_id,
        # Off whatever the environment says: spans and logs of the framework carry addresses and values.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    settings = office.settings
    app.state.office = office
    app.state.counts = Counts()
    app.state.buckets = Buckets(settings.rate, time.monotonic)
    app.state.gate = Gate(IMAGES_RUNNING, IMAGES_WAITING)
    app.state.listeners = Places(LISTENERS)
    app.state.leaving = Leaving()
    app.state.looking = Looking(office)
    app.state.readiness = probes.Readiness(office.faults)
    app.state.pages = Pages.open(settings.host, settings.max_upload_mb, labels(office.catalogue))
    problems.register(app)
    for room in ROUTES:
        app.include_router(room.router)
    app.add_middleware(BodyCap, upload=settings.max_upload_mb << 20)
    app.add_middleware(
        Journal,
        counts=app.state.counts,
        new_id=lambda: office.randbytes(ID_BYTES).hex(),
        leaving=lambda: app.state.leaving.begun,
    )
    _describe_once(app, office)
    return app


def _operation_id(route: APIRoute) -> str:
    return f"{route.endpoint.__module__.rpartition('.')[2]}_{route.name}"


def _describe_once(app: FastAPI, office: Office) -> None:
    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app, office.editions.on(office.today()))
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to complete its description
