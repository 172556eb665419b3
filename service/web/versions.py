"""Routes of the templates' versions: hand an edited one in, see all versions, fetch one."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from service import versions
from service.errors import Objection, Problem
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send
from service.web.schemas import ShortText
from service.web.uploads import FIELD, FORM, uploaded
from templates.word_safety import MAX_FILE

router = APIRouter(tags=["表样"])
Name = Annotated[ShortText, Path(description="表样名，如 diploma_junior")]
Number = Annotated[int, Path(ge=0, le=99_999, description="版本号，0 为系统自带")]
MAX_NOTE: Final = 200
Note = Annotated[str, Query(max_length=MAX_NOTE, description="改了什么、为什么；也可以作为表单的 note 一栏")]
_FILE: Final = {"type": "string", "format": "binary", "description": "Word 模板（.docx），8 MB 以内"}
_NOTE: Final = {"type": "string", "maxLength": MAX_NOTE, "description": "改了什么、为什么"}
BODY: Final = {
    "required": True,
    "content": {
        FORM: {"schema": {"type": "object", "required": [FIELD], "properties": {FIELD: _FILE, "note": _NOTE}}}
    },
}
DOCX: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {versions.MEDIA_TYPE: {}}}}


@router.put(
    "/v1/forms/{form}/template",
    summary="交来改过的模板：检查、试印，合格即为新版本",
    description="只有市教育局可以更换模板。检查不合格时回答 422，`findings` 一次列出全部问题和所在位置，原版本照用。"
    "合格即为下一个版本，此后出具的文书用它；已出具的文书不变。交来与现行版本相同的文件，不另立版本。",
    openapi_extra={"requestBody": BODY},
)
async def put(
    request: Request, form: Name, who: Caller, office: CallersOffice, note: Note = ""
) -> JSONResponse:
    """201 for a new version, 200 when the file is the current one."""
    async with uploaded(request) as (file, _):
        docx = await run_in_threadpool(file.read, MAX_FILE + 1)
        note = await _written(request) or note
    kept = await run_in_threadpool(versions.accept, office, who, form, docx, note)
    return JSONResponse(dict(kept.body), 201 if kept.created else 200)


async def _written(request: Request) -> str:
    """The form's own `note`, read already with its file; '' without one. Raises Problem 422."""
    if not request.headers.get("content-type", "").startswith(FORM):
        return ""
    note = (await request.form()).get("note")
    text = note if isinstance(note, str) else ""
    if len(text) > MAX_NOTE:
        message = f"说明（note）最多 {MAX_NOTE} 字，请精简"
        raise Problem(
            "bad_note", 422, "说明过长", f"{message}。", errors=[Objection("note", "bad_note", message)]
        )
    return text


@router.get("/v1/forms/{form}/versions", summary="列出模板的各个版本")
def every(form: Name, who: Caller, office: CallersOffice) -> JSONResponse:
    """All versions, the program's own first."""
    return JSONResponse(versions.versions(office, who, form))


@router.get(
    "/v1/forms/{form}/versions/{number}/template",
    summary="取某个版本的 Word 模板",
    response_class=Response,
    responses=DOCX,
)
def get(form: Name, number: Number, who: Caller, office: CallersOffice) -> Response:
    """The Word file as it was handed in."""
    return send(versions.template(office, who, form, number))
