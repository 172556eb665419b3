"""Routes of the students' records."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from service import importing, register
from service.office import Content
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send
from service.web.examples import STUDENT
from service.web.schemas import StudentImport, StudentNo, Text
from service.web.uploads import FORM, uploaded

router = APIRouter(tags=["学生"])
Record = Annotated[dict[str, Text | int | dict[str, Text]], Body(max_length=200, examples=[STUDENT])]
"""Which names there are is the edition's to say: the flow refuses an unknown one by name."""
Number = Annotated[StudentNo, Path()]
TABLE: Final[dict[str, Any]] = {
    FORM: {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"type": "string", "format": "binary", "description": ".xlsx 或 .csv"},
                "school": {"type": "string", "description": "表中没有学校一列时，学生所在学校的标识码"},
                "dry_run": {"type": "boolean", "description": "只检查，不导入"},
            },
        }
    }
}
YES: Final = frozenset({"1", "true", "on", "yes"})


@router.post(
    "/v1/students/import",
    summary="从表格导入学生（.xlsx 或 .csv）",
    description="全部合规才导入，有一处不合规就一名也不导入；`errors` 逐处列出工作表、行、列、问题和改法。"
    f"`Accept: {importing.XLSX}` 时以表格回答同样的内容。空表见 `GET /v1/students/import/template`。",
    response_model=StudentImport,
    openapi_extra={"requestBody": {"required": True, "content": TABLE}},
)
async def import_table(
    request: Request,
    who: Caller,
    office: CallersOffice,
    school: Annotated[str | None, Query(max_length=20, description="同表单项 school")] = None,
    dry_run: Annotated[bool, Query(description="同表单项 dry_run")] = False,
) -> Response:
    """Take every student of a table, or say of every bad cell how to put it right."""
    async with uploaded(request) as (file, _):
        asked = await request.form() if request.headers.get("content-type", "").startswith(FORM) else {}
        chosen = school or str(asked.get("school") or "").strip() or None
        dry = dry_run or str(asked.get("dry_run") or "").lower() in YES
        report = await run_in_threadpool(
            lambda: importing.import_students(office, who, file.read(), school=chosen, dry_run=dry)
        )
    if importing.XLSX in request.headers.get("accept", ""):
        table = await run_in_threadpool(importing.faults_table, report)
        answer = send(Content(table, importing.XLSX, "导入结果.xlsx"))
        answer.status_code = 422 if report.faults else 200
        return answer
    if report.faults:
        raise report.problem()
    return JSONResponse(report.to_json())


@router.get(
    "/v1/students/import/template",
    summary="取导入用的空表（.xlsx）",
    response_class=Response,
    responses={200: {"content": {importing.XLSX: {}}}},
)
def template(who: Caller, office: CallersOffice) -> Response:  # noqa: ARG001 - staff only
    """An empty table with the edition's columns."""
    made = importing.template(office.editions.on(office.today()))
    return send(Content(made, importing.XLSX, "学生导入表.xlsx"))


@router.put(
    "/v1/students/{student_no}",
    summary="登记或更新学生",
    description="栏目名按附件6；不认识的栏目会被拒绝并指出。",
)
def put(student_no: Number, body: Record, who: Caller, office: CallersOffice) -> JSONResponse:
    """201 for a new record, 200 for one brought up to date."""
    written = register.put_student(office, who, student_no, body)
    return JSONResponse(dict(written.body), 201 if written.created else 200)


@router.get("/v1/students/{student_no}", summary="查看学生")
def get(student_no: Number, who: Caller, office: CallersOffice) -> JSONResponse:
    """One record within the caller's scope; looking is noted (art. 44)."""
    return JSONResponse(dict(register.student(office, who, student_no)))
