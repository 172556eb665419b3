"""Routes of the permanent files of students and schools; every look is registered first (art. 44)."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from service import retrieve
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send

router = APIRouter(tags=["档案"])
Approval = Annotated[
    str | None, Query(max_length=200, description="批准文号：查阅管辖以外的档案时必填（第四十四条）")
]
ZIP: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/zip": {}}}}


@router.get(
    "/v1/archives/{owner}",
    summary="查看档案目录（学籍号或学校标识码）",
    description="每次查阅先写入查阅登记再给出内容；管辖以外须有书面批准（第四十四条）。",
)
def get(owner: str, who: Caller, office: CallersOffice, approval: Approval = None) -> JSONResponse:
    """Everything filed for a student or a school, in order."""
    return JSONResponse(dict(retrieve.archive(office, who, owner, approval)))


@router.get("/v1/archives/{owner}/entries/{entry}/content", summary="取一件档案", response_class=Response)
def content(
    owner: str, entry: str, who: Caller, office: CallersOffice, approval: Approval = None
) -> Response:
    """The bytes of one entry exactly as they were filed."""
    return send(retrieve.entry(office, who, owner, entry, approval))


@router.get(
    "/v1/archives/{owner}/package",
    summary="取整份档案（BagIt）",
    response_class=Response,
    responses=ZIP,
)
def package(owner: str, who: Caller, office: CallersOffice, approval: Approval = None) -> Response:
    """The whole file as one BagIt zip that can be checked without this software."""
    return send(retrieve.package(office, who, owner, approval))
