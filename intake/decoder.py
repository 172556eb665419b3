"""The child process that opens hostile uploads under limits; it imports nothing of ours and ends with its file.

Started by `intake.uploads` as a script with two inherited descriptors: the upload, and a memory file for pixels.
It answers one JSON line per request on its output; a blank line on its input asks for the next page.
"""

import json
import math
import os
import resource
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

MEMORY_LIMIT = 1_500_000_000  # a 70 Mpx CMYK page needs 0.9 GB at its peak; more is an attack
CPU_SECONDS = 150  # sixty honest pages take 30 s here; a bomb must not hold a core for long
MAX_PAGES = 60  # a stack somebody scanned; more is split by the caller
MAX_SOURCE_PIXELS = 100_000_000  # 600 dpi A3 is 70 Mpx and must be accepted
MAX_PAGE_PIXELS = 40_000_000  # what a reading gets at most: 415 dpi A3
PIXEL_FILE_LIMIT = 3 * MAX_PAGE_PIXELS
VECTOR_DPI = 200.0  # pages that hold no scan: the resolution readings are tuned on
MAX_RENDER_DPI = 300.0  # recognition gains nothing above it
SCAN_SHARE = 0.1  # an image smaller than this share of its page is a logo, not a scan

Page = tuple[Any, float | None, bool]


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


def fitting_scale(width: float, height: float) -> float:
    """Return the factor (at most 1) that brings a page of so many pixels under MAX_PAGE_PIXELS."""
    return min(1.0, math.sqrt(MAX_PAGE_PIXELS / max(width * height, 1.0)))


def has_colour(pixels: Any) -> bool:
    """Tell whether BGR pixels hold real colour: a tinted sheet or some strongly coloured ink, not JPEG noise."""
    sample = pixels[::3, ::3].astype("int16")
    chroma = sample.max(axis=2) - sample.min(axis=2)
    return bool((chroma >= 8).mean() > 0.001 or (chroma >= 60).mean() > 0.00002)


def check_complete(data: bytes, kind: str) -> None:
    """Refuse files whose end is visibly missing, before any decoder fills the gap with grey."""
    if kind == "pdf" and b"%%EOF" not in data[-2048:]:
        raise Refusal("truncated")
    if kind == "png" and b"IEND\xaeB`\x82" not in data:
        raise Refusal("truncated")
    if kind == "jpeg" and not _jpeg_is_whole(data):
        raise Refusal("truncated")
    if kind == "heic":
        _check_boxes(data)


def _jpeg_is_whole(data: bytes) -> bool:
    """Walk the segments to the first scan; from there on FF D9 can only be the end-of-image marker."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise Refusal("damaged")
        marker = data[at + 1]
        if marker == 0xDA:
            return data.find(b"\xff\xd9", at) >= 0
        if marker == 0xFF or 0xD0 <= marker <= 0xD8 or marker == 0x01:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return False


def _check_boxes(data: bytes) -> None:
    """Refuse an ISO media file whose top-level boxes reach beyond its end."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:
            return
        if size < 8 or at + size > len(data):
            raise Refusal("truncated")
        at += size


