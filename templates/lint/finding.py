"""One thing that is wrong with a template: what, where, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Severity = Literal["error", "warning"]

_ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "bad_form": "form.toml 有误：{it}。请改正。",
        "undeclared": "标记 {it} 不是本表的栏目，也不是可用的标记。请改成 form.toml 里的栏目名，或在 form.toml 里加上这个栏目。",
        "unused": "form.toml 里的栏目 {it} 没有印在模板上。请写上标记，或在 form.toml 里写 printed = false。",
        "unused_text": "form.toml 里的文字 {it} 没有印在模板上。请写上标记，或删去这一项。",
        "mark_syntax": "标记 {it} 写错了（括号、引号或名称）。请对照说明重写整个标记。",
        "mark_forbidden": "标记 {it} 不允许：只能写栏目名、判断（if）和表格的逐行（for row in 表格）。请改写。",
        "mark_not_alone": "标记 {it} 须独占一行（tr）或一段（p），同处的其他文字会一起消失。请把其他文字移开。",
        "mark_split": "标记 {it} 被分在两段里。请把整个标记写在同一段。",
        "no_code": "没有二维码标记 {{{{ code }}}}。请在模板右上角独占一段写上它。",
        "codes": "二维码标记写了不止一处（{it} 处）。请只留一处。",
        "code_not_alone": "二维码标记所在的段里还有别的文字。请让 {{{{ code }}}} 独占一段。",
        "code_cell": "二维码所在的格只有 {it} mm 宽。请加宽到 38 mm 以上。",
        "code_line": "二维码所在段的行距是固定值，会切去二维码。请改为单倍行距。",
        "code_unreadable": "{it}。",
        "code_covered": "{it}压在二维码或其四周的空白上。请挪开，二维码四周须留白。",
        "no_serial": "没有文书编号标记 {{{{ serial }}}}。请写在二维码下面。",
        "no_title": "纸上没有标题“{it}”。请在标题处写上 {{{{ title }}}}，或照写标题原文。",
        "place_hidden": "签章栏 {it} 的标记写了，示例印出来却没有（多半写在判断 if 里面）。请移到判断之外。",
        "no_place": "签章栏 {it} 没有位置。请在纸上该签字、盖章的地方写上 {mark}。",
        "place_twice": "签章栏 {it} 写了不止一处。请只留一处。",
        "place_small": "签章栏 {it}放不下：避开二维码、其他印章、核对的内容和纸边后不足 {need}。请挪开或加大这一格。",
        "place_meets": "签章栏 {it}的位置重叠。请挪开其中一处，或改 form.toml 里的 seal_box、sign_box。",
        "font": "文字用了规定以外的字体“{it}”。请改用 LXGW WenKai（内容）、Noto Serif CJK SC（标题和提示字）或 Liberation Serif（西文）。",
        "exact_row": "表格行高是固定值，长内容会被截断。请改为最小值。",
        "near_black": "文字用了接近黑色的颜色 {it}，会与印制时的记号混淆。请改为自动（黑色）。",
        "red": "{it}是红色的。红色留给印章，请改为黑色或灰色。",
        "pale": "标记的颜色 {it} 太浅，印出来看不清。请改为自动（黑色）。",
        "tiny": "栏目 {it}的字只有 {size} 磅，扫描后认不出。请改为 6.5 磅以上。",
        "dressed": "标记用了{it}，印出的字会走样。请取消，只用常规或加粗。",
        "upright": "标记在竖排或旋转的格里，扫描后认不出。请改为横排。",
        "watermark": "用了水印或艺术字，会盖住文字和印章。请删去。",
        "content_control": "用了内容控件（表单域）。请选中后“删除内容控件”，只留文字。",
        "text_box": "用了文本框。请把内容移到正文或表格里，否则位置和长度都不可靠。",
        "tracked": "修订记录没有接受或拒绝。请在“审阅”里接受全部修订并关闭修订后再保存。",
        "hidden": "标记是隐藏文字，不会印出来。请取消隐藏。",
        "paper_size": "纸张是 {it}，本表规定 {need}。请在页面设置里改正（每一节都要改）。",
        "corner": "左上起第 {it} 个定位方块不在规定的位置（7 mm，距纸边 5 mm）。请从别的表样的页眉里原样复制四个方块。",
        "corner_page": "这一页没有齐全的四个定位方块。请检查页眉（不要用“首页不同”“奇偶页不同”）。",
        "corner_on_certificate": "证书上不放定位方块。请从页眉里删去。",
        "does_not_fit": "栏目 {it} 填到最长时排不下或被截断。请加大这一格，或把 form.toml 里的 max 改小。",
        "off_page": "{it}印到了纸外。请移进页边距以内。",
        "pages": "示例印出来不是规定的页数：{it}。请调整版面。",
        "example_missing": "没有 example.json。请从别的表样复制一份改写。",
        "example_wrong": "示例填不进去：{it}。请改正 example.json。",
        "not_printed": "试印没有成功：{it}。",
    }
)
_WARNINGS: Mapping[str, str] = MappingProxyType(
    {
        "long_together": "各栏目单独填到最长都排得下，全部同时填到最长则不行。届时系统会请经办人精简文字。",
        "not_shown": "示例没有填写栏目 {it}，试印时看不到它。请在 example.json 里补上。",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: `code` for programs, `where` and `message_zh` for the person who edits the template.

    `where` reads 正文 第2个表格第3行第1格“{{ studnet_name }}”; an error forbids the template, a warning does not.
    """

    code: str
    where: str
    message_zh: str
    severity: Severity

    def __str__(self) -> str:
        return f"{self.where}：{self.message_zh}" if self.where else self.message_zh

    def to_json(self) -> dict[str, str]:
        """The finding as a member of an answer."""
        return {
            "code": self.code,
            "where": self.where,
            "message": self.message_zh,
            "severity": self.severity,
        }


def found(code: str, where: str, it: object = "", **more: object) -> Finding:
    """Make a finding of a known code; `it` and `more` fill its sentence."""
    sentence = _ERRORS.get(code) or _WARNINGS[code]
    severity: Severity = "error" if code in _ERRORS else "warning"
    said = it.rstrip("。") if isinstance(it, str) else it
    return Finding(code, where, sentence.format(it=said, **more), severity)
