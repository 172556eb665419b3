"""The one door of this package: a form and its data become a printed, described and proved paper."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from templates import code, conversion, describe, naming, pdfa, pieces, places
from templates.catalogue import Catalogue, Form
from templates.characters import clean, cleaned
from templates.errors import CodeUnreadable, GlyphMissing, NotStampable, StampDiffers
from templates.fonts import Fonts
from templates.job import Job
from templates.libreoffice import Converter
from templates.naming import grouped
from templates.order import MarkAt, Order, Printed, TemplateSource
from templates.stamp.identity import Difference, difference
from templates.stamp.press import Press
from templates.stamping import Stamper
from templates.word import Filled, Template
from templates.wording import printed

__all__ = (
    "MarkAt",
    "Order",
    "Printed",
    "Printer",
    "TemplateSource",
    "clean",
    "cleaned",
    "grouped",
    "rehearse",
)

_TEMPLATES_KEPT = 64  # compiled templates in memory: one per form, template version and QR size
_SERIAL_LENGTH = 13

log = logging.getLogger("yinzheng.printer")


class Printer:
    """Prints orders, stamped where that can be done, else with LibreOffice; safe to share between threads.

    Without a `press` everything goes through LibreOffice.
    """

    def __init__(
        self, catalogue: Catalogue, converter: Converter, fonts: Fonts, press: Press | None = None
    ) -> None:
        self._catalogue = catalogue
        self._converter = converter
        self.fonts = fonts
        self._press = press
        self._templates: dict[tuple[str, int], Template] = {}
        self.counts: Counter[Literal["stamped", "converted", "learned", "differed"]] = Counter()

    def print(self, order: Order) -> Printed:
        """Print one paper and prove it before answering.

        Raises ValueRefused, GlyphMissing, TemplateRefused, CodeUnreadable, DoesNotFit, ValueNotPrinted,
        PdfRefused, ConverterBusy, ConverterFailed; then nothing may be issued.
        """
        job = Job.of(order, self.fonts)
        stamper = self._stamper(job)
        if stamper is None:
            return self._converted(job)
        try:
            if (paper := stamper.print()) is not None:
                self.counts["stamped"] += 1
                return paper
            return self._learned(job, stamper)
        except NotStampable:
            return self._converted(job)

    def again(self, order: Order, stamp: str) -> bytes | None:
        """Stamp a paper once more, byte for byte as it was, from the artefact it was stamped from (`Printed.stamp`).

        None when that is not there: not compiled, or of other fonts or another LibreOffice. Raises as `print` does.
        """
        stamper = self._stamper(Job.of(order, self.fonts))
        try:
            paper = None if stamper is None else stamper.print()
        except NotStampable:
            return None
        return None if paper is None or paper.stamp != stamp else paper.pdf

    def word(self, order: Order) -> bytes:
        """Make the Word file of a stamped paper; raises as `print` does."""
        made, _ = self._filled(Job.of(order, self.fonts))
        return conversion.fit(self._converter, order, made).docx if order.rooms else made.plain()

    def prove(self, order: Order, paper: Printed) -> None:
        """Print a stamped paper through LibreOffice and compare; raises StampDiffers, and stamps no more of its kind.

        Also as `print` does.
        """
        if paper.tier != 1:
            return
        job = Job.of(order, self.fonts)
        filled = self._filled(job)[0]
        converted = conversion.fit(self._converter, order, filled)
        self._compare(paper, converted.raw, filled.colours)

    def pool(self) -> dict[str, int]:
        """Tell of LibreOffice: processes that are up, papers that wait, and how many may."""
        return self._converter.figures()

    def stopped(self) -> list[str]:
        """List the template versions whose papers are no longer stamped, since one was found to differ."""
        return [] if self._press is None else self._press.shelf.all_stopped()

    def _stamper(self, job: Job) -> Stamper | None:
        """What stamps a job; None for what only LibreOffice may print."""
        press = self._press
        if press is None or job.order.form.pages != 1 or job.special or press.shelf.stopped(job.source.hash):
            return None
        text = job.codes(1)[0]
        symbol = code.quick(text)
        template = self._template(job.source, symbol.modules, job.order.form.title)
        try:
            return Stamper(press, job, template, text=text, symbol=symbol, hashes=dict(self.fonts.hashes))
        except NotStampable:
            return None

    def _learned(self, job: Job, stamper: Stamper) -> Printed:
        """Print with LibreOffice and learn from it; the stamped paper is given only when it looks the same."""
        lesson = stamper.lesson(self._converter)
        described = describe.layout(
            job.order, lesson.filled.marks, lesson.converted.sheet, lesson.drawn, job.photos
        )
        # Papers stamped later are not looked at: what covers the code must not be learned.
        describe.prove_codes(lesson.converted.raw, described, job.codes(1))
        try:
            fast = stamper.learn(lesson, self._converter)
            if not _apart(fast, lesson.converted.raw, lesson.owned.colours).none:
                raise NotStampable("look")  # such as a letter that the font draws otherwise beside a digit
        except NotStampable:
            self.counts["converted"] += 1
            return self._finished(job, lesson.filled, lesson.converted, lesson.drawn, lesson.owned.colours)
        stamper.keep()
        self.counts["learned"] += 1
        return replace(fast, compared=True)

    def _compare(self, fast: Printed, raw: bytes, colours: Mapping[int, str]) -> None:
        found = _apart(fast, raw, colours)
        if found.none:
            return
        self.counts["differed"] += 1
        log.warning(
            "stamp differs: template %s, %.2f points, %s pixels",
            fast.template_hash,
            found.points,
            found.pixels,
        )
        assert self._press is not None
        self._press.shelf.stop(fast.template_hash, f"{found.points:.2f} pt, {found.pixels} px")
        raise StampDiffers(fast.template_hash, found.points, found.pixels)

    def _converted(self, job: Job) -> Printed:
        """Print one paper with LibreOffice."""
        filled, drawn = self._filled(job)
        converted = conversion.fit(self._converter, job.order, filled)
        self.counts["converted"] += 1
        return self._finished(job, filled, converted, drawn, filled.colours)

    def _filled(self, job: Job) -> tuple[Filled, code.Drawn]:
        """Fill the template of a job; gives the first page's code too."""
        form = job.order.form
        drawn = code.draw(job.codes(form.pages or 1)[0])
        template = self._template(job.source, drawn.modules, form.title)
        return template.fill(job.context, drawn.png, job.photos, job.special), drawn

    def _finished(
        self,
        job: Job,
        filled: Filled,
        converted: conversion.Converted,
        drawn: code.Drawn,
        colours: Mapping[int, str],
    ) -> Printed:
        """Make the archive copy of a conversion, describe it and prove it; `colours` by tint."""
        order, sheet, docx = job.order, converted.sheet, converted.docx
        texts = job.codes(len(sheet.pages))
        if len(sheet.pages) != (order.form.pages or 1):
            filled.recode(code.draw(texts[0]).png)
            docx = filled.plain()
        codes = [code.draw(text) for text in texts]
        if {one.pixels for one in codes} != {drawn.pixels}:
            raise CodeUnreadable("各页二维码大小不一")
        layout = describe.layout(order, filled.marks, sheet, drawn, job.photos)
        pdf = pdfa.finish(converted.raw, colours, order.form.title, codes)
        describe.prove(
            pdf,
            form=order.form,
            facts=job.facts,
            furniture=job.furniture,
            marks=filled.marks,
            described=layout,
            codes=texts,
            apart=pieces.pieces(job.facts, order.rooms),
        )
        self._prove_special(pdf, job.facts, job.special)
        hashes = dict(self.fonts.hashes)
        return Printed(pdf, docx, layout, dict(job.facts), job.source.hash, hashes, len(layout.pages), texts)

    def _prove_special(self, pdf: bytes, facts: Mapping[str, str], special: Mapping[str, str]) -> None:
        """Prove that rare characters are drawn in a font that has them, not as empty boxes."""
        if not special:
            return
        drawn = places.drawn_with(pdf, "".join(special))
        boxes = {char for char, family in drawn if not self.fonts.has(family, char)}
        for name, text in facts.items():
            if missing := "".join(char for char in text if char in boxes):
                raise GlyphMissing(name, missing)

    def _template(self, source: TemplateSource, modules: int, title: str) -> Template:
        """Compile a template once per version and QR size."""
        key = (source.hash, modules)
        if key not in self._templates:
            if len(self._templates) >= _TEMPLATES_KEPT:
                self._templates.clear()
            self._templates[key] = Template(source.docx, code.blank(modules), title)
        return self._templates[key]


def _apart(fast: Printed, raw: bytes, colours: Mapping[int, str]) -> Difference:
    """Compare a stamped paper with what LibreOffice made of it; the code is drawn in two ways."""
    boxes = [place.keep_out for page in fast.layout.pages for place in page.codes]
    return difference(fast.pdf, raw, boxes, colours)


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
