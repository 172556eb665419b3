"""Loads the catalogue of forms: one folder under templates/forms is one kind of paper."""

import dataclasses
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

from templates.codes import CODE_SETS
from templates.conditions import holds, names
from templates.errors import BadForm, UnknownForm
from templates.layout import Box

FORMS = Path(__file__).parent / "forms"
MAX_CODE = 255  # the kind of paper is one byte of the QR token
_DEFINITION = "form.toml"
_TEMPLATE = "template.docx"
_EXAMPLE = "example.json"
_TYPES = ("string", "text", "date", "year_month", "code", "photo")
_SOURCES = ("student", "school", "data", "office")
_SHAPES = ("round", "square", "half")


@dataclass(frozen=True, slots=True)
class Field:
    """One item of a form.

    `source` says where its value comes from: the student's record, the school's record (both under the
    name `record`, and `data` may give them instead), the request's data, or the office (numbers).
    `words` replaces the code set's words on this form; a field that is not `printed` is only recorded.
    """

    name: str
    label: str
    type: Literal["string", "text", "date", "year_month", "code", "photo"]
    required: bool
    source: Literal["student", "school", "data", "office"]
    max: int
    code_set: str | None = None
    format: str | None = None
    key: bool = False
    sensitive: bool = False
    record: str = ""
    printed: bool = True
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)
    default: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One place of a form to be signed and sealed.

    `sign` is the role that signs, `seal` the kind of unit whose seal is pressed. `sign_label` and
    `seal_label` are what the template's `sign('id')` and `seal('id')` print; `sign_box` is measured in mm
    from the right-middle of its printed label, `seal_box` from the centre of its printed label:
    (left, top, right, bottom), to the right and downwards positive. With `machine` false a flat scan
    cannot prove the mark; `when` is the condition under which it is required.
    """

    id: str
    label: str
    required: bool
    sign: str | None = None
    seal: str | None = None
    machine: bool = True
    when: str | None = None
    shape: Literal["round", "square", "half"] = "round"
    sign_label: str = ""
    sign_box: Box | None = None
    seal_label: str = ""
    seal_box: Box | None = None
    note: str = ""

    def required_for(self, facts: Mapping[str, str]) -> bool:
        """Tell whether a paper with these facts (see `Form.facts`) needs this block."""
        return self.required if self.when is None else holds(self.when, facts)


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of paper with everything the regulation and the authority say about it."""

    name: str
    title: str
    code: int
    kind: Literal["form", "certificate"]
    articles: tuple[int, ...]
    stages: tuple[str, ...]
    size_mm: tuple[float, float]
    archive_class: str
    fields: tuple[Field, ...]
    blocks: tuple[Block, ...]
    folder: Path
    template_hash: str
    pages: int = 1
    copies: int = 1
    copies_for: tuple[str, ...] = ()
    attachment: str = ""
    attachment_note: str = ""
    evidence: tuple[str, ...] = ()
    evidence_if: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    footnotes: tuple[str, ...] = ()
    once_per: tuple[str, ...] = ()
    number_field: str | None = None
    serial_note: str = ""
    series: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def field(self, name: str) -> Field:
        """Give one field by name; raises KeyError when the form has none of this name."""
        return next((field for field in self.fields if field.name == name), None) or _absent(name)

    def block(self, name: str) -> Block:
        """Give one block by its id; raises KeyError when the form has none of this id."""
        return next((block for block in self.blocks if block.id == name), None) or _absent(name)

    def facts(self, data: Mapping[str, str]) -> dict[str, str]:
        """Give the raw data with `stage` (P J S) added when it follows from the form or from a grade."""
        stage = data.get("stage") or (self.stages[0] if len(self.stages) == 1 else "")
        grades = (data.get(field.name, "")[:1] for field in self.fields if field.code_set == "grade")
        return {**data, "stage": stage or next(grades, "")}

    @property
    def template(self) -> Path:
        """The Word template of this form."""
        return self.folder / _TEMPLATE

    @property
    def example(self) -> Path:
        """The example of this form: JSON with `student`, `school` (records), `data` and `authority`."""
        return self.folder / _EXAMPLE

    def example_data(self) -> dict[str, str]:
        """Give the raw data of the example, each value from where `source` says, or from its `data`."""
        parts = json.loads(self.example.read_text("utf-8"))
        found = {
            field.name: parts["data"].get(field.name)
            or parts.get(field.source, {}).get(field.record or field.name)
            or field.default
            for field in self.fields
        }
        return {name: value for name, value in found.items() if value}


