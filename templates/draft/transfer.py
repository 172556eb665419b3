"""Drafts the 山西省中小学生转学申请表 (附件8): A4 portrait, one page, ruled, six places to sign."""

from typing import Any

from templates.draft.corners import mark
from templates.draft.grid import Row, Slot, build
from templates.draft.paper import CENTRE, KAI, LEFT, RIGHT, SONG, new, shape, write

PAGE = (210.0, 297.0)
_MARGIN = 15.0
_RULE = "0.5 404040"
_BAND, _ROW, _PLACE = 10.0, 7.4, 44.5
_DATE = "年　　月　　日"
_LABEL_PT, _VALUE_PT = 9.5, 10.0
# One entry per row: (label, field, width of the label, width of the value) … in mm; 170 mm in all.
_PART = tuple[str, str, float, float]
_BANDS: tuple[tuple[str, tuple[tuple[float, tuple[_PART, ...]], ...]], ...] = (
    (
        "学生信息",
        (
            (
                _ROW,
                (
                    ("姓名", "student_name", 16, 46),
                    ("性别", "sex", 10, 9),
                    ("民族", "ethnic", 10, 14),
                    ("出生日期", "birth_date", 18, 47),
                ),
            ),
            (
                _ROW,
                (
                    ("学籍号", "student_no", 16, 46),
                    ("身份证件\n类型", "id_type", 18, 25),
                    ("身份证件\n号码", "id_number", 18, 47),
                ),
            ),
            (
                _ROW,
                (
                    ("入学年月", "entry_month", 16, 46),
                    ("学籍状态", "roll_state", 18, 25),
                    ("是否已参加\n学业水平考试", "exam_taken", 18, 47),
                ),
            ),
        ),
    ),
    (
        "监护人",
        (
            (
                _ROW,
                (
                    ("姓名", "guardian_name", 16, 46),
                    ("与学生关系", "guardian_relation", 18, 25),
                    ("联系电话", "guardian_phone", 18, 47),
                ),
            ),
            (_ROW, (("身份证件\n号码", "guardian_id", 16, 46), ("现住址", "address_now", 18, 90))),
        ),
    ),
    (
        "转学信息",
        (
            (
                _ROW,
                (
                    ("转出学校", "out_school", 16, 64),
                    ("标识码", "out_school_code", 13, 25),
                    ("现就读年\n级、班级", "out_grade_class", 15, 37),
                ),
            ),
            (
                _ROW,
                (
                    ("转入学校", "in_school", 16, 64),
                    ("标识码", "in_school_code", 13, 25),
                    ("转入年级", "in_grade", 15, 37),
                ),
            ),
            (_ROW, (("原户籍\n所在地", "hukou_old", 16, 64), ("现户籍/\n务工所在地", "hukou_new", 18, 72))),
            (_ROW, (("转学原因", "reason_code", 16, 154),)),
            (10.0, (("转学理由", "reason", 16, 154),)),
        ),
    ),
)
# id, the two lines of the upright heading, what the signer is asked to write or confirm, what stands before 签名
_PLACES = (
    ("apply", "监护人申请", "本人申请转学。以上内容及所附证明材料真实有效，并已知悉本表说明。", "监护人"),
    ("out_school", "转出学校意见", "意见：", "校长"),
    ("in_school", "转入学校意见", "意见：", "校长"),
    ("out_auth", "转出学校学籍\n主管部门审批", "意见：", "负责人"),
    ("in_auth", "转入学校学籍\n主管部门审批", "意见：", "负责人"),
    ("city", "市教育局审批\n（普通高中）", "意见：", "负责人"),
)


def draft() -> Any:
    """Draft the template and give the python-docx document."""
    document = new(*PAGE, (_MARGIN, 13.0, _MARGIN, 7.0), "山西省中小学生转学申请表")
    mark(document.sections[0].header.paragraphs[0], PAGE)
    _head(document)
    rows = [*_field_rows(), *_place_rows()]
    cells = build(document, rows, rule=_RULE)
    for band, lines in _BANDS:
        _upright(cells[band], band)
        for _, parts in lines:
            for label, name, _, _ in parts:
                _label(cells[f"{name} label"], label)
                shape(cells[name].paragraphs[0], LEFT, line=11.5, exact=True)
                write(cells[name].paragraphs[0], f"{{{{ {name} }}}}", KAI, _VALUE_PT)
    for place in _PLACES:
        _place(cells, *place)
    _foot(document)
    return document


