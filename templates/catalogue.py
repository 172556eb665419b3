"""Loads the catalogue of forms: one folder under templates/forms is one kind of paper."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from templates import wellformed
from templates.errors import BadForm, UnknownForm
from templates.form import DEFINITION, TEMPLATE, Block, Field, Form
from templates.wellformed import MAX_CODE, MAX_PAGES

__all__ = (
    "FORMS",
    "MAX_CODE",
    "MAX_PAGES",
    "SHEETS",
    "Block",
    "Catalogue",
    "Field",
    "Form",
    "hash_of",
    "load_form",
)

FORMS = Path(__file__).parent / "forms"
SHEETS = Path(__file__).parent / "sheets"  # the office's own working sheets: no official papers


class Catalogue:
    """All forms by name, read once from a folder of form folders."""

    def __init__(self, forms: Mapping[str, Form]) -> None:
        self.forms: Mapping[str, Form] = MappingProxyType(dict(forms))

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Read every form folder; raises BadForm naming the entry that is wrong."""
        folders = sorted(path.parent for path in (folder or FORMS).glob(f"*/{DEFINITION}"))
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
    template = folder / TEMPLATE
    if not template.is_file():
        raise BadForm(name, f"缺少 {TEMPLATE}")
    source = (folder / DEFINITION).read_bytes()
    try:
        raw = tomllib.loads(source.decode())
    except ValueError as problem:
        raise BadForm(name, f"{DEFINITION} 不是有效的 TOML（{problem}）") from problem
    raw["fields"] = tuple(_field(item, name) for item in raw.pop("field", ()))
    raw["blocks"] = tuple(_build(Block, item, name) for item in raw.pop("block", ()))
    digest = _hash(source, template.read_bytes())
    form: Form = _build(Form, {**raw, "name": name, "folder": folder, "template_hash": digest}, name)
    wellformed.check(form)
    return form


def hash_of(form: Form, docx: bytes) -> str:
    """Give the hash of a form printed from this template: its definition and the Word file together."""
    return _hash((form.folder / DEFINITION).read_bytes(), docx)


def _hash(definition: bytes, docx: bytes) -> str:
    return hashlib.sha256(hashlib.sha256(definition).digest() + docx).hexdigest()


def _field(raw: dict[str, Any], form: str) -> Field:
    columns = tuple(_build(Field, item, form) for item in raw.pop("column", ()))
    made: Field = _build(Field, {**raw, "columns": columns} if columns else raw, form)
    return made


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
