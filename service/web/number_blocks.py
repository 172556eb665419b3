"""Routes of the number blocks an authority hands out (art. 34)."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from service import register
from service.web.auth import Caller, TheOffice
from service.web.schemas import NumberBlockIn, NumberBlockOut, NumberBlocks

router = APIRouter(tags=["证书号段"])


@router.post("/v1/number-blocks", status_code=201, summary="下达号段", response_model=NumberBlockOut)
def post(body: NumberBlockIn, who: Caller, office: TheOffice) -> JSONResponse:
    """Hand a unit a block of official numbers."""
    return JSONResponse(dict(register.add_block(office, who, body.model_dump())), 201)


@router.get("/v1/number-blocks", summary="列出号段", response_model=NumberBlocks)
def every(who: Caller, office: TheOffice, form: str | None = None, org: str | None = None) -> JSONResponse:
    """The blocks within the caller's scope."""
    return JSONResponse(dict(register.blocks(office, who, form, org)))
