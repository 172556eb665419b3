"""The child process that opens hostile uploads under limits; it imports nothing of ours and ends with its file.

Started by `intake.uploads` as a script with two inherited descriptors: the upload, and a memory file for pixels.
It answers one JSON line per request on its output; a blank line on its input asks for the next page.
"""

import importlib
import importlib.util
import json
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

MEMORY_LIMIT = 950_000_000  # of addresses; 80 Mpx of colour in PNG need 0.6 GB, the libraries 0.2 GB
CPU_SECONDS = 90  # of a whole file, if even the timers below were tampered with: sixty honest pages take 20 s
OPEN_SECONDS = 0.9  # processor time to look at headers: honest files take 0.1 s
PURSE_SECONDS = 1.2  # … to start and to decode a page: an A4 colour page of 300 dpi takes 0.3 s
SECONDS_PER_MB = 0.04  # … more for a large file: a page of 35 MB in PNG takes 2 s
SECONDS_PER_MPX = 0.03  # … more for a large picture, by its header: 70 Mpx with transparency take 2.3 s
EARNED_PER_MPX = 0.08  # … for the next page, by the page handed out: an A4 page at 300 dpi earns 0.7 s
MAX_PAGES = 60  # a stack somebody scanned; more is split by the caller
MAX_SOURCE_PIXELS = 80_000_000  # 600 dpi A3 is 70 Mpx and must be accepted
MAX_HEIC_PIXELS = 52_000_000  # telephones make 12 to 50 Mpx; no scanner makes HEIC
MAX_SIDE = 32_000  # pixels: 600 dpi of 1.3 m; a picture of one long line is no page
MAX_PAGE_PIXELS = 40_000_000  # what a reading gets at most: 415 dpi A3
PIXEL_FILE_LIMIT = 3 * MAX_PAGE_PIXELS
VECTOR_DPI = 200.0  # pages that hold no scan: the resolution readings are tuned on
MAX_RENDER_DPI = 300.0  # recognition gains nothing above it
FINE_PIXELS = 8_000_000  # A4 at 300 dpi
MAX_GLYPHS = 20_000  # letters of one page of ours: the densest roster has 3,000
DEPTH = 3  # of forms in forms in which a scan may lie
SCAN_SHARE = 0.1  # an image smaller than this share of its page is a logo, not a scan

Glyph = tuple[str, float, float, float, float]


class Page(NamedTuple):
    """A page decoded: BGR bytes, width and height, dpi, whether it has colour (None: its pixels tell), whether 1 bit a pixel."""

    pixels: bytes | bytearray
    size: tuple[int, int]
    dpi: float | None
    colour: bool | None
    bilevel: bool


class Refusal(Exception):
    """The file is not accepted, for the reason `code` of `intake.errors.UploadRefused`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def limit_this_process() -> None:
    """Take away memory, time, file size and core dumps before the first hostile byte is looked at."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (PIXEL_FILE_LIMIT, PIXEL_FILE_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_PROF, OPEN_SECONDS)


