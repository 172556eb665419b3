"""Style sheets, mark, review desk and Swagger UI, all served from here: no page of ours fetches anything elsewhere."""

from importlib.resources import files
from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from service.errors import Problem
from service.web.page import PAGES, STATIC
from service.web.problems import PLAIN

SWAGGER: Final = files("fastapi_swagger.resources")
TYPES: Final = {
    "page.css": "text/css; charset=utf-8",
    "mark.svg": "image/svg+xml",
    "docs.js": "text/javascript; charset=utf-8",
    "desk.css": "text/css; charset=utf-8",
    "desk-side.js": "text/javascript; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
}
"""Every file that is served, and nothing else is."""
KEEP: Final = "public, max-age=3600"
DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI sets styles from script, so its page alone may carry them inline."""
DESK_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Pictures are fetched with the token in a header and shown from memory: no address of them can be opened by itself."""

router = APIRouter(include_in_schema=False)


def _load(name: str) -> bytes:
    if name.startswith("swagger-ui"):
        return SWAGGER.joinpath(name).read_bytes()
    return (STATIC / name).read_bytes()


_FILES: Final = {name: _load(name) for name in TYPES}


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """One of the files named above."""
    if name not in _FILES:
        code, title, detail = PLAIN[404]
        raise Problem(code, 404, title, detail)
    return Response(_FILES[name], media_type=TYPES[name], headers={"Cache-Control": KEEP})


@router.get("/favicon.ico")
async def favicon() -> Response:
    """The mark, for browsers that ask without being told."""
    return Response(_FILES["mark.svg"], media_type=TYPES["mark.svg"], headers={"Cache-Control": KEEP})


@router.get("/docs")
async def docs() -> HTMLResponse:
    """Swagger UI on our own OpenAPI description."""
    return HTMLResponse(
        (PAGES / "docs.html").read_text("utf-8"), headers={"Content-Security-Policy": DOCS_POLICY}
    )


@router.get("/desk")
async def desk() -> HTMLResponse:
    """The review desk: an empty page that asks for a token; all it shows comes from the API."""
    headers = {"Content-Security-Policy": DESK_POLICY, "Content-Language": "zh-CN"}
    return HTMLResponse((PAGES / "desk.html").read_text("utf-8"), headers=headers)
