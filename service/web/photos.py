"""Routes of the students' photos: hand one in, fetch the newest, see when they were taken."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from service import photos
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send
from service.web.schemas import StudentNo
from service.web.uploads import FIELD, FORM, uploaded
from templates.photo import MAX_BYTES

router = APIRouter(tags=["学生"])
Number = Annotated[StudentNo, Path()]
_FILE: Final = {"type": "string", "format": "binary", "description": "JPEG，60 KB 以内"}
BODY: Final = {
    "required": True,
    "content": {
        "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
        FORM: {"schema": {"type": "object", "required": [FIELD], "properties": {FIELD: _FILE}}},
    },
}


@router.put(
    "/v1/students/{student_no}/photo",
    summary="上传学生照片",
    description="JPEG，60 KB 以内，宽高 26:32，不低于 150 dpi（153×188 像素），单色背景的彩色头像；不合格时说明原因和办法。"
    "旧照片留存，最新的一张用于以后印制的证书。",
    openapi_extra={"requestBody": BODY},
)
async def put(request: Request, student_no: Number, who: Caller, office: CallersOffice) -> JSONResponse:
    """201 for a new photo, 200 for the one that is on file already."""
    async with uploaded(request) as (file, _):
        data = await run_in_threadpool(file.read, MAX_BYTES + 1)
    kept = await run_in_threadpool(photos.put_photo, office, who, student_no, data)
    return JSONResponse(dict(kept.body), 201 if kept.created else 200)


@router.get("/v1/students/{student_no}/photo", summary="取学生照片", response_class=Response)
def get(student_no: Number, who: Caller, office: CallersOffice) -> Response:
    """The newest photo within the caller's scope; looking is noted (art. 44)."""
    return send(photos.photo(office, who, student_no))


@router.get("/v1/students/{student_no}/photos", summary="列出照片的采集日期；是否须重新采集")
def every(student_no: Number, who: Caller, office: CallersOffice) -> JSONResponse:
    """When the student was photographed, and whether art. 12 asks for a new photo."""
    return JSONResponse(photos.photos(office, who, student_no))
