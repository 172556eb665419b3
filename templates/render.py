"""The one door of this package: a form and its data become a printed, described and proved paper."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from templates import code, describe, pdfa, places
from templates.catalogue import Catalogue, Form
from templates.errors import DoesNotFit, GlyphMissing, ValueRefused
from templates.fonts import Fonts
from templates.layout import Layout
from templates.libreoffice import Converter
from templates.sandbox import MarkFunction, Shown
from templates.word import Filled, Template
from templates.wording import asides, printed

# When a paper comes out too long, the values that need more than one line are tried smaller, in two steps.
SHRINK_STEPS = (1.0, 0.88, 0.76)
SMALLEST_PT = 6.5  # below this a 200 dpi scan of 龘 cannot be read; nothing is set smaller
_TEMPLATES_KEPT = 64  # compiled templates in memory: one per form, template version and QR size
_FORBIDDEN = {
    "Cc": "含有控制字符",
    "Cf": "含有不可见字符",
    "Cs": "编码损坏",
    "Co": "含有自造字（私用区字符）",
}
_SERIAL_GROUPS = (4, 8)
_SERIAL_LENGTH = 13


@dataclass(frozen=True, slots=True)
class Order:
    """What to print: raw `data` (codes, ISO dates) by field name, the serial, the QR code's text.

    `furniture` gives further names a template may print, such as `authority`.
    """

    form: Form
    data: Mapping[str, str]
    serial: str
    code_text: str
    furniture: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished paper: PDF/A-2b and .docx bytes, where everything stands, and what was used to make it."""

    pdf: bytes
    docx: bytes
    layout: Layout
    facts: dict[str, str]
    template_hash: str
    font_hashes: dict[str, str]
    pages: int
    tier: int = 2


class Printer:
    """Prints orders with LibreOffice; safe to share between threads."""

    def __init__(self, catalogue: Catalogue, converter: Converter, fonts: Fonts) -> None:
        self._catalogue = catalogue
        self._converter = converter
        self._fonts = fonts
        self._templates: dict[tuple[str, int], Template] = {}

    def print(self, order: Order) -> Printed:
        """Print one paper and prove it before answering.

        Raises ValueRefused, GlyphMissing, TemplateRefused, CodeUnreadable, DoesNotFit, ValueNotPrinted,
        PdfRefused, ConverterBusy, ConverterFailed; then nothing may be issued.
        """
        form = order.form
        facts = {name: clean(form, name, text) for name, text in printed(form, order.data).items()}
        furniture = _furniture(order)
        for name, text in {**facts, **furniture}.items():
            if missing := self._fonts.missing(text):
                raise GlyphMissing(name, missing)
        drawn = code.draw(order.code_text)
        template = self._template(form, drawn)
        filled = template.fill(_context(order, facts, furniture), drawn.png)
        raw, docx, sheet = self._fit(form, filled)
        layout = describe.layout(form, order.data, filled.marks, sheet, drawn)
        pdf = pdfa.finish(raw, {mark.number: mark.colour for mark in filled.marks}, form.title)
        describe.prove(
            pdf,
            form=form,
            facts=facts,
            furniture=furniture,
            marks=filled.marks,
            described=layout,
            code_text=order.code_text,
        )
        hashes = dict(self._fonts.hashes)
        return Printed(pdf, docx, layout, facts, form.template_hash, hashes, len(layout.pages))

    def _template(self, form: Form, drawn: code.Drawn) -> Template:
        """Compile a form's template once per version and QR size."""
        key = (form.template_hash, drawn.modules)
        if key not in self._templates:
            if len(self._templates) >= _TEMPLATES_KEPT:
                self._templates.clear()
            self._templates[key] = Template(form.template.read_bytes(), drawn, form.title)
        return self._templates[key]

    def _fit(self, form: Form, filled: Filled) -> tuple[bytes, bytes, places.Sheet]:
        """Convert, and again with smaller long values, until the paper has its pages and nothing is cut."""
        first: places.Sheet | None = None
        for step in SHRINK_STEPS:
            if first is not None:
                filled.resize(_smaller(filled, first, step))
            answer = self._converter.submit(filled.marked())
            docx = filled.plain()  # made while LibreOffice works
            pdf = self._converter.result(answer)
            sheet = places.read(pdf, len(filled.marks))
            cut = describe.cut(form, filled.marks, sheet)
            if len(sheet.pages) == form.pages and not cut:
                return pdf, docx, sheet
            first = first or sheet
        raise DoesNotFit(cut, len(sheet.pages), form.pages)


def rehearse(form: Form, code_text: str) -> None:
    """Fill a form's template with its example, all but LibreOffice: what `forms lint` proves of a folder.

    Raises TemplateRefused, ValueRefused and CodeUnreadable as `Printer.print` would.
    """
    data = form.example_data() if form.example.is_file() else {}
    order = Order(form, data, serial="0" * _SERIAL_LENGTH, code_text=code_text)
    facts = {name: clean(form, name, text) for name, text in printed(form, data).items()}
    drawn = code.draw(code_text)
    template = Template(form.template.read_bytes(), drawn, form.title)
    template.fill(_context(order, facts, _furniture(order)), drawn.png)


def clean(form: Form, name: str, text: str) -> str:
    """Give the text of a field as it may be printed: NFC, single line breaks in type `text` only.

    Raises ValueRefused for control, invisible and private-use characters, and line breaks elsewhere.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    lines_allowed = form.field(name).type == "text"
    for char in text:
        if char == "\n" and lines_allowed:
            continue
        if why := _FORBIDDEN.get(unicodedata.category(char)):
            raise ValueRefused(name, "含有换行" if char == "\n" else why)
    return text


def grouped(serial: str) -> str:
    """Write a serial in groups as people read it: XXXX-XXXX-XXXXX."""
    bare = serial.replace("-", "")
    first, second = _SERIAL_GROUPS
    return "-".join(part for part in (bare[:first], bare[first:second], bare[second:]) if part)


def _furniture(order: Order) -> dict[str, str]:
    form = order.form
    own = {"serial": grouped(order.serial), "title": form.title, "attachment": form.attachment}
    return {"authority": "", **order.furniture, **own}


def _context(order: Order, facts: Mapping[str, str], furniture: Mapping[str, str]) -> dict[str, Any]:
    form = order.form
    seals = {block.id: block.seal_label for block in form.blocks if block.seal_label}
    signs = {block.id: block.sign_label for block in form.blocks if block.sign_label}
    return {
        **asides(form, order.data),
        **{name: Shown(text, "furniture", name) for name, text in furniture.items()},
        **{name: Shown(text, "value", name) for name, text in facts.items()},
        "seal": MarkFunction("seal", seals),
        "sign": MarkFunction("sign", signs),
    }


def _smaller(filled: Filled, first: places.Sheet, step: float) -> dict[int, int]:
    """Choose sizes in half points: values of several lines when there are any, else all values."""
    sizes = {spot.mark: spot.size_pt for spot in first.spots}
    values = {mark.number for mark in filled.marks if mark.kind == "value"} & set(sizes)
    long = {spot.mark for spot in first.spots if len(spot.lines) > 1 or spot.clipped} & values
    return {
        mark: round(2 * max(min(SMALLEST_PT, sizes[mark]), sizes[mark] * step)) for mark in long or values
    }
