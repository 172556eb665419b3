"""What to do about a page that could not be read or matched: one sentence for each reason, in one table."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

SCAN_AGAIN: Final = "图像质量不够，请重新扫描：扫描仪请选 200 dpi 彩色。"
RESCANS: Final = MappingProxyType(
    {
        "low_resolution": "图像太小，看不清字。扫描仪请选 200 dpi 彩色；用手机拍请靠近一些。",
        "blurred": "图像模糊。请擦净玻璃板、压平纸张后以 200 dpi 彩色重新扫描；用手机拍请拿稳、对焦。",
        "no_contrast": "图像太淡或反光。请关掉“省墨、去底色”一类选项，换个光线后以 200 dpi 彩色重扫。",
        "not_registered": "没能对上纸张的位置。请把整张纸放平、四角都扫进去，不要裁边，再以 200 dpi 彩色重扫。",
        "poor_reading": "字迹看不清。请擦净镜头或玻璃板，以 200 dpi 彩色重新扫描，不要用传真件或复印件。",
        "blank": "这一页是空白的。请确认没有放反，再扫一次。",
        "bilevel": "这是黑白二值图像，细字和印章都看不出。请用彩色或灰度、200 dpi 重新扫描。",
    }
)
"""By the reasons of intake.reading.Quality."""
_REASONS: Final = MappingProxyType(
    {
        "no_code": "没有找到本系统的二维码。请确认这一页是本系统打印的，没有折角、盖章遮住二维码，再以 200 dpi 彩色重扫；不是的，请放在材料封面页后面扫描。",
        "foreign_code": "这个二维码不是本系统印制的。如是证明材料，请打印材料封面页，放在它前面一起扫描。",
        "unknown_key": "二维码所用的签名密钥不是本系统公布的密钥。请核实这份纸的来源。",
        "bad_signature": "二维码里的电子签名不成立。请以 300 dpi 彩色重扫一次；仍然如此，请核实这份纸的来源。",
        "unknown_serial": "签名成立，但存档里没有这份文书。请核实它由哪个系统签发。",
        "unknown_evidence": "封面页上的材料种类已不再使用。请重新打印封面页。",
        "several_documents": "同一页上有两份文书的二维码。请一次只放一份，逐页扫描。",
        "out_of_scope": "这份文书不属于本单位。请交给所属学校扫描上传。",
        "field_unreadable": "有栏目没有看清。请以 200 dpi 彩色重新扫描，或由人工核对。",
        "mark_unclear": "印章没有看清。请用彩色扫描，才能核对印章。",
        "page_missing": "缺页。请把这份文书的各页一起扫描。",
        "surface_unclear": "有印刷文字没有看清或被遮住。请以 200 dpi 彩色重新扫描，或由人工核对原件。",
        "surface_added": "纸上有存档里没有的印刷文字。请由人工核对原件。",
        "other_paper": "纸上印的不是这份文书。请核实二维码是不是从别的纸上复制来的，并扫描原件。",
        "photo_unclear": "照片没有看清或被遮住。请以 200 dpi 彩色重新扫描，或由人工核对原件。",
    }
)


def on(reasons: Iterable[str]) -> list[str]:
    """Give the advice for reason codes such as `rescan:blurred`, each sentence once; reasons without advice give none."""
    told = []
    for reason in reasons:
        code, _, what = reason.partition(":")
        sentence = RESCANS.get(what, SCAN_AGAIN) if code == "rescan" else _REASONS.get(code)
        if sentence is not None:
            told.append(sentence)
    return list(dict.fromkeys(told))
