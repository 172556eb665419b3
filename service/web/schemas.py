"""The bodies of requests and answers as pydantic models: unknown members refused, described in Chinese."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonValue

from service.web import examples

OrganizationCode = Annotated[
    str,
    Field(
        max_length=20,
        description="市、县 6 位区划代码，学校 10 位标识码",
        json_schema_extra={"pattern": r"^\d{6}(\d{4})?$"},
    ),
]
StudentNo = Annotated[
    str,
    Field(
        max_length=40,
        description="学籍号，19 位",
        json_schema_extra={"pattern": r"^[GLJ]\d{17}[\dX]$"},
    ),
]
"""Patterns are only described here: the flows refuse with the article, which says more."""
Text = Annotated[str, Field(max_length=500)]
"""Nothing printed is longer: the longest field of the catalogue takes 500 characters."""
Verdict = Literal["genuine", "pending", "altered", "revoked", "superseded", "unknown", "cannot_check"]
ShortText = Annotated[str, Field(min_length=1, max_length=100)]


def shown(*examples: JsonValue) -> ConfigDict:
    """Return the setting that puts examples into a model's description."""
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class Strict(BaseModel):
    """A request body: members it does not know are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TermIn(Strict):
    """一个学期。"""

    begins: ShortText = Field(description="开学日期，YYYY-MM-DD")
    ends: ShortText = Field(description="放假日期，YYYY-MM-DD")


class OrganizationIn(Strict):
    """单位登记。"""

    model_config = shown(examples.CITY, examples.COUNTY, examples.SCHOOL)

    kind: Literal["city", "county", "school"] = Field(description="市、县教育局或学校")
    name: ShortText = Field(description="全称，与公章一致")
    parent: OrganizationCode | None = Field(default=None, description="上级单位代码；市不填")
    stages: list[Literal["P", "J", "S"]] | None = Field(
        default=None, description="学校办学学段：小学 P、初中 J、高中 S"
    )
    head_name: ShortText | None = Field(default=None, description="校长姓名，印在证书上")
    address: Text | None = Field(default=None, description="地址")
    phone: Annotated[str, Field(max_length=30)] | None = Field(default=None, description="联系电话")
    run_type: Literal["G", "M"] | None = Field(default=None, description="举办性质：公办 G、民办 M")
    hs_tier: Literal["D", "Y"] | None = Field(default=None, description="高中等级：省级示范 D、一般 Y")
    merged_into: OrganizationCode | None = Field(
        default=None, description="已并入的学校的标识码；由 closure 登记"
    )
    merged_on: ShortText | None = Field(default=None, description="合并之日；由 closure 登记")
    revoked_on: ShortText | None = Field(default=None, description="撤销之日；由 closure 登记")
    held_by: OrganizationCode | None = Field(
        default=None, description="撤销后管理档案的单位；由 closure 登记"
    )
    limits: dict[str, int | str] | None = Field(
        default=None, description="教育行政部门的本地限额（第四十八条，只能从严），名称见 /v1/editions"
    )
    terms: list[TermIn] | None = Field(default=None, description="学期，由教育行政部门登记；学期中不办转学")
    urban_areas: list[list[OrganizationCode]] | None = Field(
        default=None, description="视为同一城市区域的区划，由市教育局登记"
    )


class OrganizationOut(OrganizationIn):
    """单位。"""

    model_config = ConfigDict(extra="allow")

    code: str


class Organizations(BaseModel):
    """单位列表。"""

    organizations: list[OrganizationOut]


class NumberBlockIn(Strict):
    """证书号段（第三十四条：编号由主管部门核准）。"""

    model_config = shown(examples.NUMBER_BLOCK)

    form: ShortText = Field(description="表样名")
    year: int = Field(ge=1980, le=2200, description="年份")
    org: OrganizationCode = Field(description="得到号段的单位")
    pattern: str = Field(
        min_length=1, max_length=60, description="编号样式，恰有一个序号位，如 14042620262012{:04d}"
    )
    first: int = Field(ge=0, le=99_999_999, description="起号")
    last: int = Field(ge=0, le=99_999_999, description="止号")


class NumberBlockOut(NumberBlockIn):
    """已下达的号段。"""

    id: int


class NumberBlocks(BaseModel):
    """号段列表。"""

    number_blocks: list[NumberBlockOut]


class JobOut(BaseModel):
    """一个后台任务。"""

    id: int
    kind: str = Field(
        description="spool 送交暂存的扫描件，scan 读取扫描件，copies 制作副本，arrival 检查和归档到来的档案包，batch 办理批次"
    )
    state: Literal["waiting", "running", "done", "dead"]
    attempts: int = Field(description="试过几次")
    scan: str | None = Field(description="哪份扫描件")
    batch: str | None = Field(description="哪个批次")
    arrival: str | None = Field(default=None, description="哪个到来的档案包")
    org_name: str = Field(description="谁送来的")
    what: str = Field(description="是什么任务", examples=["扫描件 12 没有读成"])
    why: str | None = Field(description="为什么停下；没有停下时为空")
    advice: str | None = Field(description="请怎么办；没有停下时为空")


class Jobs(BaseModel):
    """任务列表。"""

    jobs: list[JobOut]


class OverrideIn(Strict):
    """主管教育行政部门批准的例外（原则性规定）。"""

    document: ShortText = Field(description="批准文件的文号")
    reason: str = Field(min_length=1, max_length=500, description="理由，记入登记")
    rule: ShortText | None = Field(default=None, description="所破例的规定，如 A38-3；不填指本件涉及的全部")


class DocumentIn(Strict):
    """出具文书的请求。"""

    model_config = shown(examples.DOCUMENT, examples.TRANSFER, examples.ROSTER)

    form: ShortText = Field(description="表样名，见 GET /v1/forms")
    student: StudentNo | None = Field(default=None, description="学籍号；学校、单位自己的文书不填")
    school: OrganizationCode | None = Field(
        default=None, description="出具单位；不填时为学生所在学校，没有学生的为令牌所属单位"
    )
    data: dict[Annotated[str, Field(max_length=60)], Any] = Field(
        default_factory=dict,
        max_length=200,
        description="学籍记录里没有的栏目，按表样的栏目名；表格为若干行的列表，每行按栏目名或中文栏目填写",
    )
    dated: Annotated[str, Field(max_length=10)] | None = Field(
        default=None, description="办理日期，决定适用哪一版规定；不填时为 issued_on 或当天"
    )
    mode: Literal["full", "overprint"] = Field(default="full", description="整页打印，或套打在空白证书上")
    blank: ShortText | None = Field(default=None, description="套打所用的空白证书")
    override: OverrideIn | None = Field(default=None, description="主管教育行政部门批准的例外")


class Links(BaseModel):
    """一份文书的各个地址。"""

    self: str
    content: str
    docx: str
    layout: str


class DocumentOut(BaseModel):
    """文书。"""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.ISSUED]})

    serial: str = Field(description="本系统编号，印在二维码下方")
    form: str
    number: str | None = Field(description="证书编号；申请表没有")
    status: Literal["pending", "effective", "revoked", "superseded"]
    pages: int
    verify_url: str = Field(description="二维码里的网址")
    links: Links


class Documents(BaseModel):
    """文书列表。"""

    documents: list[DocumentOut]


class RevokeIn(Strict):
    """作废的理由。"""

    model_config = shown(examples.REVOKE)

    reason: str = Field(min_length=2, max_length=500, description="作废理由，记入档案")


class SpoilIn(Strict):
    """空白证书损坏：作废编号，用下一个号重印。"""

    model_config = shown({"reason": "打印时卡纸"})

    reason: str = Field(min_length=2, max_length=500, description="损坏的原因，记入存根登记")
    replace: bool = Field(default=True, description="是否随即用下一个号重印")
    data: dict[Annotated[str, Field(max_length=60)], Any] = Field(
        default_factory=dict, max_length=200, description="重印时要改正的栏目；登记信息已更正的不必再填"
    )


class SpoilOut(BaseModel):
    """作废的一份和替换的一份。"""

    spoilt: DocumentOut
    replacement: DocumentOut | None


class VoidIn(Strict):
    """未使用的号作废（空白证书打印前已损坏）。"""

    model_config = shown({"first": 17, "last": 18, "reason": "空白证书受潮"})

    first: int = Field(ge=1, le=999_999_999, description="起号（序号）")
    last: int = Field(ge=1, le=999_999_999, description="止号（序号）")
    reason: str = Field(min_length=2, max_length=500, description="作废的原因，记入存根登记")


class LedgerLineOut(BaseModel):
    """存根登记的一行：一个编号的去向。"""

    seq: int
    number: str
    state: Literal["used", "void", "held", "free"]
    label: str = Field(description="已用、作废、占用、未用")
    document: str | None = Field(description="文书编号")
    status: str | None = Field(description="文书的状态")
    issued_on: date | None
    reason: str | None = Field(description="作废的原因")


class LedgerOut(BaseModel):
    """号段的存根登记：已用、作废、占用、未用之和等于号段大小。"""

    model_config = ConfigDict(extra="allow")

    id: int
    form: str
    size: int
    counts: dict[Literal["used", "void", "held", "free"], int]
    numbers: list[LedgerLineOut]
    next: int | None = Field(description="下一页从哪个序号开始；没有下一页时为空")


class TickIn(Strict):
    """人工确认一处机器看不出的签章（如钢印）。"""

    model_config = shown(examples.TICK)

    block: ShortText = Field(description="签章处的名称，见扫描结果的 marks")
    seen: bool = Field(description="是否亲眼看到")


class VerificationIn(Strict):
    """公开核验的请求。"""

    model_config = shown(examples.VERIFICATION)

    qr: str = Field(min_length=1, max_length=2048, description="二维码的内容（网址）")


class VerificationOut(BaseModel):
    """公开核验的回答，只有这些。"""

    model_config = shown(examples.VERDICT)

    verdict: Verdict
    reasons: list[str] = Field(description="原因代码")
    form: str | None = Field(description="文书名称")
    number: str | None = Field(description="证书编号")
    issued_on: date | None = Field(description="签发日期")
    school: str | None = Field(description="学校")
    holder_masked: str | None = Field(description="打了星号的姓名")


class StudentImport(BaseModel):
    """导入的结果：表中全部学生都已登记或更新。"""

    imported: int = Field(description="写入的学生数；dry_run 时为 0")
    created: int = Field(description="新登记")
    updated: int = Field(description="更新")
    rows: int = Field(description="表中的学生数")
    dry_run: bool
    sheets: list[str] = Field(description="读到的工作表")
    ignored: list[str] = Field(description="未识别、没有导入的栏目")


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


class ObjectionOut(BaseModel):
    """一处不合规。"""

    field: str | None
    code: str
    message: str
    article: str | None


class ProblemOut(BaseModel):
    """RFC 9457 问题说明。"""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.PROBLEM]})

    type: str
    title: str
    status: int
    code: str = Field(description="稳定的英文代码")
    detail: str = Field(description="说明：是什么、为什么、怎么办")
    article: str | None = Field(default=None, description="据以拒绝的条款")
    errors: list[ObjectionOut] = Field(default_factory=list)
    request_id: str | None = None
