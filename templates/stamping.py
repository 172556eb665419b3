"""The first tier: stamps one job from what is compiled, or learns from LibreOffice what is missing."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from PIL import Image

from templates import code, conversion, describe, pictures, pieces
from templates.errors import ConverterFailed, NotStampable, TooManyPages
from templates.job import Job
from templates.libreoffice import Converter
from templates.order import Printed
from templates.pictures import Photo
from templates.sandbox import Shown
from templates.stamp.canonical import canonical, dressed, least, spells
from templates.stamp.ownership import Ownership, ownership
from templates.stamp.press import Press, Sort, Stamp
from templates.stamp.variants import Lesson
from templates.stamp.writing import Jpeg
from templates.word import Filled, Template


@dataclass(frozen=True, slots=True)
class Taught:
    """A job that LibreOffice printed with every word of its template in a colour of its own."""

    filled: Filled
    owned: Ownership
    converted: conversion.Converted
    drawn: code.Drawn


class Stamper:
    """One job on its way through the press; `text` is its code's, `symbol` the code drawn."""

    def __init__(
        self,
        press: Press,
        job: Job,
        template: Template,
        *,
        text: str,
        symbol: code.Symbol,
        hashes: dict[str, str],
    ) -> None:
        self._press = press
        self._job = job
        self._template = template
        self._text = text
        self._symbol = symbol
        self._hashes = hashes
        outline, self._shown = template.outline(job.context)
        title = job.order.form.title
        self._sort = press.sort(job.source.hash, title, symbol.modules, outline, self._shown)
        self._fresh: Stamp | None = None

    @cached_property
    def _own(self) -> Sort:
        """The sort of papers of this class alone."""
        return replace(self._sort, whole=tuple(canonical(text) for text in self._shown))

    def print(self) -> Printed | None:
        """Stamp the paper; None when its class is not compiled yet. Raises NotStampable, and as `Printer.print`."""
        stamp = self._press.find(self._sort, self._shown) or self._press.find(self._own, self._shown)
        return None if stamp is None else self._printed(stamp)

    def lesson(self, converter: Converter) -> Taught:
        """Compile the frame if need be, and print the paper with LibreOffice in a way that can be learned from.

        Raises NotStampable, and as `Printer.print`.
        """
        paragraphs = self._press.known(self._sort) or self._compiled(converter, self._sort, least)
        job, drawn = self._job, code.draw(self._text)
        filled = self._template.fill(job.context, drawn.png, job.photos, job.special)
        owned = ownership(filled, paragraphs)
        return Taught(filled, owned, conversion.fit(converter, job.order, filled, owned.statics), drawn)

    def learn(self, taught: Taught, converter: Converter) -> Printed:
        """Learn from it, and stamp the same paper, to be kept once that was seen to be right; raises NotStampable.

        A paper on which rows grow has a frame of its own, compiled when its class is met again.
        """
        if taught.converted.steps and not self._job.order.rooms:
            raise NotStampable("smaller")  # several containers were set smaller at once: none is typical
        photos = {photo.digest: photo.name for photo in self._job.photos}
        paper = self._press.open(
            taught.converted.raw, self._sort.title, taught.owned, taught.drawn.pixels, photos
        )
        lesson = Lesson(paper, taught.owned, taught.filled.marks, taught.converted.sheet)
        try:
            self._fresh = self._press.learn(self._sort, lesson, self._shown)
        except NotStampable as problem:
            if problem.why != "frame" or spells(self._shown) or not self._press.met(self._own):
                raise
            if self._press.known(self._own) is None:
                self._compiled(converter, self._own, dressed)
            self._fresh = self._press.learn(self._own, lesson, self._shown)
        return self._printed(self._fresh)

    def keep(self) -> None:
        """Keep what was learned."""
        assert self._fresh is not None
        self._press.keep(self._fresh, self._shown)

    def _compiled(self, converter: Converter, sort: Sort, dress: Callable[[Shown], str]) -> frozenset[int]:
        """Compile a frame from the same paper in other words; gives the paragraphs it owns."""
        try:
            return self._compiled_anew(converter, sort, dress)
        except NotStampable as problem:
            self._press.give_up(sort, problem.why)
            raise

    def _compiled_anew(
        self, converter: Converter, sort: Sort, dress: Callable[[Shown], str]
    ) -> frozenset[int]:
        job = self._job
        stand_ins = [pictures.stand_in(photo, number) for number, photo in enumerate(job.photos)]
        drawn = code.draw(self._text)
        context = {**job.context, **{photo.name: photo for photo in stand_ins}}
        if any("." in photo.name for photo in stand_ins):
            raise NotStampable("picture")
        filled = self._template.fill(context, drawn.png, stand_ins, dress=dress)
        owned = ownership(filled)
        try:
            raw, _, sheet, _ = conversion.convert(converter, filled, owned.statics, {})
        except (ConverterFailed, TooManyPages) as problem:
            raise NotStampable("unprinted") from problem
        photos = {photo.digest: photo.name for photo in stand_ins}
        frame = self._press.compile(
            sort,
            filled,
            owned=owned,
            raw=raw,
            sheet=sheet,
            shown=self._shown,
            code_pixels=drawn.pixels,
            photos=photos,
            dress=dress,
        )
        return frozenset(frame.containers)

    def _printed(self, stamp: Stamp) -> Printed:
        """Write the paper, describe it, and prove it."""
        job, order, symbol = self._job, self._job.order, self._symbol
        digests = {photo.name: photo.digest for photo in job.photos}
        marks, sheet = self._press.sheet(stamp, self._shown, digests)
        lines = {pieces.whole(name): room.lines for name, room in order.rooms.items()}
        if describe.cut(marks, sheet, lines):
            raise NotStampable("cut")  # two long values that meet: LibreOffice may still find room
        drawn = code.blank(symbol.modules)
        layout = describe.layout(order, marks, sheet, drawn, job.photos)
        describe.prove_traced(order.form, job.facts, marks, layout)
        code.proved(symbol, self._text)
        pdf = self._press.write(
            stamp, self._shown, (symbol.bits, (symbol.side, symbol.side)), _jpegs(job.photos)
        )
        return Printed(
            pdf,
            None,
            layout,
            dict(job.facts),
            job.source.hash,
            self._hashes,
            1,
            (self._text,),
            tier=1,
            stamp=stamp.key,
            layout_classes=stamp.layout_classes,
        )


def _jpegs(photos: tuple[Photo, ...]) -> Mapping[str, Jpeg]:
    found = {}
    for photo in photos:
        with Image.open(io.BytesIO(photo.jpeg)) as picture:
            found[photo.name] = Jpeg(photo.jpeg, picture.size, gray=picture.mode == "L")
    return found
