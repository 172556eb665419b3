"""Public verification as JSON: the content of a code, or an image of the paper."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from service import verify
from service.office import Office
from service.verify import Verdict
from service.web.limits import IMAGE_COST, charge
from service.web.schemas import VerificationIn, VerificationOut
from service.web.uploads import OPENAPI_BODY, uploaded

router = APIRouter(tags=["公开核验"])
JSON: Final = "application/json"
BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {JSON: {"schema": {"$ref": "#/components/schemas/VerificationIn"}}, **OPENAPI_BODY},
}


@router.post(
    "/v1/verifications",
    summary="核验一份文书",
    description="二维码的内容（JSON），或纸张的照片、扫描件。回答只有结论和可以公开的几项（第四十四条）。",
    response_model=VerificationOut,
    openapi_extra={"requestBody": BODY},
)
async def post(request: Request) -> JSONResponse:
    """Answer in the event loop for a code (below a millisecond), in a thread and a child for an image."""
    if request.headers.get("content-type", JSON).startswith(JSON):
        try:
            asked = VerificationIn.model_validate_json(await request.body())
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_input=False, include_url=False)) from None
        return JSONResponse(by_code(request, asked.qr).to_json())
    return JSONResponse((await by_image(request)).to_json())


def by_code(request: Request, text: str) -> Verdict:
    """Verify the content of a code for whoever asks, within the caller's rate; counts the verdict."""
    charge(request)
    return _counted(request, verify.by_code(request.app.state.office, text))


async def by_image(request: Request) -> Verdict:
    """Verify the uploaded image or PDF; costs more of the caller's rate, and only a few are read at a time."""
    charge(request, IMAGE_COST)
    office: Office = request.app.state.office
    async with uploaded(request) as (file, _), request.app.state.gate:
        verdict = await run_in_threadpool(lambda: verify.by_image(office, file.read()))
    return _counted(request, verdict)


def _counted(request: Request, verdict: Verdict) -> Verdict:
    request.app.state.counts.verdicts[verdict.verdict] += 1
    return verdict
