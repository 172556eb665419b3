"""Routes of the documents: issue, look at, fetch, revoke, and confirm a mark a scan cannot prove."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Header, Query
from starlette.responses import JSONResponse, Response

from service import issue, receive, retrieve, slips
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send
from service.web.number_schemas import SpoilIn, SpoilOut, TickIn
from service.web.scan_schemas import EvidenceOut, SlipIn
from service.web.schemas import DocumentIn, DocumentOut, Documents, RevokeIn

router = APIRouter(tags=["文书"])
PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}
ZIP: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/zip": {}}}}
DOCX: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document": {}}}
}
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="同一个键重复提交同一请求，只出一份文书、得到同一个回答",
    ),
]


@router.post(
    "/v1/documents",
    status_code=201,
    summary="出具文书",
    description="先核对规则，再取号、打印（PDF/A-2b）、签二维码、归档；要么全成，要么不留痕迹。学籍记录里有的栏目不用再填。证书须经验印才生效。",
    response_model=DocumentOut,
)
def post(body: DocumentIn, who: Caller, office: CallersOffice, key: Key = None) -> JSONResponse:
    """Print one document: rules, number, PDF, archive, all or nothing."""
    given = body.override
    request = issue.IssueRequest(
        form=body.form,
        student=body.student,
        data=body.data,
        school=body.school,
        dated=body.dated,
        mode=body.mode,
        blank=body.blank,
        override=None if given is None else issue.Override(given.document, given.reason, given.rule),
    )
    issued = issue.issue(office, who, request, key)
    headers = {"Location": f"/v1/documents/{issued.body['serial']}"}
    if issued.replay:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(dict(issued.body), issued.status, headers)


@router.post(
    "/v1/documents/{serial}/evidence-slip",
    summary="打印材料封面页",
    description="每种证明材料一张，带签名的二维码。扫描时放在材料前面：它后面的各页就归到这份文书的这种材料下。不写种类时，打印这份文书必须附的各种。",
    response_class=Response,
    responses=PDF,
)
def evidence_slip(
    serial: str,
    who: Caller,
    office: CallersOffice,
    body: Annotated[SlipIn, Body(default_factory=SlipIn)],
) -> Response:
    """Cover sheets for the evidence of one case, as one PDF."""
    return send(slips.printed(office, who, serial, body.evidence))


@router.get("/v1/documents/{serial}/evidence", summary="要附和已归档的材料", response_model=EvidenceOut)
def evidence(serial: str, who: Caller, office: CallersOffice) -> JSONResponse:
    """What evidence a case asks for, what was filed, and what is missing."""
    return JSONResponse(slips.overview(office, who, serial))


@router.get(
    "/v1/documents/{serial}/upload-profile",
    summary="取报送全国学籍系统的材料（zip）",
    description="签章后的页面和证明材料为 JPG，每张不超过 2 MB（A4 不低于 150 dpi）；照片 26×32 mm、60 KB 以内，以身份证件号命名，没有的以 学校标识码_班号_姓名 命名。",
    response_class=Response,
    responses=ZIP,
)
def upload_profile(serial: str, who: Caller, office: CallersOffice) -> Response:
    """Pictures as the national system takes them."""
    return send(receive.upload_profile(office, who, serial))


@router.get("/v1/documents", summary="列出文书", response_model=Documents)
def every(
    who: Caller,
    office: CallersOffice,
    student: Annotated[str | None, Query(description="学籍号")] = None,
    form: Annotated[str | None, Query(description="表样名")] = None,
    school: Annotated[str | None, Query(description="学校标识码")] = None,
) -> JSONResponse:
    """The documents within the caller's scope."""
    return JSONResponse(dict(retrieve.documents(office, who, student, form, school)))


@router.get(
    "/v1/overrides",
    summary="列出例外批准",
    description="原则上不予办理而由主管教育行政部门例外批准的文书（第四十五条：供上一级查看）。",
)
def overrides(who: Caller, office: CallersOffice) -> JSONResponse:
    """Every exception allowed within the caller's scope."""
    return JSONResponse(dict(retrieve.overrides(office, who)))


@router.get("/v1/documents/{serial}", summary="查看文书", response_model=DocumentOut)
def get(serial: str, who: Caller, office: CallersOffice) -> JSONResponse:
    """One document: number, status, links."""
    return JSONResponse(dict(retrieve.document(office, who, serial)))


@router.get(
    "/v1/documents/{serial}/content", summary="取 PDF（PDF/A-2b）", response_class=Response, responses=PDF
)
def content(serial: str, who: Caller, office: CallersOffice) -> Response:
    """The PDF exactly as it was issued."""
    return send(retrieve.content(office, who, serial))


@router.get("/v1/documents/{serial}/docx", summary="取 Word 文档", response_class=Response, responses=DOCX)
def docx(serial: str, who: Caller, office: CallersOffice) -> Response:
    """The Word document the PDF was made from."""
    return send(retrieve.docx(office, who, serial))


@router.get("/v1/documents/{serial}/layout", summary="取版面（各栏、签章处的位置）")
def layout(serial: str, who: Caller, office: CallersOffice) -> JSONResponse:
    """Where each value, mark and code stands on the paper, in millimetres."""
    return JSONResponse(dict(retrieve.layout(office, who, serial)))


@router.post("/v1/documents/{serial}/revoke", summary="作废文书", response_model=DocumentOut)
def revoke(serial: str, body: RevokeIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """Declare a document void for ever, with the reason."""
    return JSONResponse(dict(issue.revoke(office, who, serial, body.reason)))


@router.post(
    "/v1/documents/{serial}/spoil",
    summary="空白证书损坏：编号作废，用下一个号重印",
    description="只用于尚未生效的文书。作废的号连同理由留在存根登记里，号段没有空号。",
    response_model=SpoilOut,
)
def spoil(serial: str, body: SpoilIn, who: Caller, office: CallersOffice, key: Key = None) -> JSONResponse:
    """Void the number of a spoilt blank, and print the paper again with the next one."""
    answer = issue.spoil(office, who, serial, body.reason, replace=body.replace, data=body.data, key=key)
    return JSONResponse(answer, 201 if answer["replacement"] else 200)


@router.post(
    "/v1/documents/{serial}/marks",
    summary="人工确认签章（如钢印）",
    description="平面扫描看不出的签章，由人看过后记入档案；不影响其他签章的核对。",
    response_model=DocumentOut,
)
def tick(serial: str, body: TickIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """A person's word for a mark that a flat scan cannot prove."""
    return JSONResponse(dict(receive.tick_mark(office, who, serial, body.block, body.seen)))