class Catalogue:
    """All forms by name, read once from a folder of form folders."""

    def __init__(self, forms: Mapping[str, Form]) -> None:
        self.forms: Mapping[str, Form] = MappingProxyType(dict(forms))

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Read every form folder; raises BadForm naming the entry that is wrong."""
        folders = sorted(path.parent for path in (folder or FORMS).glob(f"*/{_DEFINITION}"))
        forms = {path.name: load_form(path) for path in folders}
        by_code: dict[int, str] = {}
        for form in forms.values():
            if other := by_code.get(form.code):
                raise BadForm(form.name, f"code = {form.code} 已被 {other} 使用")
            by_code[form.code] = form.name
        return cls(forms)

    def get(self, name: str) -> Form:
        """Give one form by its name; raises UnknownForm."""
        if name not in self.forms:
            raise UnknownForm(name)
        return self.forms[name]


def load_form(folder: Path) -> Form:
    """Read one form folder; raises BadForm naming the entry that is wrong."""
    name = folder.name
    definition = folder / _DEFINITION
    template = folder / _TEMPLATE
    if not template.is_file():
        raise BadForm(name, f"缺少 {_TEMPLATE}")
    source = definition.read_bytes()
    try:
        raw = tomllib.loads(source.decode())
    except ValueError as problem:
        raise BadForm(name, f"{_DEFINITION} 不是有效的 TOML（{problem}）") from problem
    raw["fields"] = tuple(_build(Field, item, name) for item in raw.pop("field", ()))
    raw["blocks"] = tuple(_build(Block, item, name) for item in raw.pop("block", ()))
    digest = hashlib.sha256(hashlib.sha256(source).digest() + template.read_bytes()).hexdigest()
    form: Form = _build(Form, {**raw, "name": name, "folder": folder, "template_hash": digest}, name)
    _check(form)
    return form


def _absent(name: str) -> Any:
    raise KeyError(name)


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    return value


def _build(kind: type[Any], raw: Mapping[str, Any], form: str) -> Any:
    known = {field.name: field for field in fields(kind)}
    label = f"{kind.__name__} {raw.get('name') or raw.get('id') or ''}".strip()
    if unknown := sorted(set(raw) - set(known)):
        raise BadForm(form, f"{label} 有不认识的项 {'、'.join(unknown)}")
    needed = {
        name for name, item in known.items() if item.default is MISSING and item.default_factory is MISSING
    }
    if missing := sorted(needed - set(raw)):
        raise BadForm(form, f"{label} 缺少 {'、'.join(missing)}")
    return kind(**{name: _frozen(value) for name, value in raw.items()})


def _check(form: Form) -> None:
    """Refuse what would only be noticed on paper: doubled names, wrong words, conditions, boxes."""
    listed = [field.name for field in form.fields]
    for wrong, what in (
        (len(set(listed)) != len(listed), "有重名的 field"),
        (len({block.id for block in form.blocks}) != len(form.blocks), "有重名的 block"),
        (form.kind not in {"form", "certificate"}, "kind 只能是 form 或 certificate"),
        (not 0 < form.code <= MAX_CODE, f"code 须在 1–{MAX_CODE} 之间"),
        (len(form.size_mm) != 2, "size_mm 须是宽、高两个数"),
        (form.number_field not in {None, *listed}, "number_field 不是本表的 field"),
    ):
        if wrong:
            raise BadForm(form.name, what)
    for field in form.fields:
        _check_field(form, field)
    for block in form.blocks:
        _check_block(form, block)
    _check_conditions(form)


def _check_field(form: Form, field: Field) -> None:
    for wrong, what in (
        (not field.name.isidentifier(), "名称须是英文标识符"),
        (field.type not in _TYPES, "type 不对"),
        (field.source not in _SOURCES, "source 不对"),
        (field.max <= 0, "max 须大于 0"),
        ((field.type == "code") != (field.code_set is not None), "type = code 与 code_set 须同时出现"),
        (field.code_set is not None and field.code_set not in CODE_SETS, "code_set 不在代码表中"),
    ):
        if wrong:
            raise BadForm(form.name, f"field {field.name}：{what}")


def _check_block(form: Form, block: Block) -> None:
    for wrong, what in (
        (block.sign is None and block.seal is None, "sign 与 seal 至少有一项"),
        (block.shape not in _SHAPES, "shape 不对"),
        ((block.sign_box is None) != (not block.sign_label), "sign_label 与 sign_box 须同时出现"),
        ((block.seal_box is None) != (not block.seal_label), "seal_label 与 seal_box 须同时出现"),
        (block.sign_box is None and block.seal_box is None, "sign_box 与 seal_box 至少有一项"),
        (any(_crooked(box) for box in (block.sign_box, block.seal_box)), "box 须是 左、上、右、下"),
    ):
        if wrong:
            raise BadForm(form.name, f"block {block.id}：{what}")


def _crooked(box: Any) -> bool:
    return box is not None and (len(box) != 4 or box[0] >= box[2] or box[1] >= box[3])


def _check_conditions(form: Form) -> None:
    known = {field.name for field in form.fields} | {"stage"}
    for condition in (*form.evidence_if, *(block.when for block in form.blocks if block.when)):
        try:
            asked = names(condition)
        except ValueError as problem:
            raise BadForm(form.name, f"条件“{condition}”写法不对") from problem
        if strange := sorted(set(asked) - known):
            raise BadForm(form.name, f"条件“{condition}”里的 {'、'.join(strange)} 不是本表的 field")
