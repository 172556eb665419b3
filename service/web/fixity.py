"""The route of the scrub: how far it is and what it found, for auditors."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from service import fixity
from service.web.auth import Caller, CallersOffice

router = APIRouter(tags=["档案"])


@router.get(
    "/v1/fixity",
    summary="存档文件巡检：进度与发现的问题",
    description="每件存档文件30天内至少读一遍，与第二份拷贝互相修复。文件以 SHA-256 指称；`open` 为还没有修复的。"
    "供市教育局和审计员查看。",
)
def report(who: Caller, office: CallersOffice) -> JSONResponse:
    """The present round, the last one, and every finding by name."""
    return JSONResponse(fixity.report(office, who))
