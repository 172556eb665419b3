"""Takes a converted paper apart: what every paper of its template has, and what each paragraph put into its slots."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from templates.errors import NotStampable
from templates.stamp.glyphs import PageFont
from templates.stamp.ownership import Ownership
from templates.stamp.stream import ARTIFACT, Drawing, Page, Piece, Text, tint

Put = tuple[str, tuple[Piece, ...]]


@dataclass(frozen=True, slots=True)
class Probe:
    """A page in order: static pieces, and slots by name with the pieces a paragraph put there."""

    prologue: bytes
    items: tuple[Piece | Put, ...]

    @property
    def puts(self) -> dict[str, tuple[Piece, ...]]:
        """What stands in each slot."""
        return {item[0]: item[1] for item in self.items if isinstance(item, tuple)}

    @property
    def positions(self) -> dict[str, int]:
        """How many static pieces stand before each slot."""
        found, count = {}, 0
        for item in self.items:
            if isinstance(item, tuple):
                found[item[0]] = count
            else:
                count += 1
        return found


def apart(page: Page, owned: Ownership) -> Probe:
    """Deal a page's pieces out to the paragraphs whose colours they have; NotStampable(shared) when one has two."""
    items: list[Piece | Put] = []
    groups: dict[int, int] = {}
    last: int | None = None
    for piece in page.pieces:
        owners = {owned.tints[colour] for colour in _tints(piece) if colour in owned.tints}
        if len(owners) > 1:
            raise NotStampable("shared")
        owner = next(iter(owners), None)
        if owner is None:
            items.append(piece)
        elif owner == last:
            name, pieces = items[-1]  # type: ignore[misc]  # the last item is this paragraph's, so it is a put
            items[-1] = (name, (*pieces, piece))
        else:
            items.append((f"{owner}.{groups.get(owner, 0)}", (piece,)))
            groups[owner] = groups.get(owner, 0) + 1
        last = owner
    return Probe(page.prologue, tuple(items))


def paragraph_of(slot: str) -> int:
    """The paragraph a slot belongs to."""
    return int(slot.partition(".")[0])


def _tints(piece: Piece) -> Iterator[int]:
    for settings, block in piece.blocks:
        if isinstance(block, Text):
            yield tint(block.colour)
            continue
        yield from map(tint, block.tints)
        yield from (
            tint(line.rpartition(b" ")[0]) for operator, line in settings.values if operator in {b"RG", b"rg"}
        )


def statics(probe: Probe, fonts: Mapping[str, PageFont], pictures: Mapping[str, str]) -> str:
    """Digest everything static, codes as characters, pictures as what they are; equal for papers of one frame."""
    seal = hashlib.sha256(probe.prologue)
    for item in probe.items:
        if isinstance(item, tuple):
            continue
        seal.update(item.tag.encode() if item.tag == ARTIFACT else b"/")
        for settings, block in item.blocks:
            seal.update(repr((settings.clip, settings.values)).encode())
            if isinstance(block, Drawing):
                name = (block.picture or b"").decode()
                seal.update(
                    block.body.replace(b"/" + name.encode() + b" Do", pictures.get(name, "").encode())
                )
                continue
            for show in block.shows:
                told = [
                    [fonts[show.font.decode()].texts.get(code) for code in item]
                    if isinstance(item, bytes)
                    else item
                    for item in show.items
                ]
                seal.update(
                    repr((block.colour, show.place, fonts[show.font.decode()].name, show.size, told)).encode()
                )
    return seal.hexdigest()
