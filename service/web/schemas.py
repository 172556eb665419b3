"""The bodies of requests and answers as pydantic models: unknown members refused, described in Chinese."""

from datetime import date
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
