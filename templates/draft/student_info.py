"""Drafts the 学生基本信息表 (附件6): two pages, items numbered 1 to 50, ★ on those that must be filled in."""

from typing import Any

from docx.shared import Mm

from templates.draft import signing
from templates.draft.cells import label, upright, value
from templates.draft.corners import mark
from templates.draft.grid import Row, Slot, build
from templates.draft.heads import Wide, foot, head, page_number
from templates.draft.paper import LEFT, new, shape
from templates.draft.photo import SIZE_MM, frame
from templates.draft.portrait import PAGE, RULE, band_rows, fill
from templates.draft.spec import BAND_MM, INNER_MM, Band, Line, Named, Part, Place, PlaceRow, named

_FORM = "student_info"
_MARGIN, _TOP = 15.0, 12.5  # mm; the head stands in the page header, on both pages
_ROW, _LOW, _MEMBER_ROW, _CAPTION = 8.9, 8.6, 9.0, 7.0
_PHOTO_MM = 34.0
# Labels that would break in the middle of a word.
_BROKEN = {
    "身份证件类型": "身份证件\n类型",
    "身份证件有效期": "身份证件\n有效期",
    "是否烈士或优抚子女": "是否烈士\n或优抚子女",
    "是否需要乘坐校车": "是否需要\n乘坐校车",
}
# Beside the photo two values in a row of 136 mm, below it two or three in 170 mm: the widths of label, value.
_BESIDE = (26.0, 42.0)
_TWO = (26.0, 59.0)
_ONE = (26.0, 144.0)
_THREE = (32.0, 74.0 / 3)
_IDENTITY = (
    ("student_name", "sex"),
    ("birth_date", "birth_place"),
    ("native_place", "ethnic"),
    ("country", "id_type"),
    ("id_number", "hmt"),
    ("political", "health"),
)
_FURTHER = (("name_pinyin", "former_name"), ("id_valid", "hukou_division"), ("hukou", "specialty"))
_SCHOOL = (
    ("local_no", "class_seat_no"),
    ("grade", "class_no"),
    ("entry_month", "entry_way"),
)
_ADDRESSES = ("address_now", "address_mail", "address_home")
_CONTACT = (("phone", "postcode"), ("email", "homepage"))
_CIRCUMSTANCES = (
    ("only_child", "preschool", "left_behind"),
    ("migrant_child", "orphan", "martyr_child"),
    ("inclusive", "disability", "bought_place"),
    ("aid_needed", "aid_got", "commute_km"),
)
# The rows of one member: columns with the widths of label and value, 170 mm in all.
_MEMBER = (
    (("member_name", 16, 50), ("member_relation", 12, 18), ("member_relation_note", 16, 58)),
    (("member_phone", 16, 50), ("is_guardian", 22, 18), ("member_ethnic", 16, 48)),
    (("member_id_type", 16, 38), ("member_id", 18, 42), ("member_hukou_division", 18, 38)),
    (("member_address", 16, 154),),
    (("member_unit", 16, 70), ("member_duty", 16, 68)),
)
_MEMBERS = 2
_SIGN_MM, _SEAL_MM = 26.0, 45.0
_PLACES = (
    PlaceRow(
        (
            Place("guardian", "以上信息经核对无误。", "家长\n确认签字", "家长（监护人）"),
            Place("student", "", "学生签字"),
        ),
        _SIGN_MM,
    ),
    PlaceRow((Place("teacher", ""), Place("registrar", "", "学籍管理员\n录入")), _SIGN_MM),
    PlaceRow((Place("leader", heading="学校学籍\n主管领导审核"),), _SEAL_MM),
)


def draft() -> Any:
    """Draft the template and give the python-docx document."""
    names = named(_FORM)
    document = new(*PAGE, (_MARGIN, _TOP, _MARGIN, 7.0), names.title)
    _head(document.sections[0], names.title)
    _first(document, names)
    second = shape(document.add_paragraph(), line=1, exact=True)
    second.paragraph_format.page_break_before = True
    _second(document, names)
    shape(document.add_paragraph(), line=3, exact=True)
    foot(document)
    return document


def _head(section: Any, title: str) -> None:
    section.header_distance = Mm(_TOP)
    header = section.header
    mark(shape(header.paragraphs[0], line=1, exact=True), PAGE)
    cells = head(Wide(header, PAGE[0] - 2 * _MARGIN), title)
    page_number(shape(cells["attachment"].add_paragraph(), LEFT, before=2))


