"""The one door of this package: a form and its data become a printed, described and proved paper."""

from collections import Counter
from collections.abc import Mapping, Sequence

from templates import code, describe, naming, pdfa, pieces, places
from templates.catalogue import MAX_PAGES, Catalogue, Form
from templates.characters import clean
from templates.errors import CodeUnreadable, ConverterFailed, DoesNotFit, GlyphMissing, TooManyPages
from templates.fonts import Fonts
from templates.libreoffice import Converter
from templates.naming import grouped
from templates.order import MarkAt, Order, Printed, TemplateSource
from templates.word import Filled, Template
from templates.wording import printed

__all__ = ("MarkAt", "Order", "Printed", "Printer", "TemplateSource", "clean", "grouped", "rehearse")

# When a paper comes out too long, the values that need more than one line are tried smaller, step by step.
SHRINK_STEPS = (1.0, 0.88, 0.76, 0.64, 0.56)
# On a pre-printed blank nobody can widen a gap: there each value that is too long shrinks by itself, step by step.
BLANK_STEP, BLANK_STEPS = 0.87, 7
SMALLEST_PT = 6.5  # below this a 200 dpi scan of 龘 cannot be read; nothing is set smaller
CONVERSIONS = 3  # in which a word must come out once; the fault is one of chance, never of the document
_TEMPLATES_KEPT = 64  # compiled templates in memory: one per form, template version and QR size
_NAMED = 5  # values that are named when a paper is too long as a whole
_SERIAL_LENGTH = 13


class Printer:
    """Prints orders with LibreOffice; safe to share between threads."""

    def __init__(self, catalogue: Catalogue, converter: Converter, fonts: Fonts) -> None:
        self._catalogue = catalogue
        self._converter = converter
        self.fonts = fonts
        self._templates: dict[tuple[str, int], Template] = {}

    def print(self, order: Order) -> Printed:
        """Print one paper and prove it before answering.

        Raises ValueRefused, GlyphMissing, TemplateRefused, CodeUnreadable, DoesNotFit, ValueNotPrinted,
        PdfRefused, ConverterBusy, ConverterFailed; then nothing may be issued.
        """
        form = order.form
        facts = cleaned(form, printed(form, order.data))
        furniture = naming.furnished(order)
        self._prove_glyphs(order, facts, furniture)
        photos = tuple(naming.photos(order))
        texts = self._codes(order, form.pages or 1)
        drawn = code.draw(texts[0])
        source = order.template or TemplateSource(form.template.read_bytes(), form.template_hash)
        special = self.fonts.special("".join((*facts.values(), *furniture.values())))
        filled = self._template(source, drawn, form.title).fill(
            naming.context(order, facts, furniture, photos), drawn.png, photos, special
        )
        raw, docx, sheet = self._fit(order, filled)
        if len(sheet.pages) != len(texts):
            texts = self._codes(order, len(sheet.pages))
            filled.recode(code.draw(texts[0]).png)
            docx = filled.plain()
        codes = [code.draw(text) for text in texts]
        if {one.pixels for one in codes} != {drawn.pixels}:
            raise CodeUnreadable("各页二维码大小不一")
        layout = describe.layout(order, filled.marks, sheet, drawn, photos)
        pdf = pdfa.finish(raw, {mark.tint: mark.colour for mark in filled.marks}, form.title, codes)
        describe.prove(
            pdf,
            form=form,
            facts=facts,
            furniture=furniture,
            marks=filled.marks,
            described=layout,
            codes=texts,
            apart=pieces.pieces(facts, order.rooms),
        )
        self._prove_special(pdf, facts, special)
        hashes = dict(self.fonts.hashes)
        return Printed(pdf, docx, layout, facts, source.hash, hashes, len(layout.pages), texts)

    def _codes(self, order: Order, pages: int) -> tuple[str, ...]:
        texts = tuple(order.codes(pages))
        if len(texts) != pages:
            raise CodeUnreadable(f"{pages} 页纸要 {pages} 个二维码，给了 {len(texts)} 个")
        return texts

    def _prove_glyphs(self, order: Order, facts: Mapping[str, str], furniture: Mapping[str, str]) -> None:
        """Refuse what the pinned fonts cannot show before LibreOffice could replace it silently."""
        notes = order.form.footnotes if order.footnotes is None else order.footnotes
        wordings = {**order.form.texts, **order.texts, "footnotes": "".join(notes)}
        if not self.fonts.missing("".join((*facts.values(), *furniture.values(), *wordings.values()))):
            return
        for name, text in (*facts.items(), *furniture.items(), *wordings.items()):
            if missing := self.fonts.missing(text):
                raise GlyphMissing(name, missing)

    def _prove_special(self, pdf: bytes, facts: Mapping[str, str], special: Mapping[str, str]) -> None:
        """Prove that rare characters are drawn in a font that has them, not as empty boxes."""
        if not special:
            return
        drawn = places.drawn_with(pdf, "".join(special))
        boxes = {char for char, family in drawn if not self.fonts.has(family, char)}
        for name, text in facts.items():
            if missing := "".join(char for char in text if char in boxes):
                raise GlyphMissing(name, missing)

    def _template(self, source: TemplateSource, drawn: code.Drawn, title: str) -> Template:
        """Compile a template once per version and QR size."""
        key = (source.hash, drawn.modules)
        if key not in self._templates:
            if len(self._templates) >= _TEMPLATES_KEPT:
                self._templates.clear()
            self._templates[key] = Template(source.docx, drawn, title)
        return self._templates[key]

    def _fit(self, order: Order, filled: Filled) -> tuple[bytes, bytes, places.Sheet]:
        """Convert, and again with smaller long values, until the paper has its pages and nothing is cut."""
        form, cut = order.form, list[str]()
        lines = {pieces.whole(name): room.lines for name, room in order.rooms.items()}
        names = {mark.number: mark.name for mark in filled.marks if mark.kind == "value"}
        first: places.Sheet | None = None
        last: places.Sheet | None = None
        for step in (BLANK_STEP,) * BLANK_STEPS if order.rooms else SHRINK_STEPS:
            if first is not None and last is not None:
                if order.rooms:
                    filled.resize(_tighter(lines, names, last, cut))
                else:
                    filled.resize(_smaller(filled, first, step), closer=True)
            pdf, docx, sheet, cut = self._converted(filled, lines)
            if form.pages in {0, len(sheet.pages)} and not cut:
                return pdf, docx, sheet
            first, last = first or sheet, sheet
        raise DoesNotFit(cut or _longest(names, first or sheet), len(sheet.pages), form.pages)

    def _converted(
        self, filled: Filled, lines: Mapping[str, int]
    ) -> tuple[bytes, bytes, places.Sheet, list[str]]:
        """Convert once; again when LibreOffice left words out, which it does once in hundreds of papers.

        Values that are cut are named, the others' words are then not asked for.
        """
        for _ in range(CONVERSIONS):
            answer = self._converter.submit(filled.marked())
            docx = filled.plain()  # made while LibreOffice works
            pdf = self._converter.result(answer)
            sheet = places.read(pdf, filled.tints())
            if len(sheet.pages) > MAX_PAGES:
                raise TooManyPages(len(sheet.pages), MAX_PAGES)
            cut = describe.cut(filled.marks, sheet, lines)
            if cut or not filled.letters() - Counter(sheet.letters):
                return pdf, docx, sheet, cut
        raise ConverterFailed("words left out")


