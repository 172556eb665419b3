"""Routes of the students' records."""

from typing import Annotated

from fastapi import APIRouter, Body, Path
from starlette.responses import JSONResponse

from service import register
from service.web.auth import Caller, TheOffice
from service.web.examples import STUDENT
from service.web.schemas import StudentNo, Text

router = APIRouter(tags=["学生"])
Record = Annotated[dict[str, Text], Body(max_length=200, examples=[STUDENT])]
"""Which names there are is the edition's to say: the flow refuses an unknown one by name."""
Number = Annotated[StudentNo, Path()]


@router.put(
    "/v1/students/{student_no}",
    summary="登记或更新学生",
    description="栏目名按附件6；不认识的栏目会被拒绝并指出。",
)
def put(student_no: Number, body: Record, who: Caller, office: TheOffice) -> JSONResponse:
    """201 for a new record, 200 for one brought up to date."""
    written = register.put_student(office, who, student_no, body)
    return JSONResponse(dict(written.body), 201 if written.created else 200)


@router.get("/v1/students/{student_no}", summary="查看学生")
def get(student_no: Number, who: Caller, office: TheOffice) -> JSONResponse:
    """One record within the caller's scope; looking is noted (art. 44)."""
    return JSONResponse(dict(register.student(office, who, student_no)))
