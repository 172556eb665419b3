"""Routes of the review desk: what waits for a person, its pictures, and the answers."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from service import receive
from service.office.verdicts import reason_text
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send
from service.web.review_schemas import DecisionIn, Kind, ReviewOut, Reviews

router = APIRouter(tags=["待核事项"])
JPEG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/jpeg": {}}}}


@router.get(
    "/v1/reviews",
    summary="列出要人看的事项",
    description="看不清的栏目、存疑的签章、要重扫的页、无主的页，先来的在前；只列本单位和下属单位的（第四十四条）。",
    response_model=Reviews,
)
def every(
    request: Request,
    who: Caller,
    office: CallersOffice,
    *,
    state: Literal["waiting", "open", "disputed", "decided", "superseded"] = "waiting",
    kind: Kind | None = None,
    serial: Annotated[str | None, Query(max_length=40, description="只列这份文书的")] = None,
    after: Annotated[str | None, Query(max_length=20, description="从这一件之后列起")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JSONResponse:
    """What waits within the caller's scope, oldest first."""
    found = receive.waiting(office, who, state=state, kind=kind, serial=serial, after=after, limit=limit)
    return JSONResponse({**found, "reviews": [_told(request, one) for one in found["reviews"]]})


@router.get("/v1/reviews/{review}", summary="看一件待核事项", response_model=ReviewOut)
def get(request: Request, review: str, who: Caller, office: CallersOffice) -> JSONResponse:
    """One review with the record's values, its place on the scan and the same paper's other reviews."""
    return JSONResponse(_told(request, receive.review(office, who, review)))


@router.get(
    "/v1/reviews/{review}/crop",
    summary="取存疑处的图像",
    description="`of=scan` 从扫描件上截取，`of=record` 从存档的 PDF 上截取同一处；查看记入登记。",
    response_class=Response,
    responses=JPEG,
)
def crop(review: str, who: Caller, office: CallersOffice, of: Literal["scan", "record"] = "scan") -> Response:
    """The doubtful place, from the paper or as it was printed."""
    look = receive.crop if of == "scan" else receive.record_crop
    return send(look(office, who, review))


@router.post(
    "/v1/reviews/{review}/decisions",
    summary="答复一件待核事项",
    description="每人一次，不能更改；够人数且一致时即为结论，并按结论重新核对这份文书。",
    response_model=ReviewOut,
)
def decide(
    request: Request, review: str, body: DecisionIn, who: Caller, office: CallersOffice
) -> JSONResponse:
    """One person's answer, and what follows from it."""
    told = receive.decide(
        office,
        who,
        review,
        answer=body.answer,
        note=body.note,
        paper=body.paper,
        serial=body.serial,
        evidence=body.evidence,
    )
    return JSONResponse(_told(request, told))


def _told(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add the reason as a sentence; a field or block is named as its form names it."""
    labels = {**request.app.state.pages.labels, body["name"]: body["label"]}
    return {**body, "text": reason_text(body["reason"], labels)}
