"""Blocks of official numbers and their ledgers, as pydantic models described in Chinese."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.web import examples
from service.web.schemas import DocumentOut, OrganizationCode, ShortText, Strict, shown


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
