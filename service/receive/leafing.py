"""An upload leafed through page by page: each side to its document, behind its slip, or named as nobody's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from intake.foreign import PageText
from intake.pictures import quarters
from intake.reading import PageImage
from intake.uploads import Kind, pages
from service.office import Office
from service.office.judgement import SheetReading
from service.office.lookups import reach
from service.office.papers import Named, Paper, Slip, Unnamed, name_page, open_paper, read_paper
from service.receive import stubs
from service.receive.behind import FOREIGN, Bundle, Stack
from service.receive.foreign import ForeignReader, suggestion
from storage.archive import Reading
from storage.records import Scan


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side of paper of an upload: index from 0, its size in pixels, and the reading or why there is none.

    `evidence` names the kind of a slip, and of what lies behind it; a `blank` side shows nothing. `suggestion` says what
    a page that lies behind no slip looks like. `turn` is by how many quarters clockwise the picture must be turned to
    stand upright; `colour` whether it has any.
    """

    index: int
    size: tuple[int, int]
    serial: str | None
    reason: str | None
    read: SheetReading | None
    evidence: str | None = None
    blank: bool = False
    suggestion: dict[str, Any] | None = None
    turn: int = 0
    colour: bool = True


class Leafing:
    """Leafs through one upload; keeps its sides, the papers it met and the bundles behind its slips."""

    def __init__(self, office: Office, scan: Scan) -> None:
        self.sheets: list[Sheet] = []
        self.papers: dict[str, Paper] = {}
        self._office = office
        self._scan = scan
        self._stack = Stack()
        self._loose: list[stubs.Loose] = []
        with office.archive.read() as reading:
            registry = tuple(sorted({unit.name for unit in reading.organizations()}))
        self._reader = ForeignReader(office, registry)

    @property
    def bundles(self) -> list[Bundle]:
        """The slips of the upload with what lay behind them."""
        return self._stack.bundles

    def through(self, beat: Callable[[], None]) -> None:
        """Read page after page, holding one page's pixels at a time; `beat` is called before each.

        Raises UploadRefused when the upload cannot be taken apart.
        """
        data = self._office.archive.objects.get(self._scan.original)
        for page in pages(data, cast("Kind", self._scan.kind)):
            beat()
            self.sheets.append(self._side(page))
        self._bind_stubs(beat)

    def _side(self, page: PageImage) -> Sheet:
        size = (page.pixels.shape[1], page.pixels.shape[0])
        named, place = self._named(page)
        if isinstance(place, Bundle):
            text = None if isinstance(named, Slip) else self._reader.read(page)
            if not isinstance(named, Slip):
                place.texts.append((page.index, text))
            return Sheet(
                page.index, size, place.document.serial, None, None, place.evidence.name, turn=_turn(text)
            )
        if isinstance(place, Unnamed):
            strange = place.reason in FOREIGN and not place.blank
            text = self._reader.read(page) if strange else None
            self._hold(page, place, text)
            return Sheet(
                page.index,
                size,
                None,
                place.reason,
                None,
                blank=place.blank,
                suggestion=suggestion(text),
                turn=_turn(text),
            )
        assert isinstance(named, Named)
        serial = named.document.serial
        found = read_paper(self._office, self.papers[serial], page, named)
        read = SheetReading(named.token.page, found)
        return Sheet(page.index, size, serial, None, read, turn=quarters(named.code), colour=page.colour)

    def _named(self, page: PageImage) -> tuple[Named | Slip | Unnamed, Bundle | Unnamed | None]:
        """Whose page it is, if the one who brought the scan may see it (art. 44), and its place in the stack."""
        office = self._office
        with office.archive.read() as reading:
            named = name_page(office, reading, page)
            if not isinstance(named, Unnamed) and not self._in_scope(reading, named.document.school):
                named = Unnamed("out_of_scope")
            if isinstance(named, Named) and named.document.serial not in self.papers:
                self.papers[named.document.serial] = open_paper(office, reading, named.document)
        return named, self._stack.take(named, page)

    def _in_scope(self, reading: Reading, school: str) -> bool:
        return self._scan.org in reach(reading, school)

    def _hold(self, page: PageImage, place: Unnamed, text: PageText | None) -> None:
        if stubs.may_be_one(page, place.reason, blank=place.blank) and len(self._loose) < stubs.MOST:
            self._loose.append(stubs.Loose(page, text))

    def _bind_stubs(self, beat: Callable[[], None]) -> None:
        """Give each page that proves to be a stub to its document: one of this upload's, else one on file."""
        mains = [(one.index, one.serial, one.read) for one in self.sheets if one.serial and one.read]
        for index, serial, read in stubs.placed(self._office, self.papers, mains, self._loose):
            self._bind(index, serial, read)
        for one in self._loose:
            if self.sheets[one.page.index].serial is None:
                beat()
                found = stubs.on_file(self._office, one, self._candidates(one))
                if found is not None:
                    paper, read = found
                    self.papers.setdefault(paper.document.serial, paper)
                    self._bind(one.page.index, paper.document.serial, read)

    def _candidates(self, one: stubs.Loose) -> Iterator[Paper]:
        """The papers on file within the uploader's scope that a stub may have been cut off."""
        with self._office.archive.read() as reading:
            for document in stubs.candidates(self._office, reading, one):
                if self._in_scope(reading, document.school):
                    yield open_paper(self._office, reading, document)

    def _bind(self, index: int, serial: str, read: SheetReading) -> None:
        loose = next(one for one in self._loose if one.page.index == index)
        self.sheets[index] = replace(
            self.sheets[index],
            serial=serial,
            reason=None,
            read=read,
            suggestion=None,
            colour=loose.page.colour,
        )


def _turn(text: PageText | None) -> int:
    """By how many quarters clockwise a page must be turned to be read."""
    return 0 if text is None else text.turned // 90
