"""Routes of the permanent files of students and schools, in order and as they were filed; every look is registered first (art. 44)."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from service import archives, retrieve
from service.web.archive_schemas import IndexOut, ItemOut, LocationIn, LocationOut, LocationsOut, new_item
from service.web.auth import Caller, CallersOffice
from service.web.downloads import send, stream
from service.web.uploads import FIELD, FORM, uploaded

router = APIRouter(tags=["档案"])
Approval = Annotated[
    str | None, Query(max_length=200, description="批准文号：查阅管辖以外的档案时必填（第四十四条）")
]
Year = Annotated[int | None, Query(description="学校档案的学年，写开学的年份，如 2025；不填为本学年")]
ITEM_FIELDS: Final = 8
"""Fields of a form that files an item, besides the file."""
_TEXT: Final = {"type": "string"}
ITEM_BODY: Final = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": [FIELD, "class", "title"],
                "properties": {
                    FIELD: {
                        "type": "string",
                        "format": "binary",
                        "description": "PDF、JPEG、PNG、TIFF、HEIC",
                    },
                    "class": {
                        **_TEXT,
                        "description": "第几类：学校 1 至 10（第六条），学生 1 至 6（第十一条）",
                    },
                    "title": {**_TEXT, "description": "题名"},
                    "year": {**_TEXT, "description": "学校档案的学年，写开学的年份；不填为本学年"},
                    **{name: {**_TEXT, "description": label} for name, label in archives.PARTS.items()},
                    "no_paper": {"type": "boolean", "description": "没有纸质件"},
                },
            }
        }
    },
}
ZIP: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/zip": {}}}}


@router.get(
    "/v1/archives/{owner}",
    summary="查看档案目录（学籍号或学校标识码）",
    description="每次查阅先写入查阅登记再给出内容；管辖以外须有书面批准（第四十四条）。",
)
def get(owner: str, who: Caller, office: CallersOffice, approval: Approval = None) -> JSONResponse:
    """Everything filed for a student or a school, in order."""
    return JSONResponse(dict(retrieve.archive(office, who, owner, approval)))


@router.get("/v1/archives/{owner}/entries/{entry}/content", summary="取一件档案", response_class=Response)
def content(
    owner: str, entry: str, who: Caller, office: CallersOffice, approval: Approval = None
) -> Response:
    """The bytes of one entry exactly as they were filed."""
    return send(retrieve.entry(office, who, owner, entry, approval))


@router.get(
    "/v1/archives/{owner}/package",
    summary="取整份档案：BagIt 包或 OCFL 存储根",
    description="学校标识码给出学校档案和现在全部学生的档案。不用本系统也能读：index.html、entries.csv、PDF/A，"
    "连同公钥、检查点和每件在日志里的证明。边打包边发送；每份档案的查阅先写入登记（第四十四条）。",
    response_class=StreamingResponse,
    responses=ZIP,
)
def package(
    owner: str,
    who: Caller,
    office: CallersOffice,
    *,
    format: Annotated[archives.Format, Query(description="bagit 或 ocfl")] = "bagit",  # noqa: A002 - the name of the query
    approval: Approval = None,
) -> StreamingResponse:
    """The whole file as one zip that can be read and checked without this software."""
    return stream(archives.package(office, who, owner, format, approval))


@router.get(
    "/v1/archives/{owner}/index",
    summary="分类目录：有什么、缺什么、档号、纸质件在哪里",
    description="学校按第六条十类、按学年；学生按第十一条六类。`format=html` 给出可以打印的目录。查阅先写入登记（第四十四条）。",
    response_model=IndexOut,
)
def index(
    request: Request,
    owner: str,
    who: Caller,
    office: CallersOffice,
    *,
    year: Year = None,
    format: Literal["json", "html"] = "json",  # noqa: A002 - the name of the query
    approval: Approval = None,
) -> Response:
    """The classes of a file, what is there and what is missing."""
    told = archives.index(office, who, owner, year, approval)
    if format == "html":
        page: Response = request.app.state.pages.archive_index(told)
        return page
    return JSONResponse(told)


@router.post(
    "/v1/archives/{owner}/entries",
    summary="归档一件没有表样的材料（综合素质评价、体检、获奖、资助、旧档等）",
    description="原样保存，每一页都先在受限的子进程里解码；读不了的也保存，列入扫描件。同一类里同样的文件只归一次。",
    status_code=201,
    response_model=ItemOut,
    openapi_extra={"requestBody": ITEM_BODY},
)
async def file_item(request: Request, owner: str, who: Caller, office: CallersOffice) -> JSONResponse:
    """201 for a new item, 200 for one that is there already."""
    async with uploaded(request, ITEM_FIELDS) as (file, _):
        fields = await request.form() if request.headers.get("content-type", "").startswith(FORM) else {}
        given = {name: value for name, value in fields.items() if isinstance(value, str)}
        kept = await run_in_threadpool(
            lambda: archives.file_item(office, who, owner, file.read(), new_item(given))
        )
    return JSONResponse(dict(kept.body), 201 if kept.created else 200)


@router.put(
    "/v1/archives/{owner}/entries/{entry}/location",
    summary="登记纸质件的位置（全宗、柜、盒、页），或注明无纸质件",
    description="以前登记的都保留，最近一次为准；一份文书的各个电子文件是一件，写其中任何一个件号都可以。",
    response_model=LocationOut,
)
def put_location(
    owner: str, entry: str, body: LocationIn, who: Caller, office: CallersOffice
) -> JSONResponse:
    """201 for a new location, 200 for the one that is noted already."""
    kept = archives.put_location(office, who, owner, entry, body.place())
    return JSONResponse(dict(kept.body), 201 if kept.created else 200)


@router.get(
    "/v1/archives/{owner}/entries/{entry}/location",
    summary="纸质件的位置：历次登记",
    response_model=LocationsOut,
)
def locations(
    owner: str, entry: str, who: Caller, office: CallersOffice, approval: Approval = None
) -> JSONResponse:
    """Where the paper was said to lie, oldest first."""
    return JSONResponse(archives.show_locations(office, who, owner, entry, approval))
