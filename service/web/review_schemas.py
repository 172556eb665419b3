"""The bodies of the review desk as pydantic models, described in Chinese."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.web.schemas import Strict, shown

Kind = Literal["field", "mark", "tick", "rescan", "page", "surface", "date", "evidence"]
State = Literal["open", "disputed", "decided", "superseded"]
Answer = Literal[
    "match", "altered", "unreadable", "present", "absent", "wrong_unit", "rescan", "set_aside", "belongs"
]


class DecisionIn(Strict):
    """一个人对一件待核事项的答复；每人一次，不能更改。"""

    model_config = shown(
        {"answer": "match"},
        {"answer": "present", "paper": True},
        {"answer": "match", "note": "印章压住了“三”字，核对原件无误。"},
        {"answer": "belongs", "serial": "AAAA-AAAA-AAAAA", "evidence": "hukou_copy"},
    )

    answer: Answer = Field(description="答复；哪些可选见该事项的 answers")
    note: Annotated[str, Field(max_length=500)] = Field(
        default="", description="说明；推翻系统发现的不符时必填"
    )
    paper: bool = Field(default=False, description="答复时原件在手")
    serial: Annotated[str, Field(max_length=40)] | None = Field(
        default=None, description="答复 belongs 时：这一页属于哪份文书"
    )
    evidence: Annotated[str, Field(max_length=32)] | None = Field(
        default=None,
        description="答复 belongs 时：作为哪一种证明材料归入，见该事项的 kinds；不写则为文书本身的一页",
    )


class ReviewLine(BaseModel):
    """列表里的一件待核事项。"""

    model_config = ConfigDict(extra="allow")

    id: str
    kind: Kind
    scan: str
    serial: str | None
    title: str | None = Field(description="文书名称")
    page: int | None = Field(description="扫描件的第几面，从 0 起；缺页时为空")
    name: str = Field(description="栏目或签章栏的名称")
    label: str = Field(description="栏目或签章栏的中文名称")
    expected: str | None = Field(description="存档的内容")
    read: str | None = Field(description="系统读到的内容")
    result: str = Field(description="系统的结论")
    reason: str = Field(description="原因代码")
    text: str = Field(description="原因，一句话")
    holds: bool = Field(description="未答复之前，整份文书的结论是否因它不定")
    opened_at: datetime
    state: State
    answer: str | None = Field(description="人的结论")


class ReviewCounts(BaseModel):
    """范围内各状态的件数。"""

    open: int
    disputed: int
    decided: int
    superseded: int


class Reviews(BaseModel):
    """待核事项，先来的在前。"""

    reviews: list[ReviewLine]
    counts: ReviewCounts
    next: str | None = Field(description="取下一页时填在 after 里；没有下一页时为空")


class AnswerOut(BaseModel):
    """可选的一种答复。"""

    answer: Answer
    paper: bool = Field(description="须原件在手")
    note: bool = Field(description="须写明理由")
    eyes: int = Field(description="至少几个人这样答复")


class DecisionOut(BaseModel):
    """一个人的答复；尚无结论时不给别人看答了什么。"""

    by: str = Field(description="令牌摘要的前 12 位")
    role: str
    org: str
    at: datetime
    answer: str | None
    note: str | None
    serial: str | None = Field(default=None, description="答复 belongs 时：归入哪份文书")
    evidence: str | None = Field(default=None, description="答复 belongs 时：作为哪一种材料")
    paper: bool


class KindOfEvidence(BaseModel):
    """无主的页可以归入的一种材料。"""

    evidence: str
    label: str
    suggested: bool = Field(description="系统认为像是这一种，须由人认定")


class EyesOut(BaseModel):
    """需要几个人，已有几个人答复。"""

    needed: int
    given: int


class RecordLine(BaseModel):
    """存档的一栏和系统读到的内容。"""

    name: str
    label: str
    expected: str
    read: str | None
    result: str


class Sibling(BaseModel):
    """同一份文书的另一件待核事项。"""

    model_config = ConfigDict(extra="allow")

    id: str
    kind: Kind
    label: str
    state: State
    answer: str | None


class ReviewLinks(BaseModel):
    """一件待核事项的各个地址。"""

    self: str
    decisions: str
    crop: str | None
    record: str | None
    picture: str | None
    scan: str
    document: str | None


class ReviewOut(ReviewLine):
    """一件待核事项，和答复它所要看的一切。"""

    box: list[float] | None = Field(description="在扫描件那一面上的位置，像素：左、上、右、下")
    place: list[float] | None = Field(description="在摆正的那一面上的位置，占宽高的比例：左、上、右、下")
    answers: list[AnswerOut]
    eyes: EyesOut
    answered: bool = Field(description="本令牌已经答复过")
    decisions: list[DecisionOut]
    kinds: list[KindOfEvidence] = Field(default=[], description="无主的页可以作为哪些材料归入")
    record: list[RecordLine]
    siblings: list[Sibling]
    links: ReviewLinks
