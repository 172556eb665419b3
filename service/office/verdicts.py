"""The words a member of the public reads for each of the seven verdicts and for every reason code."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from service.office import advice
from templates.catalogue import Catalogue

CANNOT_CHECK: Final = "cannot_check"
GENUINE: Final = "genuine"


@dataclass(frozen=True, slots=True)
class Look:
    """How one verdict is shown: its word, one sentence of meaning, and what to do now."""

    verdict: str
    word: str
    meaning: str
    advice: tuple[str, ...]


LOOKS: Final[Mapping[str, Look]] = MappingProxyType(
    {
        look.verdict: look
        for look in (
            Look(
                GENUINE,
                "真实有效",
                "这份文书由本系统签发，规定的签章已经办结，目前有效。",
                (
                    "请把上面各项与手中的纸张逐字比对，有一项不同就不要采信这张纸。",
                    "还想核对纸上印的其他内容，请在下方上传照片或扫描件。",
                ),
            ),
            Look(
                "pending",
                "未生效（未验印）",
                "这份文书确由本系统打印，但规定的签字、盖章或验印还没有办结，现在不具备效力。",
                (
                    "请不要凭它办理事项。",
                    "持有人请联系出具学校，由学校办完签章、验印并把扫描件送系统核对后再使用。",
                ),
            ),
            Look(
                "altered",
                "与存档不符",
                "送来的纸张与签发时的存档不一致。",
                (
                    "请不要采信这张纸，并把它保留下来。",
                    "请与出具学校或其主管教育局联系，以存档为准。",
                ),
            ),
            Look(
                "revoked",
                "已作废",
                "这份文书曾经签发，后来由签发单位作废，不再有效。",
                (
                    "请不要采信，也不要继续使用。",
                    "持有人如有疑问，请联系出具学校或其主管教育局。",
                ),
            ),
            Look(
                "superseded",
                "已被替代",
                "这份文书已由一份新的文书替代，旧件不再有效。",
                ("请向持有人索要新件，并扫描新件上的二维码重新核验。",),
            ),
            Look(
                "unknown",
                "查无此证",
                "没有查到与这个二维码相符、由本系统签发的文书。",
                (
                    "在得到出具学校或其主管教育局的书面答复之前，请不要采信。",
                    "单凭这一结果还不能断定纸张是伪造的：二维码残缺、网址抄错、文书出自其他系统，也会查不到。",
                ),
            ),
            Look(
                CANNOT_CHECK,
                "暂不能核验",
                "这一次没能完成核验。这不表示文书有问题，也不表示文书有效。",
                (
                    "请按上面写明的原因处理后再试一次。",
                    "急用时，请直接联系出具学校或其主管教育局核实。",
                ),
            ),
        )
    }
)

_REASONS: Final = MappingProxyType(
    {
        "bad_signature": "二维码里的电子签名不成立：内容被改动过，或者没有读全。",
        "unknown_key": "二维码所用的签名密钥不是本系统公布的密钥。",
        "foreign_code": "这个二维码不是本系统印制的。",
        "not_issued_here": "签名成立，但存档里没有这份文书。",
        "unknown_serial": "签名成立，但存档里没有这份文书。",
        "cover_sheet": "这是扫描材料用的封面页，不是证书或申请表。",
        "no_code": "图像里没有找到本系统的二维码。请把整张纸连同二维码拍全、拍清后再试。",
        "code_only": "图像里只看得到二维码，没有拍到整张纸，所以只核验了二维码。要核对纸上的内容，请拍下整张纸。",
        "several_documents": "图像里有不止一份文书，请一次只拍一份。",
        "database": "存档数据库暂时不可用，请稍后再试。",
        "store": "存档库暂时不可用，请稍后再试。",
        "busy": "正在核对的图像太多，请过一会儿再试。",
        "dates_in_order": "手写的日期系统不读。请看各处日期：申请不晚于学校，学校不晚于主管部门，都不晚于今天。",
        "reading_failed": "图像没有读成，请重新拍摄后再试。",
        "no_status_list": "没有状态清单，只验了签名。请下载 /v1/status-list?long=true 一起核验。",
        "no_checkpoint": "没有日志检查点。请下载 /v1/log/checkpoint 一起核验。",
        "list_too_old": "状态清单太旧，看不出此后的变化。请下载新的清单。",
        "checkpoint_too_old": "日志检查点太旧，或没有带时间的签名。请下载新的检查点。",
        "clock_wrong": "清单或检查点的时间在将来。请核对本机的日期和时间。",
        "log_split": "状态清单与检查点说的不是同一本日志。请保留这两个文件，并报告主管教育局。",
        "not_listed": "清单出具时，这份文书还没有生效，或者还没有签发。请下载新的清单，或联网核验。",
        "short_list": "短清单里没有这份文书：它没有作废，但看不出是否已经生效。请用长清单，或这份文书的日志证明。",
        "bad_proof": "这份日志证明不是这份文书的，或证明不成立。请重新下载。",
    }
)
OFFLINE: Final = (
    *("bad_signature", "unknown_key", "foreign_code", "cover_sheet", "no_status_list", "no_checkpoint"),
    *(
        "list_too_old",
        "checkpoint_too_old",
        "clock_wrong",
        "log_split",
        "not_listed",
        "short_list",
        "bad_proof",
    ),
)
"""Reasons that are given without the archive."""
_NAMED: Final = MappingProxyType(
    {
        "field_altered": "“{}”一栏与存档不一致。",
        "field_unreadable": "“{}”一栏没有看清，请重拍，或由人工核对。",
        "date_absent": "“{}”处已有签章，却没有见到日期。请核对原件，补写日期后重新扫描。",
        "mark_wrong_unit": "“{}”处的印章不是应当盖章的单位。",
        "mark_absent": "“{}”处还没有见到签章。",
        "mark_unclear": "“{}”处的签章没有看清。彩色拍摄或扫描后再试。",
        "part_missing": "“{}”不在送来的这一联上，请把另一联（存根或正联）也扫描上传。",
        "halves_differ": "“{}”的两半印迹合不成一枚，请由人工核对存根与正联的原件。",
        "seal_copied": "“{}”处的印迹与另一份文书上的一模一样，可能是翻印的图像，请由人工核对原件。",
        "seal_repeated": "“{}”处的印迹与本份文书另一处的一模一样，可能是翻印的图像，请由人工核对原件。",
        "mark_colourless": "“{}”处在没有颜色的图像上，看不出是不是红色印章。见到原件的人可以确认，或换彩色扫描。",
        "mark_not_checked": "“{}”处的钢印、骑缝等从扫描件上看不出来，要见到原件的人确认。",
        "page_missing": "缺第 {} 页，请把各页一起送来。",
        "surface_altered": "印刷文字“{}”被涂去或改动过。",
        "surface_unclear": "印刷文字“{}”没有看清，或者被遮住、改动过，请核对原件。",
        "surface_added": "“{}”附近有存档里没有的印刷文字，请核对原件。",
        "photo_altered": "“{}”不是签发时印的那一张。",
        "photo_unclear": "“{}”没有看清，请重拍，或由人工核对。",
        "other_paper": "这张纸印的不是这份文书（第 {} 页）：二维码可能是从别的纸上复制来的。",
    }
)
_EVIDENCE: Final = MappingProxyType(
    {
        "kind_doubtful": "看不准是不是封面页所写的材料。",
        "kind_contradicts": "看起来不是封面页所写的材料。",
        "page_contradicts": "其中有一页看起来是另一种材料。",
        "unread": "有一页没有读成，请看原图。",
        "unfinished": "有一页没有读完，请看原图。",
        "no_print": "没有读出文字，请看原图。",
        "absent": "没有看到印章。",
        "unclear": "印章没有看清。",
        "insufficient": "出具单位的级别不够。",
        "unknown": "看不出出具单位的级别。",
        "differs": "与学籍记录不一致。",
        "unreadable": "没有看清。",
        "found": "没有找到。",
        "checksum": "号码的校验位不对，可能读错或写错。",
        "future": "日期晚于今天。",
        "checked": "没有可以比对的记录。",
    }
)
"""Reasons of a reading of evidence: whole, or by their last word."""


def reason_text(reason: str, labels: Mapping[str, str]) -> str:
    """Return the sentence for a reason code such as `field_altered:student_name`; `labels` name its object."""
    code, _, what = reason.partition(":")
    if code == "evidence":
        return _EVIDENCE.get(what) or _EVIDENCE.get(what.rpartition("_")[2], "材料须由人查看。")
    if code == "rescan":
        return advice.RESCANS.get(what, advice.SCAN_AGAIN)
    if code in _NAMED:
        return _NAMED[code].format(labels.get(what, what))
    return _REASONS.get(code, f"原因代码：{reason}")


def labels(catalogue: Catalogue) -> dict[str, str]:
    """Return the Chinese label of every field and block name of the catalogue; the first form to say it wins."""
    found: dict[str, str] = {}
    for form in catalogue.forms.values():
        for field in form.fields:
            found.setdefault(field.name, field.label)
        for block in form.blocks:
            found.setdefault(block.id, block.label)
    return found
