"""Tamper with what stands beside the values: static print, photo, whole pages, codes, and seals that are copies of others."""

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from service.demo.fonts import SONG, Mask, font
from service.demo.ink import BLACK, Colour, Picture, multiply
from service.demo.paper import SCALE, Paper, rasterised
from service.demo.scanner import Capture

Box = tuple[float, float, float, float]

OTHER_WORDS = ("同意办理并符合规定条件", "准予按有关规定另行处理", "经审核材料齐全属实有效")
LINE_MM = (2.4, 7.0)  # height of a line of print
LEAST_LINE_MM = 14.0
AROUND_MM = 1.2  # of a code, a value: what belongs to it
SEAL_MM = 44.0  # a disc that holds any round seal of a school or bureau
ASIDE_MM = 9.0  # how far from the middle of its place a seal may stand
LEAST_RED = 0.12  # of full ink: less is paper or a shadow


@dataclass(frozen=True, slots=True)
class Lifted:
    """A seal's ink taken off a picture: how much ink stands where (300 dpi), and its colour."""

    mask: Mask
    colour: Colour


def covered(paper: Paper, page: int, dice: np.random.Generator) -> tuple[Paper, Box]:
    """Return the paper with a slip of other words glued over a line of static print, and where (mm); LookupError without one."""
    lines = static_lines(paper, page)
    if not lines:
        raise LookupError(f"第 {page + 1} 页没有可以盖住的印刷文字；请换一页。")
    left, top, right, bottom = lines[int(dice.integers(len(lines)))]
    words = OTHER_WORDS[int(dice.integers(len(OTHER_WORDS)))]
    height = round((bottom - top) * SCALE)
    size = (round((right - left + AROUND_MM) * SCALE), height + round(AROUND_MM * SCALE))
    slip = Image.new("L", size, 255 - int(dice.integers(3, 10)))
    face = font(SONG, round(0.92 * height))
    ImageDraw.Draw(slip).text((round(0.4 * SCALE), size[1] / 2), words, fill=40, font=face, anchor="lm")
    patch = np.repeat(np.asarray(slip, np.uint8)[..., None], 3, axis=2)
    corner = (left - AROUND_MM / 2, top - AROUND_MM / 2)
    return paper.paste(page, patch, *corner), (*corner, right + AROUND_MM / 2, bottom + AROUND_MM / 2)


def static_lines(paper: Paper, page: int) -> list[Box]:
    """Return the boxes (mm) of lines of print that are no value, mark, code or rule, as the paper left the printer."""
    clean = list(rasterised(paper.pdf))[page].min(axis=2)
    ink = np.asarray(clean < 128, np.uint8)
    printed = paper.layout["pages"][page]
    known = [line["box"] for value in printed["values"] for line in value["lines"]]
    known += [
        place["box"] for kind in ("codes", "fiducials", "photos", "marks") for place in printed.get(kind, ())
    ]
    for box in known:
        left, top, right, bottom = (
            round(edge * SCALE) for edge in np.asarray(box) + AROUND_MM * np.array([-1, -1, 1, 1])
        )
        ink[max(top, 0) : bottom, max(left, 0) : right] = 0
    run = round(9 * SCALE)
    for shape in ((1, run), (run, 1)):
        ink -= np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8)), np.uint8)
    joined = cv2.dilate(ink, np.ones((1, round(1.6 * SCALE)), np.uint8))
    _, _, found, _ = cv2.connectedComponentsWithStats(joined)
    boxes = [(x / SCALE, y / SCALE, (x + w) / SCALE, (y + h) / SCALE) for x, y, w, h, _ in found[1:].tolist()]
    return [
        box for box in boxes if LINE_MM[0] < box[3] - box[1] < LINE_MM[1] and box[2] - box[0] > LEAST_LINE_MM
    ]


def typed(paper: Paper, page: int, words: str, corner: tuple[float, float], points: float = 10.5) -> Paper:
    """Return the paper with words printed added in Song, their top left corner at (x, y) mm of a page."""
    face = font(SONG, round(points / 72 * 25.4 * SCALE))
    left, top, right, bottom = face.getbbox(words)
    line = Image.new("L", (round(right - left), round(bottom - top)))
    ImageDraw.Draw(line).text((-left, -top), words, fill=255, font=face)
    ink = np.asarray(line, np.float32) / np.float32(255)
    at = (round(corner[0] * SCALE), round(corner[1] * SCALE))
    return paper.with_sheet(page, multiply(paper.sheets[page], ink, at, BLACK))