class Purse:
    """The processor time a file may use: a page has what is left, and each page handed out earns for the next.

    So a page that draws for ever ends soon, and a stack of sixty is not the worse for being long. The kernel's timer
    ends the process (SIGPROF) when the purse is empty.
    """

    def __init__(self, size: int) -> None:
        self._full = self._left = PURSE_SECONDS + SECONDS_PER_MB * size / 1e6

    def open(self) -> None:
        """Start the clock for a page."""
        self._since = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, max(self._left, 0.05))

    def add_for(self, pixels: int) -> None:
        """Give a picture of so many pixels, by its header, more time."""
        left, _ = signal.getitimer(signal.ITIMER_PROF)
        signal.setitimer(signal.ITIMER_PROF, left + SECONDS_PER_MPX * pixels / 1e6)

    def earn(self, pixels: int) -> None:
        """Stop the clock after a page of so many pixels."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        used = time.process_time() - self._since
        self._left = min(self._left - used + EARNED_PER_MPX * pixels / 1e6, self._full)


def fitting_scale(width: float, height: float) -> float:
    """Return the factor (at most 1) that brings a page of so many pixels under MAX_PAGE_PIXELS."""
    return min(1.0, math.sqrt(MAX_PAGE_PIXELS / max(width * height, 1.0)))


def open_pdf(data: bytes) -> Any:
    """Open a PDF by pdfium; passwords (empty ones too), no pages or too many pages are refused."""
    pdfium = _beside("pdfium")
    try:
        document = pdfium.Document(data)
    except pdfium.PdfiumError as error:
        raise Refusal("encrypted_pdf" if error.code == pdfium.PASSWORD else "damaged") from None
    if document.is_encrypted:
        raise Refusal("encrypted_pdf")
    _check_count(len(document))
    return document


@lru_cache(maxsize=2)
def _beside(name: str) -> Any:
    """Load a module that lies beside this file, whose folder is on no path."""
    found = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _check_count(pages: int) -> None:
    if pages < 1:
        raise Refusal("damaged")
    if pages > MAX_PAGES:
        raise Refusal("too_many_pages")


def pdf_pages(data: bytes, only: int | None = None) -> Iterator[Page]:
    """Render each page, or `only` one: a scan at its own resolution, anything else at VECTOR_DPI."""
    document = open_pdf(data)
    for number in range(len(document)) if only is None else [only]:
        page = document[number]
        yield _render(page)
        page.close()


def _render(page: Any) -> Page:
    wide, high = page.size
    native, bilevel = _scan(page, wide * high)
    dpi = min(native or VECTOR_DPI, MAX_RENDER_DPI)
    dpi *= fitting_scale(wide * dpi / 72, high * dpi / 72)
    width, height = max(round(wide * dpi / 72), 1), max(round(high * dpi / 72), 1)
    _check_sides(width, height)
    return Page(page.draw(width, height), (width, height), dpi, True if native is None else None, bilevel)


def own_page(data: bytes, number: int) -> tuple[Page, list[Glyph]]:
    """Render one page of a PDF, and tell each letter on it with its box as shares of the page from its top left."""
    page = open_pdf(data)[number]
    return _render(page), _glyphs(page)


def _glyphs(page: Any) -> list[Glyph]:
    wide, high = page.size
    found: list[Glyph] = []
    for unit, (left, bottom, right, top) in page.letters(MAX_GLYPHS):
        if 0xD800 <= unit < 0xE000 or chr(unit).isspace():
            continue  # the halves of a rare letter stand in values, never in our own wording
        box = (left / wide, 1 - top / high, right / wide, 1 - bottom / high)
        found.append((chr(unit), *(round(edge, 5) for edge in box)))
    return found


def _scan(page: Any, page_area: float) -> tuple[float | None, bool]:
    """Return the resolution of the finest image that covers a good share of the page, None without one; whether all are bits.

    Drawn, a picture in black and white has greys at its edges, so that its pixels no longer tell.
    """
    found = [
        (math.sqrt(width * height / area) * 72, bits)
        for area, width, height, bits in page.images(DEPTH)
        if area > SCAN_SHARE * page_area
    ]
    return max((dpi for dpi, _ in found), default=None), bool(found) and all(bits == 1 for _, bits in found)


def open_image(data: bytes, kind: str) -> Any:
    """Open a picture by Pillow, reading its header only; too many pages or pixels are refused."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit below answers with our own code
    if kind == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    image = Image.open(BytesIO(data), formats=["heif" if kind == "heic" else kind, "mpo"])
    if kind == "tiff":
        _check_count(getattr(image, "n_frames", 1))
    _check_pixels(image, kind)
    return image


def _check_pixels(image: Any, kind: str) -> None:
    if image.width * image.height > (MAX_HEIC_PIXELS if kind == "heic" else MAX_SOURCE_PIXELS):
        raise Refusal("too_many_pixels")
    _check_sides(image.width, image.height)