def open_pdf(data: bytes) -> Any:
    """Open a PDF by pdfium; passwords (empty ones too), no pages or too many pages are refused."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD or "assword" in str(error)
        raise Refusal("encrypted_pdf" if locked else "damaged") from None
    if raw.FPDF_GetSecurityHandlerRevision(document) >= 0:
        raise Refusal("encrypted_pdf")
    _check_count(len(document))
    return document


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
    import pypdfium2
    from pypdfium2 import raw

    wide, high = page.get_size()
    native = _scan_dpi(page, wide * high)
    dpi = min(native or VECTOR_DPI, MAX_RENDER_DPI)
    dpi *= fitting_scale(wide * dpi / 72, high * dpi / 72)
    width, height = max(round(wide * dpi / 72), 1), max(round(high * dpi / 72), 1)
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, raw.FPDFBitmap_BGR)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, raw.FPDF_ANNOT)
    pixels = bitmap.to_numpy().copy()
    return pixels, dpi, native is None or has_colour(pixels)


def _scan_dpi(page: Any, page_area: float) -> float | None:
    """Return the resolution of the finest image that covers a good share of the page, None without one."""
    from pypdfium2 import raw

    found = []
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = item.get_bounds()
        area = (right - left) * (top - bottom)
        if area > SCAN_SHARE * page_area:
            width, height = item.get_px_size()
            found.append(math.sqrt(width * height / area) * 72)
    return max(found, default=None)


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
    _check_pixels(image)
    return image


def _check_pixels(image: Any) -> None:
    if image.width * image.height > MAX_SOURCE_PIXELS:
        raise Refusal("too_many_pixels")


def image_pages(data: bytes, kind: str, only: int | None = None) -> Iterator[Page]:
    """Decode each page of a picture, or `only` one: TIFF pages one by one, of all others the first picture."""
    image = open_image(data, kind)
    count = getattr(image, "n_frames", 1) if kind == "tiff" else 1
    for number in range(count) if only is None else [only]:
        if number:
            image.seek(number)
            _check_pixels(image)
        yield _decode(image)


def _decode(image: Any) -> Page:
    import numpy as np
    from PIL import ImageOps

    dpi = _resolution(image)
    shrink = math.ceil(1 / fitting_scale(image.width, image.height))
    coloured = image.mode not in {"1", "L", "LA"} and not image.mode.startswith(("I", "F"))
    picture = _eight_bits(image)
    if shrink > 1:
        picture = picture.reduce(shrink)
    picture = ImageOps.exif_transpose(picture)
    pixels = np.ascontiguousarray(np.asarray(_on_white(picture))[:, :, ::-1])
    return pixels, dpi / shrink if dpi else None, coloured and has_colour(pixels)


def _resolution(image: Any) -> float | None:
    """Return the resolution the file states, when it is one a scanner or camera could mean."""
    try:
        dpi = float(image.info.get("dpi", (0, 0))[0])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    return dpi if 30 <= dpi <= 2400 else None


def _eight_bits(image: Any) -> Any:
    """Bring 16 and 32 bit grays down to 8 bits by their range: Pillow's own conversion clips them to white."""
    if not image.mode.startswith(("I", "F")):
        return image
    import numpy as np
    from PIL import Image

    values = np.asarray(image).astype("float32")
    top = float(values.max(initial=0))
    full = 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0 if top <= 65535 else top
    if image.mode.startswith("I;16"):
        full = 65535.0
    gray = Image.fromarray((np.clip(values / full, 0, 1) * 255).astype("uint8"))
    gray.info = dict(image.info)
    gray.getexif().update(image.getexif())
    return gray


def _on_white(picture: Any) -> Any:
    """Return the picture as RGB; what is transparent shows white paper."""
    from PIL import Image

    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture).convert("RGB")
    return picture.convert("RGB")


def inspect(data: bytes, kind: str) -> int:
    """Return the number of pages, from headers alone."""
    check_complete(data, kind)
    if kind == "pdf":
        return len(open_pdf(data))
    image = open_image(data, kind)
    return int(getattr(image, "n_frames", 1)) if kind == "tiff" else 1


def pages(data: bytes, kind: str, only: int | None = None) -> Iterator[Page]:
    """Yield (BGR pixels, dpi or None, colour) of each page; `only` picks one."""
    check_complete(data, kind)
    return pdf_pages(data, only) if kind == "pdf" else image_pages(data, kind, only)


def refusal_code(error: BaseException) -> str:
    """Return the refusal a library's error means; only decoders see these, so any of them is a bad file."""
    if isinstance(error, Refusal):
        return error.code
    if isinstance(error, MemoryError):
        return "decoder_limit"
    text = str(error).lower()
    return "truncated" if "truncated" in text or "unexpected end" in text else "damaged"


def main(arguments: list[str]) -> None:
    """Serve one upload: arguments are the task (inspect, pages, page-N), the kind and the two descriptors."""
    limit_this_process()
    task, kind, source, target = arguments[0], arguments[1], int(arguments[2]), int(arguments[3])
    try:
        with os.fdopen(source, "rb") as file:
            data = file.read()
        if task == "inspect":
            _say({"pages": inspect(data, kind)})
        else:
            only = int(task.removeprefix("page-")) if task.startswith("page-") else None
            _serve(pages(data, kind, only), target, sys.stdin.readline)
    except Exception as error:  # every way a hostile file can break a decoder ends in one line
        _say({"refused": refusal_code(error)})


def _serve(found: Iterator[Page], target: int, wait: Callable[[], str]) -> None:
    """Hand out one page at a time, so that never more than one stands in memory."""
    while wait():
        page = next(found, None)
        if page is None:
            _say({"end": True})
            return
        pixels, dpi, colour = page
        os.ftruncate(target, 0)
        os.lseek(target, 0, os.SEEK_SET)
        left = memoryview(pixels).cast("B")
        while left:
            left = left[os.write(target, left) :]
        _say({"height": pixels.shape[0], "width": pixels.shape[1], "dpi": dpi, "colour": colour})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
