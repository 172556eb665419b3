"""The bodies of handing over and arriving as pydantic models, described in Chinese."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from service.custody import Handover
from service.custody.handing import KEPT
from service.custody.knowing import MOST_UNITS
from service.web.schemas import OrganizationCode, ShortText, Strict, shown


class TransferIn(Strict):
    """开出一次档案移交：打印移交清单，打成档案包。"""

    model_config = shown(
        {
            "archive": "G140499201104120011",
            "receiver": "3114000456",
            "receiver_name": "武乡县第二中学校",
            "cause": "1",
            "document": "长教基〔2026〕40号",
            "approved_on": "2026-11-10",
        }
    )

    archive: Annotated[str, Field(max_length=40)] = Field(description="学籍号，或学校标识码（合并、撤销）")
    receiver: OrganizationCode = Field(description="接收单位的代码")
    receiver_name: ShortText = Field(description="接收单位的全称")
    cause: Literal["1", "2", "3", "4"] = Field(description="1 转学、2 合并、3 撤销、4 升学随转")
    document: ShortText = Field(description="批准转接、合并、撤销的文号")
    approved_on: ShortText = Field(description="审核同意之日，YYYY-MM-DD；一个月的期限由此起算")
    kept: ShortText = Field(default=KEPT, description="移出方留存什么（第十八条）")

    def asked(self) -> Handover:
        """What is asked for, as the flow takes it."""
        return Handover(
            self.archive,
            self.receiver,
            self.receiver_name,
            self.cause,
            self.document,
            self.approved_on,
            self.kept,
        )


class ReceiptIn(Strict):
    """接收单位的系统签名的回执，原文。"""

    model_config = shown({"receipt": "other.example/receipt\nyinzheng-receipt/1\n…"})

    receipt: Annotated[str, Field(min_length=1, max_length=8000)] = Field(description="回执文件的全文")


class PartnerIn(Strict):
    """另一套系统的公钥：由主管部门从包以外的途径取得。"""

    model_config = shown(
        {
            "name": "other.example.cn",
            "keys": {"keys": [{"kid": 1, "algorithm": "Ed25519"}]},
            "units": ["140429", "3114000456"],
        }
    )

    name: ShortText = Field(description="对方系统的主机名，与其二维码一致")
    keys: dict[str, Any] = Field(description="对方 /.well-known/yinzheng-keys.json 的内容")
    units: Annotated[list[OrganizationCode], Field(max_length=MOST_UNITS)] = Field(
        description="这些公钥代表哪些单位：市、县（连同在本系统登记的下属学校）或学校的代码；别的单位的回执和档案包由它签的不采用"
    )


class AsideIn(Strict):
    """到来的档案包看过了，不必再处理。"""

    model_config = shown({"note": "传错的文件，已请移出单位重新移交"})

    note: Annotated[str, Field(min_length=1, max_length=300)] = Field(description="为什么；记入档案")


NEXT = Field(description="取下一页时填在 after 里；没有下一页时为空")


class Transfers(BaseModel):
    """移交，先开出的在前。"""

    transfers: list[dict[str, Any]]
    next: str | None = NEXT


class Arrivals(BaseModel):
    """到来的档案包，后到的在前；state：received 待检查、filing 正在归档、filed 已归档、held 要人处理。"""

    arrivals: list[dict[str, Any]]
    next: str | None = NEXT


class Partners(BaseModel):
    """登记过公钥的其他系统，先登记的在前。"""

    partners: list[dict[str, Any]]
    next: str | None = NEXT


class CustodyAction(BaseModel):
    """核对台上能办的一件事：向 path 发 POST。"""

    label: str
    path: str
    takes: Literal["note", "receipt"] | None = Field(description="请求里要写的一项；为空时没有内容")


class CustodyItem(BaseModel):
    """一件要人处理的移交或到来。"""

    kind: Literal["held", "overdue", "due"] = Field(description="没有通过的档案包、逾期的移交、快到期的移交")
    id: str = Field(description="到来或移交的编号")
    label: str
    title: str = Field(description="谁的档案，从哪里到哪里")
    org_name: str = Field(description="由谁处理")
    why: list[str] = Field(description="为什么，每种原因一句")
    advice: str = Field(description="请怎么办")
    article: str = Field(examples=["第二十二条"])
    since: str
    due: str | None = Field(description="应办结的日子")
    action: CustodyAction | None
    aside: CustodyAction | None = Field(description="看过了不再处理，须写理由")


class CustodyWaiting(BaseModel):
    """要人处理的移交和到来：先是移交，逾期最久的在前；再是没有通过的档案包，后到的在前。"""

    waiting: list[CustodyItem]
    more: bool = Field(description="还有列不下的；请看移交和到来的列表")