def rehearse(form: Form, code_text: str, template: TemplateSource | None = None) -> Filled:
    """Fill a form's template with its example, all but LibreOffice: what `forms lint` proves of a folder.

    Raises TemplateRefused, ValueRefused and CodeUnreadable as `Printer.print` would.
    """
    data = form.example_data() if form.example.is_file() else {}
    order = Order(form, data, "0" * _SERIAL_LENGTH, lambda pages: [code_text] * pages)
    facts = cleaned(form, printed(form, data))
    drawn = code.draw(code_text)
    docx = template.docx if template else form.template.read_bytes()
    context = naming.context(order, facts, naming.furnished(order))
    return Template(docx, drawn, form.title).fill(context, drawn.png)


def cleaned(form: Form, texts: Mapping[str, str]) -> dict[str, str]:
    """Give all texts as they may be printed (see `clean`); raises ValueRefused."""
    return {name: clean(form, name, text) for name, text in texts.items()}


def _smaller(filled: Filled, first: places.Sheet, step: float) -> dict[int, int]:
    """Choose sizes in half points: values of several lines when there are any, else all values."""
    sizes = {spot.mark: spot.size_pt for spot in first.spots}
    values = {mark.number for mark in filled.marks if mark.kind == "value"} & set(sizes)
    long = {spot.mark for spot in first.spots if len(spot.lines) > 1 or spot.clipped} & values
    return {
        mark: round(2 * max(min(SMALLEST_PT, sizes[mark]), sizes[mark] * step)) for mark in long or values
    }


def _longest(names: Mapping[int, str], first: places.Sheet) -> list[str]:
    """Name the values that take the most room at their usual size: those of several lines, the longest first."""
    spots = sorted(first.spots, key=lambda spot: (-len(spot.lines), -len(spot.text)))
    found = [names[spot.mark] for spot in spots if spot.mark in names and len(spot.lines) > 1]
    return list(dict.fromkeys(found))[:_NAMED]


def _tighter(
    lines: Mapping[str, int], marks: Mapping[int, str], last: places.Sheet, cut: Sequence[str]
) -> dict[int, int]:
    """Choose the next smaller size, in half points, of values with too many lines, else of all that are `cut`.

    `lines` is the most each may take, `marks` names the values by number.
    """
    spots = [spot for spot in last.spots if marks.get(spot.mark) in cut]
    over = [spot for spot in spots if len(spot.lines) > lines.get(marks[spot.mark], len(spot.lines))]
    return {
        spot.mark: int(2 * max(min(SMALLEST_PT, spot.size_pt), spot.size_pt * BLANK_STEP))
        for spot in over or spots
    }
