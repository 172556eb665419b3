"""Routes of handing files over and of taking them in: transfers, receipts, arrivals, the keys of other installations."""

import functools
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse

from service import custody
from service.access import Who
from service.errors import Problem
from service.office import Office
from service.web.auth import Caller, CallersOffice
from service.web.custody_schemas import (
    Arrivals,
    AsideIn,
    CustodyWaiting,
    PartnerIn,
    Partners,
    ReceiptIn,
    TransferIn,
    Transfers,
)
from service.web.downloads import stream
from service.web.uploads import FIELD, FORM, uploaded
from service.web.waiting import MAX_WAIT, finished

router = APIRouter(tags=["移交"])
ZIP: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/zip": {}}}}
ENDS: Final = frozenset({"filed", "held"})
LONGEST_PAUSE: Final = 0.5
"""Seconds between two looks: a student's package takes some seconds, a school's minutes."""
PATIENCE: Final = 20.0
"""Seconds a package is waited for unless the caller says otherwise: a student's has ended by then."""
LATER: Final[dict[int | str, dict[str, Any]]] = {202: {"description": "还没有检查完、归完；请稍后再看"}}
Wait = Annotated[float, Query(ge=0, description=f"没办完时最多等多少秒，至多 {MAX_WAIT}")]
After = Annotated[str | None, Query(max_length=40, description="从这一个之后列起")]
Limit = Annotated[int, Query(ge=1, le=200)]
PACKAGE_BODY: Final = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": [FIELD],
                "properties": {FIELD: {"type": "string", "format": "binary", "description": "BagIt zip"}},
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


