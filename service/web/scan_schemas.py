"""Scans and what was found on them, as pydantic models described in Chinese."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.web import examples
from service.web.schemas import Verdict, shown


class ScanAccepted(BaseModel):
    """已收下，等待读取。"""

    model_config = shown({"id": "1"})

    id: str


class FieldOut(BaseModel):
    """一栏的核对结果。"""

    name: str
    expected: str
    read: str | None
    result: Literal["match", "altered", "unreadable", "not_checked"]
    confidence: float
    page: int | None = None
    signed_over: bool = Field(default=False, description="不能辨认仅因签名压字：原印墨迹完整")


class MarkOut(BaseModel):
    """一处签章的核对结果。"""

    block: str
    kind: str
    result: Literal["present", "absent", "wrong_unit", "unclear", "not_checked"]
    unit: str | None = None
    also: list[str] = Field(default=[], description="同一处还有哪些单位的章；读不出的为空字符串")
    why: str = Field(default="", description="存疑的原因代码，如 seal_copied、halves_differ")
    same_as: str | None = Field(
        default=None, description="印迹与哪份文书上的完全相同（见原因 seal_copied、seal_repeated）"
    )
    page: int | None = None


class ReviewedOut(BaseModel):
    """人答复之后重新核对的结论。"""

    verdict: Verdict
    reasons: list[str]
    entry: str
    checked_at: datetime


class DifferenceOut(BaseModel):
    """栏目以外与存档不同的一处：印刷文字被涂去、改动、添加，照片，或整张纸。"""

    kind: Literal["erased", "changed", "added", "photo", "other_paper"]
    result: Literal["altered", "unclear", "not_checked"]
    page: int = Field(description="文书的第几页，从 1 起")
    side: int | None = Field(description="扫描件的第几面，从 0 起")
    where: str = Field(description="那一处印的文字，或照片栏的名称")
    amount: float = Field(description="相差多少，0 到 1")
    confidence: float
    box: tuple[float, float, float, float] = Field(description="在扫描图上的位置：左、上、右、下，像素")


class DateOut(BaseModel):
    """一处留给手写的日期：有没有写。写的是什么系统不读，先后由人看一次。"""

    block: str
    result: Literal["present", "absent", "unclear"]
    read: None = None
    page: int | None = Field(description="扫描件的第几面，从 0 起")
    box: tuple[float, float, float, float] = Field(description="在扫描图上的位置：左、上、右、下，像素")
    person: bool = Field(description="是否列入待核事项")
    name: str | None = Field(description="在待核事项里的名称：dates_in_order，或没有写日期的签章处")
    reason: str | None = Field(description="待核的原因代码：dates_in_order、date_absent:签章处")


class OtherPartOut(BaseModel):
    """剪开的文书另一半所在的扫描件：存根与正联先后上传，合起来核对。"""

    scan: str
    page: int = Field(description="那份扫描件的第几面，从 0 起")


class ScannedDocument(BaseModel):
    """扫描件里的一份文书。"""

    model_config = ConfigDict(extra="allow")

    serial: str
    form: str
    verdict: Verdict
    reasons: list[str]
    fields: list[FieldOut]
    marks: list[MarkOut]
    differences: list[DifferenceOut] = Field(description="栏目以外与存档不同的地方")
    dates: list[DateOut] = Field(default=[], description="留给手写日期的各处")
    advice: list[str] = Field(description="该怎么办，一条一句")
    other_part: OtherPartOut | None = Field(
        default=None, description="另一半（存根或正联）取自先前的哪份扫描件；本份里齐全或没有时为空"
    )
    entry: str | None
    picture: str | None = Field(
        default=None, description="核对图（PDF）的件号；读出结果之后才制作，没做好时为空"
    )
    waiting: int = Field(default=0, description="还有几件事等人看，见 /v1/reviews")
    reviewed: ReviewedOut | None = Field(default=None, description="人答复之后的结论；系统自己的结论不变")


class FactOut(BaseModel):
    """材料上的一项：登记的内容、读到的内容、结果。`note` 补充说明：checksum 校验不符、future 晚于今天、unclear 看不清。"""

    name: str
    expected: str | None
    read: str | None
    result: Literal["match", "differs", "unreadable", "not_found", "not_checked"]
    confidence: float
    note: str
    page: int | None
    box: tuple[float, float, float, float] | None


class KindOut(BaseModel):
    """像哪种材料，有多像，与封面页写的是否一致。"""

    suggested: str | None
    confidence: float
    result: Literal["agrees", "doubtful", "contradicts"]


class LevelOut(BaseModel):
    """条文要求的出具单位级别，和按章上单位名称判断的结果。"""

    asked: str
    article: str
    unit: str | None
    result: Literal["sufficient", "insufficient", "unknown"]


class EvidenceReading(BaseModel):
    """对一份材料的识读。`person` 为真时须由人查看，`reasons` 说明为什么。"""

    model_config = ConfigDict(extra="allow")

    kind: KindOut
    facts: list[FactOut]
    seal: Literal["present", "absent", "unclear"]
    level: LevelOut | None
    person: bool
    reasons: list[str]


class ScannedEvidence(BaseModel):
    """扫描件里一张封面页后面的材料：归到哪份文书、哪一种材料、哪几页。"""

    model_config = ConfigDict(extra="allow")

    serial: str
    form: str
    evidence: str
    label: str
    pages: list[int]
    entry: str | None
    reading: EvidenceReading | None = None


class SlipIn(BaseModel):
    """要打印哪几种材料的封面页；不写则为这份文书必须附的各种。"""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"evidence": ["hukou_copy"]}]})

    evidence: list[Annotated[str, Field(max_length=40)]] | None = Field(default=None, max_length=40)


class EvidenceKind(BaseModel):
    """一种材料：是否必须、出具单位的最低级别、已归档的件号。"""

    evidence: str
    label: str
    required: bool
    min_level: str
    entries: list[str]
    readings: list[EvidenceReading] = Field(default_factory=list)


class EvidenceOut(BaseModel):
    """一份文书要附的材料和已归档的材料；`missing` 是还缺的必须附的种类。"""

    serial: str
    evidence: list[EvidenceKind]
    missing: list[str]


class ScanOut(BaseModel):
    """扫描件的状态和结果。"""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.SCAN]})

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    pages: int | None = None
    documents: list[ScannedDocument] = Field(default_factory=list)
    evidence: list[ScannedEvidence] = Field(default_factory=list)
    unmatched: list[dict[str, Any]] = Field(default_factory=list)


class ScanLine(BaseModel):
    """列表里的一个扫描件。"""

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    uploaded_at: datetime
    pages: int | None


class ScanList(BaseModel):
    """扫描件列表。"""

    scans: list[ScanLine]
