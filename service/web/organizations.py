"""Routes of the units: cities, counties and schools."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse

from service import archives, register
from service.web.archive_schemas import ClosureIn, ClosureOut, ClosureState
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


@router.post(
    "/v1/organizations/{code}/closure",
    summary="登记学校的合并或撤销（第八条）",
    description="由主管教育行政部门登记，只登记一次。档案没有全部列入双方签章收回的移交清单时不予登记；此后该校不再出具文书，档案由接收单位管理和查阅。",
    status_code=201,
    response_model=ClosureOut,
)
def close(code: Code, body: ClosureIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """201 with what was kept."""
    return JSONResponse(archives.close_school(office, who, code, body.ending()), 201)


@router.get(
    "/v1/organizations/{code}/closure",
    summary="合并、撤销办到哪一步：还有哪些档案没有移交",
    response_model=ClosureState,
)
def closing(code: Code, who: Caller, office: CallersOffice) -> JSONResponse:
    """What is told of a school's end, or what is still on no accepted list."""
    return JSONResponse(archives.closing_state(office, who, code))
