"""Routes of the pre-printed blanks: register their measures, look them up, print a calibration sheet."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import JSONResponse, Response

from service import blanks
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send
from service.web.examples import BLANK
from service.web.schemas import OrganizationCode, ShortText, Strict, shown

router = APIRouter(tags=["空白证书"])
BlankId = Annotated[str, Path(max_length=40, description="空白证书的编号，由教育行政部门自定")]
Millimetres = Annotated[float, Field(ge=-500, le=500)]
Pair = Annotated[list[Millimetres], Field(min_length=2, max_length=2)]
PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}


class PointIn(Strict):
    """纸上一点，毫米，从左上角量起。"""

    x: Millimetres
    y: Millimetres


class SpotIn(PointIn):
    """一个栏目的位置：x 为左端，y 为文字所站的基线，width 为可用宽度。"""

    width: Millimetres
    size_pt: float = Field(default=14.0, description="字号，磅；排不下时自动缩小")
    align: Literal["left", "center", "right"] = "left"
    lines: int = Field(default=1, description="至多排几行")


class BlankIn(Strict):
    """一种空白证书：各栏、二维码、照片、签章的位置。"""

    model_config = shown(BLANK)

    form: ShortText = Field(description="表样名，如 diploma_junior")
    org: OrganizationCode = Field(description="印制空白证书的市或县")
    note: str = Field(default="", max_length=200)
    size_mm: Pair = Field(description="纸的宽、高")
    shift_mm: Pair = Field(default=[0.0, 0.0], description="整体偏移：向右、向下为正")
    fields: dict[ShortText, SpotIn] = Field(max_length=60)
    code: PointIn = Field(description="二维码（含留白）左上角，31.4 mm 见方")
    photo: PointIn | None = Field(default=None, description="照片左上角；不给则不印照片")
    serial: PointIn | None = Field(default=None, description="文书编号的左端与基线；不给则在二维码下")
    marks: dict[ShortText, Annotated[list[Millimetres], Field(min_length=4, max_length=4)]] = Field(
        max_length=20, description="各签章栏的范围：左、上、右、下"
    )


@router.put(
    "/v1/blanks/{blank}",
    summary="登记或改正空白证书的尺寸与位置",
    description="毫米，从纸的左上角量起。随系统附带三种毕业证书的示例，量好实物后另起编号登记。",
)
def put(blank: BlankId, body: BlankIn, who: Caller, office: CallersOffice) -> JSONResponse:
    """201 for a new blank, 200 for one whose measures were corrected."""
    written = blanks.put_blank(office, who, blank, body.model_dump())
    return JSONResponse(dict(written.body), 201 if written.created else 200)


@router.get("/v1/blanks", summary="列出空白证书")
def every(
    who: Caller, office: CallersOffice, form: Annotated[str | None, Query(description="表样名")] = None
) -> JSONResponse:
    """The blanks of the caller's authorities, and the shipped ones."""
    return JSONResponse(blanks.blanks(office, who, form))


@router.get("/v1/blanks/{blank}", summary="查看空白证书的尺寸与位置")
def get(blank: BlankId, who: Caller, office: CallersOffice) -> JSONResponse:
    """One blank."""
    return JSONResponse(blanks.blank(office, who, blank))


@router.get(
    "/v1/blanks/{blank}/calibration",
    summary="校准页（PDF）：打印后量出偏移",
    response_class=Response,
    responses=PDF,
)
def calibration(blank: BlankId, who: Caller, office: CallersOffice) -> Response:
    """Rulers, crosshairs and every frame in true size."""
    return send(blanks.calibration_sheet(office, who, blank))
