"""The bodies of the ordered archive as pydantic models, described in Chinese."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.archives import Ending, NewItem, Place
from service.errors import Objection, refused
from service.web.schemas import OrganizationCode, ShortText, Strict, shown

Part = Annotated[str, Field(max_length=40)]
TRUE = frozenset({"1", "true", "on", "yes"})
FIELDS = frozenset({"class", "title", "year", "fonds", "cabinet", "box", "pages", "no_paper"})


class LocationIn(Strict):
    """纸质件的位置；至少写一项，或注明无纸质件。"""

    model_config = shown(
        {"fonds": "黎城三中", "cabinet": "甲3", "box": "2025-12", "pages": "31-32"}, {"no_paper": True}
    )

    fonds: Part = Field(default="", description="全宗（库房）")
    cabinet: Part = Field(default="", description="柜")
    box: Part = Field(default="", description="盒")
    pages: Part = Field(default="", description="页")
    no_paper: bool = Field(default=False, description="没有纸质件")

    def place(self) -> Place:
        """The location as the flow takes it."""
        return Place(self.fonds, self.cabinet, self.box, self.pages, paper=not self.no_paper)


class PlaceOut(BaseModel):
    """登记的位置：谁（角色、单位）、什么时候。"""

    paper: bool
    text: str = Field(description="一行写出：全宗 … 柜 … 盒 … 页 …，或无纸质件")
    fonds: str
    cabinet: str
    box: str
    pages: str
    role: str
    org: str
    at: datetime


class LocationOut(BaseModel):
    """一件的档号和现在的位置。"""

    archive_no: str
    entry: str
    location: PlaceOut


class LocationsOut(BaseModel):
    """一件的档号和历次登记的位置，先登记的在前。"""

    archive_no: str
    entry: str
    locations: list[PlaceOut]


class FileOut(BaseModel):
    """一件里的一个电子文件。"""

    entry: str
    kind: str
    title: str
    media_type: str
    size: int
    sha256: str
    content: str = Field(description="取文件的地址")


class ItemOut(BaseModel):
    """一件：一份文书连同它的扫描件和核对记录，一份证明材料，或一份另行归档的材料。"""

    archive_no: str = Field(description="档号，一经编定永不改变")
    entry: str = Field(description="这一件的第一个件号")
    kind: Literal["paper", "evidence", "filed"]
    title: str
    about: str = Field(description="关于谁、哪个班、哪一届；看不出时为空")
    form: str | None
    serial: str | None
    number: str | None
    status: Literal["pending", "effective", "revoked", "superseded"] | None
    evidence: str | None
    filed_at: datetime
    files: list[FileOut]
    location: PlaceOut | None


class MissingOut(BaseModel):
    """缺的一件：代码、说明（怎么办）、条款、所涉文书。"""

    code: str
    text: str
    article: str
    serial: str | None


class ClassOut(BaseModel):
    """一类。"""

    number: int
    code: str
    clause: str
    article: str
    title: str
    note: str | None
    items: list[ItemOut]
    missing: list[MissingOut]


class HolderOut(BaseModel):
    """学校合并或撤销后，档案由谁接管（第八条）。"""

    model_config = ConfigDict(populate_by_name=True)

    origin: str = Field(alias="from", description="移出的学校")
    kind: Literal["merged", "revoked"]
    code: str
    name: str
    since: date
    document: str = Field(description="批准文号")


class IndexOut(BaseModel):
    """一份档案的分类目录。"""

    archive: str
    kind: Literal["student", "school"]
    name: str
    school: str
    year: int | None
    year_name: str | None
    held_by: list[HolderOut] = Field(description="历次移交，最后一个是现在的管理单位；学校还在时为空")
    opened: dict[str, Any] | None = Field(description="学生档案：何时建立、应于何时建立（第十一条）、卷号")
    classes: list[ClassOut]
    withheld: int = Field(description="限制查阅而没有列出的件数")
    complete: bool
    counts: dict[str, int]
    at: datetime


class ClosureIn(Strict):
    """学校的合并或撤销（第八条）。"""

    model_config = shown(
        {"merged_into": "3114000456", "on": "2026-08-31", "document": "长教基〔2026〕31号"},
        {"held_by": "140426", "on": "2026-08-31", "document": "黎政办〔2026〕12号"},
    )

    merged_into: OrganizationCode | None = Field(default=None, description="合并：并入的学校")
    held_by: OrganizationCode | None = Field(default=None, description="撤销：指定接收档案的单位")
    on: ShortText = Field(description="合并、撤销之日，YYYY-MM-DD，不晚于今天")
    document: ShortText = Field(description="批准文件的文号")

    def ending(self) -> Ending:
        """The decision as the flow takes it."""
        return Ending(self.on, self.document, self.merged_into, self.held_by)


class ClosureOut(BaseModel):
    """已登记的合并或撤销。"""

    model_config = ConfigDict(extra="allow")

    organization: str
    kind: Literal["merged", "revoked"]
    on: date
    document: str
    lists: list[str] = Field(description="据以登记的移交清单的编号")


class ClosureState(BaseModel):
    """合并、撤销登记了没有；没有时，还有哪些档案没有列入收回的移交清单。"""

    organization: str
    closure: ClosureOut | None
    held_by: list[HolderOut]
    lists: list[dict[str, Any]]
    lacking: dict[str, Any] | None


def new_item(given: Mapping[str, str]) -> NewItem:
    """What the fields of a form say of an item; raises Problem 422 for one that is not known, or a year that is none."""
    found = [
        Objection(name[:60], "unknown_field", "不认识表单里的这一项；请删去或改正名称")
        for name in given
        if name not in FIELDS
    ]
    year = given.get("year", "").strip()
    if year and not (year.isascii() and year.isdecimal() and len(year) == len("2025")):
        found.append(Objection("year", "bad_year", "学年（year）以开学的年份表示，如 2025；请改正"))
    if found:
        raise refused(found)
    fonds, cabinet, box, pages = (given.get(name, "") for name in ("fonds", "cabinet", "box", "pages"))
    none = given.get("no_paper", "").strip().lower() in TRUE
    said = none or fonds or cabinet or box or pages
    return NewItem(
        of=given.get("class", ""),
        title=given.get("title", ""),
        year=int(year) if year else None,
        place=Place(fonds, cabinet, box, pages, paper=not none) if said else None,
    )
