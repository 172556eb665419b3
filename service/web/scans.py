"""Routes of the scans: hand in, ask how far it is (long poll), list, fetch the original."""

import functools
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from intake.decoder import MAX_PAGES
from service import receive
from service.receive import copies
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send
from service.web.scan_schemas import ScanAccepted, ScanList, ScanOut
from service.web.uploads import OPENAPI_BODY, uploaded
from service.web.waiting import MAX_WAIT, finished

router = APIRouter(tags=["扫描件"])
LONGEST_PAUSE: Final = 0.15
"""Seconds between two looks at the row; a page takes one to two seconds to read."""
FINISHED: Final = frozenset({"done", "failed"})

MADE: Final = frozenset({"ready", "failed"})
Wait = Annotated[float, Query(ge=0, description=f"没读完、没做好时最多等多少秒，至多 {MAX_WAIT}")]
PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}
JPEG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/jpeg": {}}}}


@router.post(
    "/v1/scans",
    status_code=202,
    summary="上传扫描件",
    description="一叠纸可以一次扫描：按二维码逐页归到各自的文书，再逐栏核对、找签章。原件永久保存。",
    response_model=ScanAccepted,
    openapi_extra={"requestBody": {"required": True, "content": OPENAPI_BODY}},
)
async def post(request: Request, who: Caller, office: CallersOffice) -> JSONResponse:
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
    office: CallersOffice,
    wait: Wait = 0,
) -> JSONResponse:
    """The reading when it is done, or its state when `wait` seconds are over."""
    look = functools.partial(receive.result, office, who, scan, 0)
    return JSONResponse(await finished(request, look, FINISHED, wait, LONGEST_PAUSE))


@router.get("/v1/scans", summary="列出扫描件", response_model=ScanList)
def every(
    who: Caller, office: CallersOffice, state: Literal["waiting", "running", "done", "failed"] | None = None
) -> JSONResponse:
    """The scans handed in within the caller's scope, newest first."""
    return JSONResponse(dict(receive.scans(office, who, state)))


@router.get("/v1/scans/{scan}/original", summary="取上传的原件", response_class=Response)
def original(scan: str, who: Caller, office: CallersOffice) -> Response:
    """The bytes exactly as they were uploaded."""
    return send(receive.original(office, who, scan))


@router.get(
    "/v1/scans/{scan}/copy",
    summary="取可检索副本（PDF/A-2b）；可以等",
    description="每页扶正、去阴影，下面一层可以搜索、复制的文字：印刷的内容按存档，各栏按纸上读到的。原件不动。"
    "读出结果之后才制作，没做好时答 409；`wait` 给出最多等几秒。",
    response_class=Response,
    responses=PDF,
)
async def copy(request: Request, scan: str, who: Caller, office: CallersOffice, wait: Wait = 0) -> Response:
    """The upright, searchable copy of the whole scan."""
    look = functools.partial(copies.state, office, who, scan)
    await finished(request, look, MADE, wait, LONGEST_PAUSE)
    return send(await run_in_threadpool(copies.searchable, office, who, scan))


@router.get(
    "/v1/scans/{scan}/pages/{page}/thumbnail",
    summary="取一页的缩略图（JPEG，宽 200 像素）",
    response_class=Response,
    responses=JPEG,
)
def thumbnail(
    scan: str,
    page: Annotated[int, Path(ge=0, lt=MAX_PAGES, description="页号，从 0 起")],
    who: Caller,
    office: CallersOffice,
) -> Response:
    """A small upright picture of one side."""
    return send(copies.thumbnail(office, who, scan, page))


@router.get(
    "/v1/scans/{scan}/pages/{page}/picture",
    summary="看扫描件的一面",
    description="摆正的 JPEG；页从 0 起。查看记入登记。",
    response_class=Response,
    responses=JPEG,
)
def picture(
    scan: str,
    page: Annotated[int, Path(ge=0, lt=MAX_PAGES, description="页号，从 0 起")],
    who: Caller,
    office: CallersOffice,
    width: Annotated[int, Query(ge=100, le=2000, description="最宽多少像素")] = 1200,
) -> Response:
    """One side of a scan, upright."""
    return send(receive.side(office, who, scan, page, width))
