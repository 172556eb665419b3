"""Routes of the number blocks an authority hands out, and of their ledgers (art. 34)."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from service import ledger, register
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send
from service.web.number_schemas import LedgerOut, NumberBlockIn, NumberBlockOut, NumberBlocks, VoidIn

router = APIRouter(tags=["证书号段"])
PRINTED: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}


@router.post("/v1/number-blocks", status_code=201, summary="下达号段", response_model=NumberBlockOut)
def post(body: NumberBlockIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """Hand a unit a block of official numbers."""
    return JSONResponse(dict(register.add_block(office, who, body.model_dump())), 201)


@router.get("/v1/number-blocks", summary="列出号段", response_model=NumberBlocks)
def every(
    who: Caller, office: CallersOffice, form: str | None = None, org: str | None = None
) -> JSONResponse:
    """The blocks within the caller's scope."""
    return JSONResponse(dict(register.blocks(office, who, form, org)))


@router.get(
    "/v1/number-blocks/{block}/ledger",
    summary="存根登记：每个编号的去向",
    description="已用、作废、占用、未用之和等于号段大小。`format=pdf` 得到可打印的登记表。",
    response_model=LedgerOut,
    responses=PRINTED,
)
def get(
    block: int,
    who: Caller,
    office: CallersOffice,
    start: Annotated[
        int | None, Query(ge=1, description="从哪个序号起（一次最多一万个，打印最多一千个）")
    ] = None,
    format: Annotated[Literal["json", "pdf"], Query(description="pdf 为可打印的登记表")] = "json",  # noqa: A002
) -> Response:
    """Every number of a block: used, void, held or free, on which document, and why."""
    if format == "pdf":
        return send(ledger.printed(office, who, block, start))
    return JSONResponse(ledger.ledger(office, who, block, start))


@router.post(
    "/v1/number-blocks/{block}/void",
    summary="登记打印前损坏的空白证书",
    description="这些号不再使用，连同理由留在存根登记里。已印的证书损坏用 `POST /v1/documents/{serial}/spoil`。",
    response_model=LedgerOut,
)
def void(block: int, body: VoidIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """Write off numbers nobody bears."""
    return JSONResponse(ledger.void(office, who, block, first=body.first, last=body.last, reason=body.reason))