def _first(document: Any, names: Named) -> None:
    """Items 1 to 49: who the pupil is, the school's own items, how to reach the family, circumstances."""
    bands = (
        Band("辅助信息", tuple(_line(names, row, _TWO) for row in _FURTHER)),
        Band("学籍信息", (*(_line(names, row, _TWO) for row in _SCHOOL), _roll(names))),
        Band(
            "联系方式",
            (
                *(_line(names, (name,), _ONE) for name in _ADDRESSES),
                *(_line(names, row, _TWO) for row in _CONTACT),
            ),
        ),
        Band("扩展信息", (*(_line(names, row, _THREE, _LOW) for row in _CIRCUMSTANCES), _way(names))),
    )
    basic = Band("基本信息", tuple(_line(names, row, _BESIDE) for row in _IDENTITY))
    photo = Slot(_PHOTO_MM, "photo", pad=(0.0, 0.0))
    top = [Row(row.height, (*row.slots, photo)) for row in band_rows(basic, 2 * sum(_BESIDE))]
    cells = build(document, [*top, *(row for band in bands for row in band_rows(band))], rule=RULE)
    for band in (basic, *bands):
        fill(cells, band, names)
    label(cells["photo"], _named(names, "photo"), _PHOTO_MM)
    frame(cells["photo"], left=(_PHOTO_MM - SIZE_MM[0]) / 2)
    shape(cells["photo"].paragraphs[-1], line=1, exact=True)


def _second(document: Any, names: Named) -> None:
    """Item 50: two members of the family; then the signatures."""
    caption = Row(_CAPTION, (Slot(BAND_MM + INNER_MM, "members"),))
    members = [row for number in range(_MEMBERS) for row in _member_rows(number)]
    cells = build(document, [caption, *members, *signing.rows(_PLACES, names)], rule=RULE)
    label(cells["members"], _named(names, "members"), INNER_MM)
    for number in range(_MEMBERS):
        _fill_member(cells, number, names)
    for row in _PLACES:
        signing.fill(cells, row, names)


def _roll(names: Named) -> Line:
    """The last row of the school's items, with the number that is only known when the record is made."""
    attend, source = _named(names, "attend_way"), _named(names, "source")
    number = Part("student_no", 22, 52, "学籍号\n（建籍后回填）")
    return Line((Part("attend_way", 26, 22, attend), Part("source", 26, 22, source), number), _ROW)


def _way(names: Named) -> Line:
    """The way to school, and the blood group."""
    widths = {"commute": (32, 46), "school_bus": (32, 16), "blood": (20, 24)}
    return Line(tuple(Part(name, *mm, _named(names, name)) for name, mm in widths.items()), _LOW)


def _line(names: Named, fields: tuple[str, ...], widths: tuple[float, float], height: float = _ROW) -> Line:
    return Line(tuple(Part(name, *widths, _named(names, name)) for name in fields), height)


def _named(names: Named, name: str) -> str:
    """Give an item's label as the form prints it: ★ when it must be filled in, its number, its words."""
    field = names.fields[name]
    star = "★" if field["required"] or field["type"] == "photo" else ""
    return f"{star}{field['item']}.{_broken(field['label'])}"


def _broken(text: str) -> str:
    return _BROKEN.get(text, text)


def _member_rows(number: int) -> list[Row]:
    made = []
    for columns in _MEMBER:
        slots = [
            Slot(BAND_MM, f"member {number}", upright=True, pad=(0.0, 0.0)),
        ]
        for name, label_mm, value_mm in columns:
            slots.append(Slot(label_mm, f"{number} {name} label", pad=(0.3, 0.2)))
            slots.append(Slot(value_mm, f"{number} {name}", pad=(1.2, 0.4)))
        made.append(Row(_MEMBER_ROW, tuple(slots)))
    return made


def _fill_member(cells: dict[str, Any], number: int, names: Named) -> None:
    upright(cells[f"member {number}"], f"成员{'一二'[number]}", len(_MEMBER) * _MEMBER_ROW)
    columns = {column["name"]: column for column in names.fields["members"]["column"]}
    for name, label_mm, _ in (part for row in _MEMBER for part in row):
        star = "★" if columns[name]["required"] else ""
        label(cells[f"{number} {name} label"], star + _broken(columns[name]["label"]), label_mm)
        value(cells[f"{number} {name}"], f"members[{number}].{name}")
