"""The bodies of handing over and arriving as pydantic models, described in Chinese."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from service.custody import Handover
from service.custody.handing import KEPT
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

    model_config = shown({"name": "other.example.cn", "keys": {"keys": [{"kid": 1, "algorithm": "Ed25519"}]}})

    name: ShortText = Field(description="对方系统的主机名，与其二维码一致")
    keys: dict[str, Any] = Field(description="对方 /.well-known/yinzheng-keys.json 的内容")


class Transfers(BaseModel):
    """移交，先开出的在前。"""

    transfers: list[dict[str, Any]]


class Arrivals(BaseModel):
    """到来的档案包，后到的在前；state 为 held 的要人处理。"""

    arrivals: list[dict[str, Any]]


class Partners(BaseModel):
    """登记过公钥的其他系统。"""

    partners: list[dict[str, Any]]
