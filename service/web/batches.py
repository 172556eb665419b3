"""Routes of the batches: ask for many papers, follow them, cancel, fetch what is printed and what is wrong."""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response, StreamingResponse

from service import issue
from service.access import Who
from service.errors import Objection, refused
from service.issue import batch
from service.office import Office
from service.spreadsheet.writing import XLSX
from service.web.auth import Caller, CallersOffice
from service.web.batch_schemas import BatchErrors, Batches, BatchIn, BatchOut, BatchShared
from service.web.documents import Key
from service.web.downloads import send, stream
from service.web.limits import Places
from service.web.server import Leaving
from service.web.uploads import FIELD, FORM, uploaded
from service.web.waiting import MAX_WAIT, finished
from storage.errors import StorageError

router = APIRouter(tags=["批次"])
Model = TypeVar("Model", bound=BatchShared)
ENDED: Final = frozenset({"done", "cancelled"})
POLL_SECONDS: Final = 0.5
"""Between two looks at a batch: people see it move, and the database hardly notices."""
QUIET_POLLS: Final = 30
"""Looks without news after which a comment is sent, so that no proxy takes the connection for dead."""
EVENTS: Final = "text/event-stream"
TEXTS: Final = ("form", "school", "dated", "mode", "blank")
OBJECTS: Final = ("data", "override")
"""Members of an upload's form: plain ones, and those written as JSON."""
BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/BatchIn"}},
        FORM: {
            "schema": {
                "type": "object",
                "required": [FIELD, "form"],
                "properties": {
                    FIELD: {
                        "type": "string",
                        "format": "binary",
                        "description": ".xlsx 或 .csv：第一行写栏目名称（中文或英文），其中一列是学籍号",
                    },
                    "form": {"type": "string", "description": "表样名"},
                    "data": {"type": "string", "description": "各份相同的栏目，JSON 对象"},
                    "school": {"type": "string", "description": "出具单位"},
                    "dated": {"type": "string", "description": "办理日期"},
                    "mode": {"type": "string", "enum": ["full", "overprint"]},
                    "blank": {"type": "string", "description": "套打所用的空白证书"},
                    "override": {"type": "string", "description": "例外批准，JSON 对象"},
                },
            }
        },
    },
}
FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/zip": {}, "application/pdf": {}}}
}
TABLE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {XLSX: {}}}}


@router.post(
    "/v1/batches",
    status_code=202,
    summary="批量出具文书",
    description="给出名单（students 或 rows）、年级（grade）或上传表格（.xlsx、.csv）。先逐行核对规则，再按名单顺序"
    "取号，然后打印归档；不合规的行逐行说明，其余照办。整个请求有误时立即拒绝。",
    response_model=BatchOut,
    openapi_extra={"requestBody": BODY},
)
async def post(request: Request, who: Caller, office: CallersOffice, key: Key = None) -> JSONResponse:
    """Take a list in; rows are judged, numbered and printed afterwards."""
    if request.headers.get("content-type", "").startswith(FORM):
        async with uploaded(request, len(TEXTS) + len(OBJECTS)) as (file, _):
            shared = _shared(await request.form())
            accepted = await run_in_threadpool(
                lambda: batch.accept(office, who, _from_table(office, shared, file.read()), key)
            )
    else:
        body = await request.body()
        accepted = await run_in_threadpool(lambda: batch.accept(office, who, _from_json(body), key))
    headers = {"Location": f"/v1/batches/{accepted.body['id']}"}
    if accepted.replay:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(dict(accepted.body), 202, headers)


def _from_json(body: bytes) -> batch.BatchRequest:
    asked = _valid(lambda: BatchIn.model_validate_json(body))
    lists = [
        [batch.Line(student) for student in asked.students] if asked.students is not None else None,
        [batch.line_from(row) for row in asked.rows] if asked.rows is not None else None,
    ]
    given = [lines for lines in lists if lines is not None]
    if len(given) > 1:
        raise refused([Objection(None, "list_needed", "students 和 rows 只能给一个；请删去其中之一")])
    return _request(asked, given[0] if given else None, asked.grade, asked.class_no)


def _from_table(office: Office, shared: BatchShared, data: bytes) -> batch.BatchRequest:
    return _request(shared, batch.lines_of(data, office.catalogue.get(shared.form)))


def _request(
    asked: BatchShared,
    lines: list[batch.Line] | None,
    grade: str | None = None,
    class_no: str | None = None,
) -> batch.BatchRequest:
    given = asked.override
    return batch.BatchRequest(
        form=asked.form,
        lines=lines,
        grade=grade,
        class_no=class_no,
        data=asked.data,
        school=asked.school,
        dated=asked.dated,
        mode=asked.mode,
        blank=asked.blank,
        override=None if given is None else issue.Override(given.document, given.reason, given.rule),
    )


def _shared(form: FormData) -> BatchShared:
    """What an upload's form says besides its file."""
    told: dict[str, Any] = {name: form[name] for name in TEXTS if form.get(name)}
    for name in OBJECTS:
        if text := form.get(name):
            try:
                told[name] = json.loads(str(text))
            except ValueError:
                message = f"{name} 不是有效的 JSON；请写成对象"
                raise refused([Objection(name, "json_invalid", message)]) from None
    return _valid(lambda: BatchShared.model_validate(told))


