"""Refuses a form definition that would only be noticed as wrong on paper."""

from collections.abc import Iterable, Sequence
from typing import Any, get_args

from templates.codes import CODE_SETS
from templates.conditions import names
from templates.errors import BadForm
from templates.form import Block, Field, Form, Kind, Subject, Type

MAX_CODE = 255  # the kind of paper is one byte of the QR token
MAX_PAGES = 250  # so is the page number; a roster of 2000 rows has 100 pages
MAX_ROWS = 5000
_SOURCES = ("student", "school", "data", "office")
_SHAPES = ("round", "square", "half")
_FILES = {"student_file", "school_file"}
# A template says `{{ code }}`, `{{ seal('…') }}`; a field of that name would hide it.
RESERVED = frozenset({"plain", "raw", "row", "text", "code", "footnotes", "seal", "sign", "serial", "title"})
RESERVED |= {"attachment", "authority", "copies_note", "school", "total"}


def check(form: Form) -> None:
    """Raise BadForm for doubled names, unknown words, conditions and boxes that say nothing."""
    listed = [field.name for field in form.fields]
    _refuse(
        form,
        "",
        (
            (_doubled(listed), "有重名的 field"),
            (_doubled([block.id for block in form.blocks]), "有重名的 block"),
            (form.kind not in get_args(Kind), f"kind 只能是 {'、'.join(get_args(Kind))}"),
            (form.subject not in get_args(Subject), f"subject 只能是 {'、'.join(get_args(Subject))}"),
            (not 0 < form.code <= MAX_CODE, f"code 须在 1–{MAX_CODE} 之间"),
            (not 0 <= form.pages <= MAX_PAGES, f"pages 须在 0–{MAX_PAGES} 之间（0 为页数不定）"),
            (len(form.size_mm) != 2, "size_mm 须是宽、高两个数"),
            (form.number_field not in {None, *listed}, "number_field 不是本表的 field"),
            (not _FILES.issuperset(form.archive_to), f"archive_to 只能是 {'、'.join(sorted(_FILES))}"),
            (form.access not in {"", "restricted"}, "access 只能是 restricted 或不写"),
            (not all(name.isidentifier() for name in form.texts), "texts 的名称须是英文标识符"),
        ),
    )
    for field in form.fields:
        _check_field(form, field)
    for block in form.blocks:
        _check_block(form, block)
    _check_conditions(form)


def _check_field(form: Form, field: Field) -> None:
    table = field.type == "table"
    _refuse(
        form,
        f"field {field.name}：",
        (
            *_item(field),
            (field.name in RESERVED, "这个名称是模板的保留字，请换一个"),
            (table != bool(field.columns), "type = table 与 column 须同时出现"),
            (field.type == "map" and field.printed, "type = map 只登记不打印，须写 printed = false"),
            (field.blank, "blank 只用于表格的列"),
            (_doubled([column.name for column in field.columns]), "有重名的 column"),
            (
                not 0 <= field.min_rows <= field.max_rows <= MAX_ROWS,
                f"行数须 min_rows ≤ max_rows ≤ {MAX_ROWS}",
            ),
        ),
    )
    for column in field.columns:
        _refuse(
            form,
            f"field {field.name} 的 column {column.name}：",
            (
                *_item(column),
                (column.type in {"table", "map"}, "列不能是 table 或 map"),
                (column.source != "data", "列不写 source"),
                (column.blank and column.required, "手填的列（blank）不能必填"),
            ),
        )


def _item(field: Field) -> tuple[tuple[bool, str], ...]:
    return (
        (not field.name.isidentifier(), "名称须是英文标识符"),
        (field.type not in get_args(Type), "type 不对"),
        (field.source not in _SOURCES, "source 不对"),
        (field.max <= 0, "max 须大于 0"),
        (
            field.type != "map" and (field.type == "code") != (field.code_set is not None),
            "type = code 与 code_set 须同时出现",
        ),
        (field.code_set is not None and field.code_set not in CODE_SETS, "code_set 不在代码表中"),
        (not CODE_SETS.keys() >= set(field.code_set_if.values()), "code_set_if 的代码集不在代码表中"),
        (bool(field.code_set_if) and field.code_set is None, "code_set_if 须与 code_set 同时出现"),
    )


def _check_block(form: Form, block: Block) -> None:
    _refuse(
        form,
        f"block {block.id}：",
        (
            (block.sign is None and block.seal is None, "sign 与 seal 至少有一项"),
            (block.shape not in _SHAPES, "shape 不对"),
            ((block.sign_box is None) != (not block.sign_label), "sign_label 与 sign_box 须同时出现"),
            ((block.seal_box is None) != (not block.seal_label), "seal_label 与 seal_box 须同时出现"),
            (block.sign_box is None and block.seal_box is None, "sign_box 与 seal_box 至少有一项"),
            (any(_crooked(box) for box in (block.sign_box, block.seal_box)), "box 须是 左、上、右、下"),
        ),
    )


def _crooked(box: Any) -> bool:
    return box is not None and (len(box) != 4 or box[0] >= box[2] or box[1] >= box[3])


def _check_conditions(form: Form) -> None:
    known = {field.name for field in form.fields} | {"stage"}
    asking = [condition for field in form.fields for condition in field.code_set_if]
    asking += [block.when for block in form.blocks if block.when]
    for condition in (*form.evidence_if, *asking):
        try:
            asked = names(condition)
        except ValueError as problem:
            raise BadForm(form.name, f"条件“{condition}”写法不对") from problem
        if strange := sorted(set(asked) - known):
            raise BadForm(form.name, f"条件“{condition}”里的 {'、'.join(strange)} 不是本表的 field")


def _doubled(listed: Sequence[str]) -> bool:
    return len(set(listed)) != len(listed)


def _refuse(form: Form, where: str, tests: Iterable[tuple[bool, str]]) -> None:
    for wrong, what in tests:
        if wrong:
            raise BadForm(form.name, where + what)
