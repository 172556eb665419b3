"""The pages for people: what a phone opens from a code, the answer to a photo, and the front page."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, Response

from service.verify import Verdict
from service.web.journal import note_unexpected
from service.web.page import Pages
from service.web.problems import INTERNAL, answer, as_problem, framework_problem
from service.web.verifications import by_code, by_image

router = APIRouter()
HTML: Final = "text/html"
JSON: Final = "application/json"
CODE_ONLY: Final = "code_only"
"""The reason of an answer to an image that shows no more than the code."""


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def front(request: Request) -> Response:
    """What this is, the scan box, and where staff go."""
    return _pages(request).front()


@router.get(
    "/V/{token}",
    tags=["公开核验"],
    summary="二维码打开的页面；Accept: application/json 时回答 JSON",
    response_class=HTMLResponse,
)
@router.get("/v/{token}", response_class=HTMLResponse, include_in_schema=False)
async def opened(request: Request, token: str) -> Response:
    """The verdict on a code somebody has scanned with a phone."""
    try:
        return _shown(request, by_code(request, token), by_scan=False)
    except Exception as error:
        return _trouble(request, error)


@router.post("/V", response_class=HTMLResponse, include_in_schema=False)
async def looked_at(request: Request) -> Response:
    """The verdict on a photo or scan sent with the plain form of the pages."""
    try:
        return _shown(request, await by_image(request), by_scan=True)
    except ClientDisconnect:
        raise
    except Exception as error:
        return _trouble(request, error)


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def _shown(request: Request, verdict: Verdict, *, by_scan: bool) -> Response:
    if wants_json(request.headers.get("accept", "")):
        return JSONResponse(verdict.to_json(), headers={"Vary": "Accept"})
    now = request.app.state.office.now()
    saw_paper = by_scan and verdict.form is not None and CODE_ONLY not in verdict.reasons
    return _pages(request).verdict(verdict.to_json(), now, saw_paper=saw_paper)


def _trouble(request: Request, error: Exception) -> Response:
    """Tell a person what went wrong as a page, and a program as a problem."""
    problem = framework_problem(error) if isinstance(error, HTTPException) else as_problem(error)
    if problem.code == INTERNAL:
        note_unexpected(error, request.scope)
    if wants_json(request.headers.get("accept", "")):
        return answer(request, problem, {"Vary": "Accept"})
    return _pages(request).trouble(problem)


def wants_json(accept: str) -> bool:
    """Tell whether an Accept header names JSON and does not like HTML at least as well."""
    liked = {JSON: 0.0, HTML: 0.0}
    for item in accept.split(","):
        media_type, *parameters = (part.strip() for part in item.split(";"))
        if media_type in liked:
            liked[media_type] = _quality(parameters)
    return liked[JSON] > liked[HTML]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
