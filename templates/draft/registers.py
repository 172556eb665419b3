"""Specs of the registers and reports: what changed, who looked, what was handed over."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from templates.catalogue import SHEETS
from templates.draft import roster
from templates.draft.flow import RULE, Table, columns, definition, head, heading, mixed, value
from templates.draft.grid import Row, Slot, build
from templates.draft.paper import LEFT, shape
from templates.draft.roster import LANDSCAPE, PLACE, PORTRAIT, Fact, Roster
from templates.draft.spec import Place, PlaceRow

_SMALL = 8.0  # points in which 19 characters of a 学籍号 take 33.6 mm
_PLUS, _MINUS = 5, 11  # kinds of increase and of decrease that the register names
_LOW = 16.0  # mm of a place that is only signed


def enrolment_change_register() -> Any:
    """Draft 学生增减情况登记表 (附件4): the term's sum, then each change (arts 6 and 7)."""
    widths = {
        "no": 9,
        "student_no": 36,
        "student_name": 27,
        "sex": 9,
        "grade_class": 26,
        "change_kind": 20,
        "changed_on": 21,
        "other_school": 48,
        "approval_no": 36,
        "remark": 35,
    }
    left = ("other_school", "remark")
    cells = columns(definition("enrolment_change_register"), "rows", widths, left=left)
    facts = ((Fact("school", "学校", 150), Fact("term", "学年学期", 79)),)
    places = (
        Place("registrar", "明细与学籍档案相符。", signer="管理员"),
        Place("head", signer="校长"),
        Place("authority", signer="负责人"),
    )
    totals = (
        "合计：上期末 {{ plain.opening }} 人，增加 {{ total.plus.count }} 人，减少 {{ total.minus.count }} 人，"
        "本期末 {{ plain.closing }} 人；明细 {{ total.rows.length }} 条。"
    )
    parts = (_sum, Table("rows", cells, heading="二、明细"))
    return roster.draft(
        Roster(
            "enrolment_change_register", LANDSCAPE, facts, parts, (PlaceRow(places, PLACE),), totals=totals
        )
    )


def _sum(document: Any) -> None:
    """Draft the sum of the term: last term's count, each kind of change, this term's count."""
    heading(document, "一、人数增减")
    end, kind = 16.5, 13.0  # mm: 2 ends, 16 kinds and 2 sums fill the width between the margins
    groups = (("增加", "plus", _PLUS), ("减少", "minus", _MINUS))
    upper, middle, lower = [Slot(end, "opening head")], [Slot(end, "opening head")], [Slot(end, "opening")]
    for words, name, count in groups:
        upper.append(Slot(kind * (count + 1), words))
        for number in range(count):
            middle.append(Slot(kind, f"{name} {number} kind", pad=(0.2, 0.3)))
            lower.append(Slot(kind, f"{name} {number} count", pad=(0.2, 0.3)))
        middle.append(Slot(kind, f"{name} sum head"))
        lower.append(Slot(kind, f"{name} sum"))
    for slots, name in ((upper, "closing head"), (middle, "closing head"), (lower, "closing")):
        slots.append(Slot(end, name))
    rows = (Row(6, tuple(upper)), Row(8, tuple(middle)), Row(8, tuple(lower)))
    cells = build(document, rows, rule=RULE)
    head(cells["opening head"], "上期末\n人数")
    head(cells["closing head"], "本期末\n人数")
    value(cells["opening"], "opening", size=10.0)
    value(cells["closing"], "closing", size=10.0)
    for words, name, count in groups:
        head(cells[words], words)
        head(cells[f"{name} sum head"], "小计")
        value(cells[f"{name} sum"], f"total.{name}.count", size=10.0)
        for number in range(count):
            value(cells[f"{name} {number} kind"], f"{name}[{number}].kind")
            value(cells[f"{name} {number} count"], f"{name}[{number}].count", size=10.0)


def access_register() -> Any:
    """Draft 学籍信息查阅登记簿: who looked at what, with whose written approval (art. 44)."""
    widths = {
        "no": 9,
        "at": 22,
        "visitor": 22,
        "unit": 40,
        "approval_no": 32,
        "subject": 36,
        "content": 36,
        "manner": 16,
        "copies": 12,
        "handler": 20,
        "remark": 22,
    }
    left = ("unit", "subject", "content", "remark")
    cells = columns(definition("access_register"), "rows", widths, left=left, labels={"copies": "复制\n份数"})
    facts = ((Fact("school", "单位", 150),),)
    places = (Place("registrar", "以上查阅均经书面批准，先登记、后查阅。", signer="经办人"),)
    totals = "合计：查阅 {{ total.rows.length }} 次，复制 {{ total.rows.copies }} 份。"
    return roster.draft(
        Roster(
            "access_register",
            LANDSCAPE,
            facts,
            (Table("rows", cells),),
            (PlaceRow(places, _LOW),),
            totals=totals,
        )
    )