def _valid(read: Callable[[], Model]) -> Model:
    try:
        return read()
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False, include_url=False)) from None


@router.get("/v1/batches", summary="列出批次", response_model=Batches)
def every(who: Caller, office: CallersOffice) -> JSONResponse:
    """The batches within the caller's scope, newest first."""
    return JSONResponse(batch.batches(office, who))


@router.get(
    "/v1/batches/{batch_id}",
    summary="查看一批的进度；可以等",
    description="`wait` 给出最多等几秒；办完即答，到时没办完则答当前进度。",
    response_model=BatchOut,
)
async def get(
    request: Request,
    batch_id: str,
    who: Caller,
    office: CallersOffice,
    wait: Annotated[float, Query(ge=0, description=f"没办完时最多等多少秒，至多 {MAX_WAIT}")] = 0,
) -> JSONResponse:
    """State, counts and the first errors."""
    look = functools.partial(batch.progress, office, who, batch_id)
    return JSONResponse(await finished(request, look, ENDED, wait, POLL_SECONDS))


@router.post("/v1/batches/{batch_id}/cancel", summary="取消一批中还没印出的", response_model=BatchOut)
def cancel(batch_id: str, who: Caller, office: CallersOffice) -> JSONResponse:
    """What is printed stays; the other rows get no paper, and their numbers are free again."""
    return JSONResponse(batch.cancel(office, who, batch_id))


@router.get(
    "/v1/batches/{batch_id}/events",
    summary="跟踪一批的进度（服务器推送事件）",
    description="每次变化推送一个 `progress` 事件，内容同进度（不含 errors）；办完或取消时推送 `end` 并结束。"
    "断开后重连即可，每个事件都是完整的进度。",
    response_class=StreamingResponse,
    responses={200: {"content": {EVENTS: {}}}},
)
async def events(request: Request, batch_id: str, who: Caller, office: CallersOffice) -> StreamingResponse:
    """Progress until the end, as server-sent events."""
    first = await run_in_threadpool(batch.counted, office, who, batch_id)
    listeners: Places = request.app.state.listeners
    listeners.check()
    return StreamingResponse(
        _events(office, who, first, listeners, request.app.state.leaving),
        media_type=EVENTS,
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(
    office: Office, who: Who, body: dict[str, Any], listeners: Places, leaving: Leaving
) -> AsyncIterator[str]:
    """Each event is the whole state, so that whoever comes back needs nothing of what was missed."""
    with listeners:
        told, quiet = None, 0
        while True:
            if body != told:
                yield _event("end" if body["state"] in ENDED else "progress", body)
                told, quiet = body, 0
            elif quiet >= QUIET_POLLS:
                yield ":\n\n"
                quiet = 0
            if body["state"] in ENDED or leaving.begun:  # a listener comes back by itself
                return
            await asyncio.sleep(POLL_SECONDS)
            quiet += 1
            try:
                body = await run_in_threadpool(batch.counted, office, who, body["id"])
            except StorageError:
                continue  # the archive is away for a moment; the listener need not know


def _event(name: str, body: dict[str, Any]) -> str:
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\nid: {body['done'] + body['failed']}\ndata: {data}\n\n"


@router.get(
    "/v1/batches/{batch_id}/errors",
    summary="取未出具的各行及原因（JSON 或 .xlsx）",
    response_model=BatchErrors,
    responses=TABLE,
)
def errors(
    batch_id: str,
    who: Caller,
    office: CallersOffice,
    kind: Annotated[Literal["json", "xlsx"], Query(alias="format", description="json 或 xlsx")] = "json",
) -> Response:
    """Every row without a paper: what is wrong, by which article, what to do."""
    if kind == "xlsx":
        return send(batch.errors_table(office, who, batch_id))
    return JSONResponse(batch.errors(office, who, batch_id))


@router.get(
    "/v1/batches/{batch_id}/content",
    summary="取一批的文书：压缩包，或供打印的一个 PDF",
    description="`zip` 是各份存档 PDF 原件，以编号命名；`print` 合成一个打印用的 PDF，不是存档件。"
    "次序按编号、按班级或按名单；`per_sheet=2` 时一张纸两份，裁开后次序不乱；`duplex` 时每份从正面起。",
    response_class=StreamingResponse,
    responses=FILES,
)
def content(
    batch_id: str,
    who: Caller,
    office: CallersOffice,
    *,
    kind: Annotated[batch.Format, Query(alias="format", description="zip 或 print")] = "zip",
    order: Annotated[batch.Order, Query(description="number 编号、class 班级、list 名单")] = "number",
    per_sheet: Annotated[Literal["1", "2", "4"], Query(description="一张纸几份")] = "1",
    duplex: Annotated[bool, Query(description="双面打印")] = False,
) -> StreamingResponse:
    """Everything that is printed by now; the looks are noted first (art. 44)."""
    handing = batch.content(office, who, batch_id, kind, order, per_sheet=int(per_sheet), duplex=duplex)
    return stream(handing)