def _head(document: Any) -> None:
    cells = build(
        document,
        (
            Row(
                35,
                (
                    Slot(38, "attachment", middle=False),
                    Slot(104, "title"),
                    Slot(38, "code", middle=False, pad=(0.0, 0.0)),
                ),
            ),
        ),
    )
    write(shape(cells["attachment"].paragraphs[0], LEFT, before=2), "附件8", SONG, 12)
    write(shape(cells["title"].paragraphs[0], CENTRE), "山西省中小学生转学申请表", SONG, 19, bold=True, gap=1)
    shape(cells["code"].paragraphs[0], CENTRE).add_run("{{ code }}")
    serial = shape(cells["code"].add_paragraph(), CENTRE)
    write(serial, "编号 {{ serial }}", SONG, 8)
    shape(document.add_paragraph(), line=2, exact=True)


def _field_rows() -> list[Row]:
    rows = []
    for band, lines in _BANDS:
        for height, parts in lines:
            slots = [Slot(_BAND, band, upright=True, pad=(0.0, 0.0))]
            for _, name, label, value in parts:
                slots += [Slot(label, f"{name} label", pad=(0.3, 0.2)), Slot(value, name, pad=(1.2, 0.4))]
            rows.append(Row(height, tuple(slots)))
    return rows


def _place_rows() -> list[Row]:
    rows = []
    for pair in zip(_PLACES[::2], _PLACES[1::2], strict=True):
        slots: list[Slot] = []
        for name, *_ in pair:
            slots.append(Slot(_BAND, f"{name} heading", upright=True, pad=(0.0, 0.0)))
            if name == "apply":
                slots.append(Slot(80, f"{name} text", middle=False, pad=(1.5, 1.5)))
                continue
            slots.append(Slot(36, f"{name} text", middle=False, edges="right 0 auto", pad=(1.5, 1.5)))
            slots.append(Slot(44, f"{name} seal", middle=False, edges="left 0 auto", pad=(1.5, 1.5)))
        rows.append(Row(_PLACE, tuple(slots)))
    return rows


def _upright(cell: Any, text: str) -> None:
    for number, line in enumerate(text.split("\n")):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        write(shape(paragraph, CENTRE, line=12, exact=True), line, SONG, _LABEL_PT)


def _label(cell: Any, text: str) -> None:
    lines = text.split("\n")
    for number, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        small = len(lines) > 1
        shape(paragraph, CENTRE, line=9.5 if small else 11.5, exact=True)
        write(paragraph, line, SONG, 8.0 if small else _LABEL_PT)


def _place(cells: dict[str, Any], name: str, heading: str, asked: str, signer: str) -> None:
    _upright(cells[f"{name} heading"], heading)
    text = cells[f"{name} text"]
    write(shape(text.paragraphs[0], LEFT, line=14, after=34), asked, SONG, 9)
    write(shape(text.add_paragraph(), LEFT, line=13), signer, SONG, _LABEL_PT)
    write(shape(text.add_paragraph(), LEFT, line=13), f"{{{{ sign('{name}') }}}}", SONG, _LABEL_PT)
    if name == "apply":
        write(shape(text.add_paragraph(), RIGHT, before=18, line=13), _DATE, SONG, _LABEL_PT)
        return
    seal = cells[f"{name} seal"]
    paragraph = shape(seal.paragraphs[0], CENTRE, before=54, line=13, after=36)
    write(paragraph, f"{{{{ seal('{name}') }}}}", SONG, _LABEL_PT)
    write(shape(seal.add_paragraph(), RIGHT, line=13), _DATE, SONG, _LABEL_PT)


def _foot(document: Any) -> None:
    lines = (
        "说明：1．转学不得变更就读年级；原则上学期中及毕业年级不办理转学。",
        "　　　2．审核同意后10个工作日内完成学籍转接，转出学校一个月内办结学籍档案移交。",
        "　　　3．本表一式4份，转出学校、转入学校、转出学校学籍主管部门、转入学校学籍主管部门各一份；二维码上不得盖章。",
    )
    for number, text in enumerate(lines):
        write(shape(document.add_paragraph(), LEFT, before=3 if number == 0 else 0, line=11), text, SONG, 8)
