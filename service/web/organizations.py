"""Routes of the units: cities, counties and schools."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse

from service import register
from service.web.auth import Caller, CallersOffice
from service.web.schemas import OrganizationCode, OrganizationIn, OrganizationOut, Organizations

router = APIRouter(tags=["单位"])
NEW: Final[dict[int | str, dict[str, Any]]] = {201: {"model": OrganizationOut}}
Code = Annotated[OrganizationCode, Path()]


@router.put(
    "/v1/organizations/{code}", summary="登记或更新单位", response_model=OrganizationOut, responses=NEW
)
def put(code: Code, body: OrganizationIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """201 for a new unit, 200 for one brought up to date."""
    written = register.put_organization(office, who, code, body.model_dump(exclude_none=True))
    return JSONResponse(dict(written.body), 201 if written.created else 200)


@router.get("/v1/organizations/{code}", summary="查看单位", response_model=OrganizationOut)
def get(code: Code, who: Caller, office: CallersOffice) -> JSONResponse:
    """One unit within the caller's scope."""
    return JSONResponse(dict(register.organization(office, who, code)))


@router.get("/v1/organizations", summary="列出管辖的单位", response_model=Organizations)
def every(who: Caller, office: CallersOffice) -> JSONResponse:
    """Every unit within the caller's scope."""
    return JSONResponse(dict(register.organizations(office, who)))