def term_change_report() -> Any:
    """Draft 学期学籍变动情况呈报表: schools by kind of change, crowded classes, gaps (arts 3, 7 and 43)."""
    raw = definition("term_change_report")
    plus = ("admitted", "moved_in", "resumed", "other_in")
    minus = ("graduated", "moved_out", "suspended", "withdrawn", "dropped", "other_out")
    counts = ("opening", *plus, *minus, "closing")
    widths = {"no": 9, "school": 58.8, **dict.fromkeys(counts, 16.6)}
    labels = {"graduated": "毕业\n（结、肄）"}
    matrix = Table(
        "matrix",
        columns(raw, "matrix", widths, left=("school",), labels=labels),
        bands=(("增加", 3, 6), ("减少", 7, 12)),
        heading="一、学校×异动类别汇总（人）",
        sums=("", "合计", *(f"total.matrix.{name}" for name in counts)),
    )
    widths = {"school": 137, "class_name": 60, "size": 35, "limit": 35}
    sizes = Table(
        "class_sizes",
        columns(raw, "class_sizes", widths, left=("school",)),
        heading="二、班容量超限清单",
        absent="无",
    )
    widths = {"school": 97, "item": 70, "missing": 100}
    gaps = Table(
        "open_items",
        columns(raw, "open_items", widths, left=tuple(widths)),
        heading="三、手续不全清单",
        absent="无",
    )
    facts = ((Fact("unit", "呈报单位", 150), Fact("term", "学年学期", 79)),)
    places = (
        Place("compiler", "以上数据与电子学籍系统一致。", signer="制表人"),
        Place("authority", signer="负责人"),
    )
    return roster.draft(
        Roster("term_change_report", LANDSCAPE, facts, (matrix, sizes, gaps), (PlaceRow(places, PLACE),))
    )


def term_review() -> Any:
    """Draft 学期学籍复核表: what was checked each term, what was wrong (arts 12 and 43)."""
    raw = definition("term_review")
    widths = {"no": 10, "item": 55, "result": 50, "remark": 65}
    checked = Table(
        "checked",
        columns(raw, "checked", widths, left=("item", "result", "remark"), size=9.5),
        heading="一、复核项目与结果（手续完备/信息准确/照片更新/档案完整）",
        height=8.0,
    )
    widths = {"no": 10, "fault": 72, "remedy": 72, "due_on": 26}
    faults = Table(
        "faults",
        columns(raw, "faults", widths, left=("fault", "remedy"), size=9.5),
        heading="二、问题与整改",
        absent="无",
        height=8.0,
    )
    facts = ((Fact("school", "单位", 142),), (Fact("term", "学年学期", 142),))
    places = (PlaceRow((Place("head", "已按期复核，问题按期整改。", signer="校长"),)),)
    return roster.draft(Roster("term_review", PORTRAIT, facts, (checked, faults), places))


def archive_transfer_list() -> Any:
    """Draft 学籍档案移交清单: every file by number and digest, handed over and received (arts 8, 18 and 22)."""
    widths = {
        "no": 8,
        "archive_no": 23,
        "title": 22,
        "student_no": 33.6,
        "student_name": 16.4,
        "medium": 11,
        "pages": 8,
        "files": 9,
        "digest": 33,
        "remark": 16,
    }
    labels = {"medium": "载体\n（电子/\n纸质）", "files": "文件\n数"}
    raw = definition("archive_transfer_list")
    cells = columns(raw, "rows", widths, size=_SMALL, left=("title",), labels=labels, sizes={"digest": 7.0})
    facts = (
        (Fact("cause", "移交原因", 142),),
        (Fact("from_unit", "移出单位", 142),),
        (Fact("to_unit", "接收单位", 142),),
    )
    places = (
        PlaceRow(
            (
                Place("from", "以上档案已清点移交。", signer="移交人"),
                Place("to", "以上档案已清点接收。", signer="接收人"),
            )
        ),
        PlaceRow((Place("witness", "监督移交，清单与实物相符。", signer="监交人"),)),
    )
    totals = (
        "合计：{% if totals[0].volumes %}{{ totals[0].volumes }} 卷，{% endif %}{{ totals[0].items }} 件"
        "{% if totals[0].pages %}，{{ totals[0].pages }} 页{% endif %}"
        "{% if totals[0].bytes %}，{{ totals[0].bytes }} 字节{% endif %}。"
    )
    parts = (Table("rows", cells), _kept)
    return roster.draft(Roster("archive_transfer_list", PORTRAIT, facts, parts, places, totals=totals))


def _kept(document: Any) -> None:
    """Draft what stays with the unit that hands over."""
    row = Row(12, (Slot(42, "kept label"), Slot(138, "kept", pad=(1.5, 1.0))))
    cells = build(document, (row,), rule=RULE)
    head(cells["kept label"], "移出方留存\n（电子备份、纸质复印件）")
    mixed(shape(cells["kept"].paragraphs[0], LEFT, line=13), "{{ kept }}")


def number_ledger() -> Any:
    """Draft 证书编号存根登记, a working sheet: every number of a block and what became of it (arts 34 to 38)."""
    widths = {
        "no": 11,
        "number": 40,
        "state": 13,
        "student": 28,
        "issued_on": 21,
        "serial": 29,
        "reason": 38,
    }
    cells = columns(definition("number_ledger", SHEETS), "rows", widths, left=("reason",))
    facts = (
        (Fact("certificate", "证书名称", 90), Fact("year", "年度", 40)),
        (Fact("unit", "使用单位", 142),),
        (Fact("range", "编号起止", 142),),
    )
    totals = (
        "合计：总数 {{ totals[0].all }}，已用 {{ totals[0].used }}，作废 {{ totals[0].voided }}，"
        "未用 {{ totals[0].free }}。　　登记人：　　　　　　　复核人：　　　　　　　"
    )
    parts = (Table("rows", cells),)
    return roster.draft(Roster("number_ledger", PORTRAIT, facts, parts, (), totals=totals, folder=SHEETS))


DRAFTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "enrolment_change_register": enrolment_change_register,
        "access_register": access_register,
        "term_change_report": term_change_report,
        "term_review": term_review,
        "archive_transfer_list": archive_transfer_list,
        "number_ledger": number_ledger,
    }
)