@router.post(
    "/v1/transfers",
    status_code=201,
    summary="移交一份档案：打印移交清单，打成档案包（第八、十八、二十二条）",
    description="移出方的档案一件不少地留存；接收单位的回执到来以后注明是备份。期限一个月，从审核同意之日起算。",
)
def open_transfer(body: TransferIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """201 with the transfer; its package waits to be fetched."""
    return JSONResponse(custody.open_transfer(office, who, body.asked()), 201)


@router.get("/v1/transfers", summary="移出和待接收的移交；逾期未接收的", response_model=Transfers)
def transfers(
    who: Caller,
    office: CallersOffice,
    *,
    overdue: Annotated[bool, Query(description="只列逾期的（第二十二条）")] = False,
    after: After = None,
    limit: Limit = 50,
) -> JSONResponse:
    """Those of the caller's unit and of those below it, from either side."""
    return JSONResponse(custody.transfers(office, who, overdue=overdue, after=after, limit=limit))


@router.get("/v1/transfers/{transfer}", summary="一次移交办到哪一步")
def transfer(transfer: str, who: Caller, office: CallersOffice) -> JSONResponse:
    """Where it stands, and what was answered."""
    return JSONResponse(custody.transfer(office, who, transfer))


@router.get(
    "/v1/transfers/{transfer}/package",
    summary="取移交的档案包；移出方也可再取（留存的备份）",
    response_class=StreamingResponse,
    responses=ZIP,
)
def package(transfer: str, who: Caller, office: CallersOffice) -> StreamingResponse:
    """The package as it was made."""
    return stream(custody.transfer_package(office, who, transfer))


@router.post("/v1/transfers/{transfer}/receipt", summary="上传接收单位的回执（两套系统之间）")
def receipt(transfer: str, body: ReceiptIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """The transfer with the receiver's answer, if its signature is of a known installation."""
    return JSONResponse(custody.bring_receipt(office, who, transfer, body.receipt))


@router.post(
    "/v1/transfers/{transfer}/arrival",
    status_code=201,
    summary="接收本系统内另一单位移交的档案：四项检查并出具回执",
    responses=LATER,
)
async def receive(
    request: Request, transfer: str, who: Caller, office: CallersOffice, wait: Wait = PATIENCE
) -> JSONResponse:
    """201 with what the checks found; the sender has the receipt at once."""
    told = await run_in_threadpool(custody.accept_here, office, who, transfer)
    return await _ended(request, told, (who, office), wait)


@router.post(
    "/v1/arrivals",
    status_code=201,
    summary="接收另一套系统的档案包：四项检查，通过即归档",
    description="原样保存并列出以后由后台检查、归档，至多等 `wait` 秒：办完答 201，没办完答 202，"
    "再用 `GET /v1/arrivals/{arrival}?wait=` 看结果。通过的每件带来源归入档案，全部归完以前谁也看不到；"
    "回执由本系统签名，交给移出单位。同一个包正在检查时再传一次，还是那一个。",
    openapi_extra={"requestBody": PACKAGE_BODY},
    responses=LATER,
)
async def take(
    request: Request,
    who: Caller,
    office: CallersOffice,
    org: Annotated[str, Query(max_length=20, description="接收单位的代码")],
    wait: Wait = PATIENCE,
) -> JSONResponse:
    """201 with what the checks found: `filed`, or `held` for a person; 202 while a worker is at it."""
    async with uploaded(request) as (file, _):
        told = await run_in_threadpool(custody.accept, office, who, org, file)
    return await _ended(request, told, (who, office), wait)


async def _ended(
    request: Request, told: dict[str, Any], caller: tuple[Who | None, Office], wait: float
) -> JSONResponse:
    """How an arrival stands when it has ended, or when whoever asks has waited long enough."""
    who, office = caller
    look = functools.partial(custody.arrival, office, who, told["id"])
    body = await finished(request, look, ENDS, wait, LONGEST_PAUSE)
    path = f"/v1/arrivals/{body['id']}"
    return JSONResponse(body, 201 if body["state"] in ENDS else 202, {"Location": path})


@router.get(
    "/v1/custody/waiting",
    summary="移交和到来的档案中要人处理的",
    description="没有通过检查的档案包；一个月的期限已过或还有七天的移交（第二十二条）。写明为什么、依据哪一条、请怎么办，"
    "能在核对台上办的给出一个动作。只列本单位和下属单位的。",
    response_model=CustodyWaiting,
)
def waiting(who: Caller, office: CallersOffice) -> JSONResponse:
    """What the desk shows beside the reviews."""
    return JSONResponse(custody.waiting(office, who))


@router.get("/v1/arrivals", summary="到来的档案包；held 的要人处理", response_model=Arrivals)
def arrivals(
    who: Caller,
    office: CallersOffice,
    *,
    held: Annotated[bool, Query(description="只列还要人处理的")] = False,
    after: After = None,
    limit: Limit = 50,
) -> JSONResponse:
    """What came for the caller's unit and those below it."""
    return JSONResponse(custody.arrivals(office, who, held=held, after=after, limit=limit))


@router.get("/v1/arrivals/{arrival}", summary="一个到来的档案包：四项检查各发现什么")
async def arrival(
    request: Request, arrival: str, who: Caller, office: CallersOffice, wait: Wait = 0
) -> JSONResponse:
    """What it says of itself, and every difference by name."""
    look = functools.partial(custody.arrival, office, who, arrival)
    return JSONResponse(await finished(request, look, ENDS, wait, LONGEST_PAUSE))


@router.get(
    "/v1/arrivals/{arrival}/receipt", summary="取回执文件，交给移出单位", response_class=PlainTextResponse
)
def arrival_receipt(arrival: str, who: Caller, office: CallersOffice) -> PlainTextResponse:
    """The signed note as it is carried back."""
    text = custody.arrival(office, who, arrival)["receipt"]
    if text is None:
        raise Problem(
            "no_receipt",
            404,
            "没有回执",
            "这个档案包不是一次移交，或还不能答复；请看检查结果，处理后再检查一次。",
        )
    return PlainTextResponse(text, headers={"Content-Disposition": 'attachment; filename="receipt.txt"'})


@router.get(
    "/v1/arrivals/{arrival}/package",
    summary="取到来的档案包，原样",
    response_class=StreamingResponse,
    responses=ZIP,
)
def arrival_package(arrival: str, who: Caller, office: CallersOffice) -> StreamingResponse:
    """The bytes as they came, also of one that did not pass."""
    return stream(custody.arrival_package(office, who, arrival))


@router.post(
    "/v1/arrivals/{arrival}/again",
    status_code=201,
    summary="登记公钥或学生以后，再检查一次",
    description="原来的结果留着，另列一个编号；上一次没有检查完的接着办，编号不变；写明理由不再处理的除外。",
    responses=LATER,
)
async def again(
    request: Request, arrival: str, who: Caller, office: CallersOffice, wait: Wait = PATIENCE
) -> JSONResponse:
    """201 with the new result; the earlier one stays on file."""
    told = await run_in_threadpool(custody.accept_again, office, who, arrival)
    return await _ended(request, told, (who, office), wait)


@router.post(
    "/v1/arrivals/{arrival}/aside",
    summary="没有通过的档案包看过了，不必再处理",
    description="已归了一部分的，只有主管教育行政部门可以这样办（学校：403 half_filed），办后不能恢复，已归的部分谁也看不到。",
)
def aside(arrival: str, body: AsideIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """The arrival with who set it aside, and why; the package stays."""
    return JSONResponse(custody.set_aside(office, who, arrival, body.note))


@router.post("/v1/partners", status_code=201, summary="登记另一套系统的公钥，和它代表哪些单位")
def know(body: PartnerIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """201; the newest of a name counts, earlier ones stay on file."""
    return JSONResponse(custody.know(office, who, body.name, body.keys, body.units), 201)


@router.get("/v1/partners", summary="登记过公钥的其他系统", response_model=Partners)
def known(who: Caller, office: CallersOffice, after: After = None, limit: Limit = 50) -> JSONResponse:
    """Whose signatures are believed, besides our own, and for which units."""
    return JSONResponse(custody.known(office, who, after=after, limit=limit))