def _check_sides(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE:
        raise Refusal("too_many_pixels")


def image_pages(data: bytes, kind: str, purse: Purse, only: int | None = None) -> Iterator[Page]:
    """Decode each page of a picture, or `only` one: TIFF pages one by one, of all others the first picture."""
    image = open_image(data, kind)
    count = getattr(image, "n_frames", 1) if kind == "tiff" else 1
    for number in range(count) if only is None else [only]:
        if number:
            image.seek(number)
            _check_pixels(image, kind)
        purse.add_for(image.width * image.height)
        yield _decode(image)


def _decode(image: Any) -> Page:
    from PIL import ImageOps

    dpi = _resolution(image)
    shrink = _shrink(image.width, image.height, dpi or 0)
    if shrink > 1 and image.format == "JPEG":
        shrink, dpi = _halved(image, shrink, dpi)
    bilevel = image.mode == "1"
    coloured = image.mode not in {"1", "L", "LA"} and not image.mode.startswith(("I", "F"))
    colours = _beside("colours")
    picture = colours.eight_bits(image)
    if shrink > 1:
        picture = colours.smaller(picture, shrink)
    picture = ImageOps.exif_transpose(picture)
    page = colours.on_white(picture)
    bgr = page.tobytes("raw", "BGR")
    size, finer = (page.width, page.height), dpi / shrink if dpi else None
    return Page(bgr, size, finer, None if coloured else False, bilevel)


def _shrink(width: int, height: int, dpi: float) -> int:
    """Return by how much a picture is made smaller: to fit, and from 600 dpi on since more than 300 helps no reading.

    What a file says of its resolution is believed while the page stays as large as A4 at 300 dpi.
    """
    fitting = math.ceil(1 / fitting_scale(width, height))
    finer = int(dpi // MAX_RENDER_DPI)
    return max(fitting, min(finer, math.isqrt(width * height // FINE_PIXELS)))


def _halved(image: Any, shrink: int, dpi: float | None) -> tuple[int, float | None]:
    """Have a JPEG decoded at half its size, where that is wanted: for a third of the time and a quarter of the memory."""
    before = image.width
    image.draft(image.mode, (image.width // 2, image.height // 2))
    done = round(before / image.width)
    return max(math.ceil(shrink / done), 1), dpi / done if dpi else None


def _resolution(image: Any) -> float | None:
    """Return the resolution the file states, when it is one a scanner or camera could mean."""
    try:
        dpi = float(image.info.get("dpi", (0, 0))[0])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    return dpi if 30 <= dpi <= 2400 else None


def inspect(data: bytes, kind: str) -> int:
    """Return the number of pages, from headers alone."""
    if kind == "pdf":
        return len(open_pdf(data))
    image = open_image(data, kind)
    return int(getattr(image, "n_frames", 1)) if kind == "tiff" else 1


def inspect_many(source: int) -> None:
    """Answer a line `kind word` for each file that stands in the source meanwhile, from a process forked for it alone.

    Its limits are new each time; the word comes back with the answer, so that no file can answer for another.
    """
    importlib.import_module("PIL.Image").init()  # or every fork loads all formats anew, in 20 ms
    signal.setitimer(signal.ITIMER_PROF, 0)
    while line := sys.stdin.readline():
        kind, word = line.split()
        child = os.fork()
        if child == 0:
            _inspect_one(source, kind, word)
        _, status = os.waitpid(child, 0)
        if status:  # out of time or memory, or worse: it has not answered
            _say({"word": word, "refused": "decoder_limit" if os.WIFSIGNALED(status) else "damaged"})


def _inspect_one(source: int, kind: str, word: str) -> None:
    """Look into one file and end; nobody is to go on here."""
    signal.setitimer(signal.ITIMER_PROF, OPEN_SECONDS)
    os.close(0)
    try:
        size = os.fstat(source).st_size
        _say({"word": word, "pages": inspect(os.pread(source, size, 0), kind)})
    except Exception as error:  # as in main: one line
        _say({"word": word, "refused": refusal_code(error)})
    except BaseException:
        os._exit(1)
    os._exit(0)


def pages(data: bytes, kind: str, purse: Purse, only: int | None = None) -> Iterator[Page]:
    """Yield each page; `only` picks one."""
    return pdf_pages(data, only) if kind == "pdf" else image_pages(data, kind, purse, only)


def refusal_code(error: BaseException) -> str:
    """Return the refusal a library's error means; only decoders see these, so any of them is a bad file."""
    if isinstance(error, Refusal):
        return error.code
    if isinstance(error, MemoryError):
        return "decoder_limit"
    text = str(error).lower()
    return "truncated" if "truncated" in text or "unexpected end" in text else "damaged"


def main(arguments: list[str]) -> None:
    """Serve one upload: arguments are the two descriptors; the first line says the task and the kind.

    Tasks are inspect, inspect-many, pages, page-N and own-N, page N of a PDF of our own: its letters are told with it.
    Ends without a word when the parent goes before it has a task.
    """
    limit_this_process()
    source, target = int(arguments[0]), int(arguments[1])
    _beside("pdfium")  # most uploads are PDFs; this time nobody waits for
    task, _, kind = sys.stdin.readline().strip().partition(" ")
    if not task:
        return
    try:
        if task == "inspect-many":
            inspect_many(source)
            return
        with os.fdopen(source, "rb") as file:
            data = file.read()
        if task == "inspect":
            _say({"pages": inspect(data, kind)})
        elif task.startswith("own-"):
            page, glyphs = own_page(data, int(task.removeprefix("own-")))
            _hand_out(page, target, glyphs=glyphs)
        else:
            only = int(task.removeprefix("page-")) if task.startswith("page-") else None
            purse = Purse(len(data))
            _serve(pages(data, kind, purse, only), purse, target, sys.stdin.readline)
    except Exception as error:  # every way a hostile file can break a decoder ends in one line
        _say({"refused": refusal_code(error)})


def _serve(found: Iterator[Page], purse: Purse, target: int, wait: Callable[[], str]) -> None:
    """Hand out one page at a time, so that never more than one stands in memory."""
    while wait():
        purse.open()
        page = next(found, None)
        if page is None:
            _say({"end": True})
            return
        purse.earn(page.size[0] * page.size[1])
        _hand_out(page, target)


def _hand_out(page: Page, target: int, **more: Any) -> None:
    """Write a page's pixels into the memory file and say their size, and what `more` there is to say."""
    os.ftruncate(target, 0)
    os.lseek(target, 0, os.SEEK_SET)
    left = memoryview(page.pixels)
    while left:
        left = left[os.write(target, left) :]
    width, height = page.size
    told = {"height": height, "width": width, "dpi": page.dpi, "colour": page.colour, "bilevel": page.bilevel}
    _say({**told, **more})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
