"""Routes of the jobs that no worker takes any more: which they are, and to let one be tried again."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from service import jobs
from service.web.auth import Caller, CallersOffice
from service.web.schemas import JobOut, Jobs

router = APIRouter(tags=["后台任务"])


@router.get(
    "/v1/jobs/dead",
    summary="列出办不下去的后台任务",
    description="试过多次仍未办成的任务：读取扫描件、制作副本、办理批次。它们不会自己再试。",
    response_model=Jobs,
)
def dead(who: Caller, office: CallersOffice) -> JSONResponse:
    """The dead jobs within the caller's scope, oldest first."""
    return JSONResponse(jobs.dead(office, who))


@router.post("/v1/jobs/{job}/requeue", summary="让一个办不下去的任务重新排队", response_model=JobOut)
def requeue(job: int, who: Caller, office: CallersOffice) -> JSONResponse:
    """Let a dead job be tried again from its first attempt."""
    return JSONResponse(jobs.requeue(office, who, job))
