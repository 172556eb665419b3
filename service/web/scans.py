"""Routes of the scans: hand in, ask how far it is (long poll), list, fetch the original."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from service import receive
from service.access import Who
from service.office import Office
from service.web.auth import Caller, TheOffice
from service.web.downloads import send
from service.web.schemas import ScanAccepted, ScanList, ScanOut
from service.web.uploads import OPENAPI_BODY, uploaded

router = APIRouter(tags=["扫描件"])
MAX_WAIT: Final = 60
"""Seconds one poll may last, however long it asked for: below the idle limits of common proxies."""
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 0.15
"""Seconds between two looks at the row; a page takes one to two seconds to read."""
FINISHED: Final = frozenset({"done", "failed"})


@router.post(
    "/v1/scans",
    status_code=202,
    summary="上传扫描件",
    description="一叠纸可以一次扫描：按二维码逐页归到各自的文书，再逐栏核对、找签章。原件永久保存。",
    response_model=ScanAccepted,
    openapi_extra={"requestBody": {"required": True, "content": OPENAPI_BODY}},
)
async def post(request: Request, who: Caller, office: TheOffice) -> JSONResponse:
    """Take a stack of scanned pages in; reading happens afterwards."""
    async with uploaded(request) as (file, name):
        scan = await run_in_threadpool(lambda: receive.accept(office, who, file.read(), name))
    return JSONResponse({"id": scan}, 202, {"Location": f"/v1/scans/{scan}"})


@router.get(
    "/v1/scans/{scan}",
    summary="查看扫描结果；可以等",
    description="`wait` 给出最多等几秒；读完即答，到时没读完则答当前状态。",
    response_model=ScanOut,
)
async def get(
    request: Request,
    scan: str,
    who: Caller,
    office: TheOffice,
    wait: Annotated[float, Query(ge=0, description=f"没读完时最多等多少秒，至多 {MAX_WAIT}")] = 0,
) -> JSONResponse:
    """The reading when it is done, or its state when `wait` seconds are over."""
    return JSONResponse(await _finished(request, office, who, scan, wait))


async def _finished(request: Request, office: Office, who: Who, scan: str, wait: float) -> dict[str, Any]:
    """Look at the row until it is finished; waiting holds no thread, and ends when the caller hangs up."""
    clock = asyncio.get_running_loop().time
    end = clock() + min(wait, MAX_WAIT)
    pause = FIRST_PAUSE
    while True:
        body = dict(await run_in_threadpool(receive.result, office, who, scan, 0))
        left = end - clock()
        if body["state"] in FINISHED or left <= 0 or await request.is_disconnected():
            return body
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE)


@router.get("/v1/scans", summary="列出扫描件", response_model=ScanList)
def every(
    who: Caller, office: TheOffice, state: Literal["waiting", "running", "done", "failed"] | None = None
) -> JSONResponse:
    """The scans handed in within the caller's scope, newest first."""
    return JSONResponse(dict(receive.scans(office, who, state)))


@router.get("/v1/scans/{scan}/original", summary="取上传的原件", response_class=Response)
def original(scan: str, who: Caller, office: TheOffice) -> Response:
    """The bytes exactly as they were uploaded."""
    return send(receive.original(office, who, scan))