def swapped_photo(paper: Paper, photo: bytes, *, glued: bool) -> Paper:
    """Return the paper with another portrait (JPEG) where its photo is: glued on, or printed over it; LookupError without one."""
    for page, printed in enumerate(paper.layout["pages"]):
        for place in printed.get("photos", ()):
            left, top, right, bottom = place["box"]
            size = (round((right - left) * SCALE), round((bottom - top) * SCALE))
            portrait = Image.open(io.BytesIO(photo)).convert("RGB").resize(size, Image.Resampling.LANCZOS)
            patch = np.ascontiguousarray(np.asarray(portrait, np.uint8)[..., ::-1])
            if glued:
                return paper.paste(page, patch, left, top)
            sheet = paper.sheets[page].copy()
            x, y = round(left * SCALE), round(top * SCALE)
            sheet[y : y + size[1], x : x + size[0]] = patch
            return paper.with_sheet(page, sheet)
    raise LookupError("这份纸上没有照片；请换一种表样。")


def swapped_page(paper: Paper, page: int, other: Paper) -> Paper:
    """Return the paper with one of its sheets taken from another paper of the same form."""
    return paper.with_sheet(page, other.sheets[page])


def recoded(paper: Paper, other: Paper, page: int = 0, *, glued: bool = True) -> Paper:
    """Return the paper with the other's code, cut out with the serial below it, over its own."""
    left, top, right, bottom = other.layout["pages"][page]["codes"][0]["box"]
    cut = (left - 2, top - 2, right + 2, bottom + 6)
    patch = _cut(other.sheets[page], cut)
    own = paper.layout["pages"][page]["codes"][0]["box"]
    x, y = own[0] - 2, own[1] - 2
    if glued:
        return paper.paste(page, patch, x, y)
    sheet = paper.sheets[page].copy()
    at = (round(x * SCALE), round(y * SCALE))
    target = sheet[at[1] : at[1] + patch.shape[0], at[0] : at[0] + patch.shape[1]]
    target[:] = patch[: target.shape[0], : target.shape[1]]
    return paper.with_sheet(page, sheet)


def lifted(sheet: Picture, near: tuple[float, float]) -> Lifted:
    """Take the red seal around a point (mm) off a sheet or a straightened picture (BGR, 300 dpi), as a retoucher does."""
    x, y = near
    half = SEAL_MM / 2
    reach = half + ASIDE_MM
    window = _cut(sheet, (x - reach, y - reach, x + reach, y + reach)).astype(np.float32)
    red = window[..., 2] - window[..., :2].mean(axis=2)
    colour = window[red > np.percentile(red, 99) * 0.9].mean(axis=0)
    ink = np.asarray(np.clip(red / float(colour[2] - colour[:2].mean()), 0, 1), np.float32)
    ink[ink < LEAST_RED] = 0
    column, row = _middle(ink, half * SCALE)
    side = round(2 * half * SCALE)
    disc = np.zeros_like(ink)
    cv2.circle(disc, (column, row), side // 2, 1, -1)
    padded = cv2.copyMakeBorder(ink * disc, side, side, side, side, cv2.BORDER_CONSTANT)
    top, left = row + side // 2, column + side // 2
    mask = np.asarray(padded[top : top + side, left : left + side], np.float32)
    return Lifted(mask, (float(colour[0]), float(colour[1]), float(colour[2])))


def _middle(ink: Mask, radius: float) -> tuple[int, int]:
    """Return the centre (column, row) of the disc that holds most ink: the neighbours' seals hang in at the edges."""
    small = cv2.resize(ink, None, fx=0.1, fy=0.1, interpolation=cv2.INTER_AREA)
    size = 2 * round(radius / 10) + 1
    disc = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.float32)
    held = cv2.filter2D(small, cv2.CV_32F, disc, borderType=cv2.BORDER_CONSTANT)
    rows, columns = np.nonzero(held > 0.98 * held.max())
    return round(float(columns.mean()) * 10 + 4.5), round(float(rows.mean()) * 10 + 4.5)


def straightened(seen: Capture, width: float, height: float) -> Picture:
    """Return what a forger makes of a scan: the page (mm) pulled straight at 300 dpi."""
    from_mm = seen.matrix @ np.diag([1 / SCALE, 1 / SCALE, 1.0])
    size = (round(width * SCALE), round(height * SCALE))
    flat = cv2.warpPerspective(seen.pixels, from_mm, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    return np.asarray(flat, np.uint8)


def printed_seal(paper: Paper, page: int, centre: tuple[float, float], seal: Lifted) -> Paper:
    """Return the paper with a lifted seal printed around a point (mm), pixel by pixel."""
    at = tuple(
        round(middle * SCALE - side / 2) for middle, side in zip(centre, seal.mask.shape[::-1], strict=True)
    )
    return paper.with_sheet(page, multiply(paper.sheets[page], seal.mask, (at[0], at[1]), seal.colour))


def _cut(sheet: Picture, box: Box) -> Picture:
    left, top, right, bottom = (max(round(edge * SCALE), 0) for edge in box)
    return sheet[top:bottom, left:right].copy()
