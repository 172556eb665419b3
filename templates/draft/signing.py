"""Drafts the places of a form where blocks are signed and sealed, one or two in a row."""

from collections.abc import Mapping
from typing import Any

from templates.draft.cells import LABEL_PT, upright
from templates.draft.grid import Row, Slot
from templates.draft.paper import CENTRE, LEFT, RIGHT, SONG, shape, write
from templates.draft.spec import BAND_MM, INNER_MM, Named, Place, PlaceRow

DATE = "年　　月　　日"
_HALF_MM = 80.0  # a place beside another: half of what two headings leave
_SIGN_MM, _SEAL_MM, _WIDE_SIGN_MM = 36.0, 44.0, 70.0
_USUAL_MM = 44.5  # the height for which the spaces below are made
_LOW_MM = 34.0  # a place lower than this has its signature and its date on one line
_PT = 72 / 25.4
_ASKED_PT = 9.0
_SIGNERS = {
    "student": "本人",
    "guardian": "监护人",
    "class_teacher": "班主任",
    "registrar": "学籍管理员",
    "vice_head": "学籍主管领导",
    "head": "校长",
    "other_head": "校长",
    "verifier": "申请人",
}
_OFFICIAL = "负责人"


def rows(places: tuple[PlaceRow, ...], names: Named) -> list[Row]:
    """Give the table rows of these places; their cells are named by block: heading, text, sign, seal."""
    made = []
    for row in places:
        width = _HALF_MM if len(row.places) > 1 else INNER_MM
        slots: list[Slot] = []
        for place in row.places:
            slots.append(Slot(BAND_MM, f"{place.block} heading", upright=True, pad=(0.0, 0.0)))
            slots += _slots(place.block, width, sealed=bool(names.blocks[place.block].get("seal")))
        made.append(Row(row.height, tuple(slots)))
    return made


def _slots(block: str, width: float, *, sealed: bool) -> list[Slot]:
    """Divide a place: a wide one has room to write left of the signature, a sealed one its seal right."""
    pad = (1.5, 1.5)
    if width > _HALF_MM:
        sign = _SIGN_MM if sealed else _WIDE_SIGN_MM
        left = width - sign - (_SEAL_MM if sealed else 0.0)
        slots = [Slot(left, f"{block} text", middle=False, edges="right 0 auto", pad=pad)]
        edges = "left 0 auto, right 0 auto" if sealed else "left 0 auto"
        slots.append(Slot(sign, f"{block} sign", middle=False, edges=edges, pad=pad))
    else:
        slots = [
            Slot(
                _SIGN_MM if sealed else width,
                f"{block} text",
                middle=False,
                edges="right 0 auto" if sealed else "",
                pad=pad,
            )
        ]
    if sealed:
        slots.append(Slot(_SEAL_MM, f"{block} seal", middle=False, edges="left 0 auto", pad=pad))
    return slots


def fill(cells: Mapping[str, Any], row: PlaceRow, names: Named) -> None:
    """Write the places of one row into their cells."""
    for place in row.places:
        block = names.blocks[place.block]
        upright(cells[f"{place.block} heading"], place.heading or block["label"], row.height)
        signer = place.signer or _SIGNERS.get(block["sign"], _OFFICIAL)
        sealed = bool(block.get("seal"))
        if row.height < _LOW_MM:
            _low(cells, place, signer, row.height)
        else:
            _tall(cells, place, signer, row.height, sealed=sealed)
        if sealed:
            _seal(cells[f"{place.block} seal"], place.block, row.height)


def _tall(cells: Mapping[str, Any], place: Place, signer: str, height: float, *, sealed: bool) -> None:
    """Write the question, and lower down who signs, the signature's label and, without a seal, the date."""
    text = cells[f"{place.block} text"]
    apart = cells.get(f"{place.block} sign")
    space = 34 + (height - _USUAL_MM) * _PT
    write(shape(text.paragraphs[0], LEFT, line=14, after=0 if apart else space), place.asked, SONG, _ASKED_PT)
    if apart is not None:
        shape(apart.paragraphs[0], LEFT, line=14, after=space)
        text = apart
    write(shape(text.add_paragraph(), LEFT, line=13), signer, SONG, LABEL_PT)
    write(shape(text.add_paragraph(), LEFT, line=13), f"{{{{ sign('{place.block}') }}}}", SONG, LABEL_PT)
    if not sealed:
        write(shape(text.add_paragraph(), RIGHT, before=18, line=13), DATE, SONG, LABEL_PT)


def _low(cells: Mapping[str, Any], place: Place, signer: str, height: float) -> None:
    """Write the question, and below it who signs with the signature's label, and the date."""
    text = cells[f"{place.block} text"]
    apart = cells.get(f"{place.block} sign")
    space = max(0.0, height * _PT - 2 * 4.3 - 14 - 2 * 13 - (0 if apart else 14))
    write(shape(text.paragraphs[0], LEFT, line=14), place.asked, SONG, _ASKED_PT)
    line = apart.paragraphs[0] if apart is not None else text.add_paragraph()
    signed = shape(line, LEFT, before=space / 2, line=13, after=space / 2)
    write(signed, signer, SONG, LABEL_PT)
    write(signed, f"{{{{ sign('{place.block}') }}}}", SONG, LABEL_PT)
    write(shape((apart or text).add_paragraph(), RIGHT, line=13), DATE, SONG, LABEL_PT)


def _seal(cell: Any, block: str, height: float) -> None:
    """Write the seal's label in the middle of its place and the date at its foot."""
    spare = (height - _USUAL_MM) * _PT / 2
    paragraph = shape(cell.paragraphs[0], CENTRE, before=54 + spare, line=13, after=36 + spare)
    write(paragraph, f"{{{{ seal('{block}') }}}}", SONG, LABEL_PT)
    write(shape(cell.add_paragraph(), RIGHT, line=13), DATE, SONG, LABEL_PT)
