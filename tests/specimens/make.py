"""Makes the museum of bad uploads, each by name and from nothing: small bytes that are large trouble."""

import struct
import zipfile
import zlib
from io import BytesIO

import numpy as np
import pillow_heif
from PIL import Image
from pypdf import PdfWriter


def picture(width=620, height=877, mode="RGB"):
    """Return a small page with a black bar, a red patch and a gray ramp: its look proves the decoder right."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[40:80, 60:-60] = 0
    pixels[200:300, 100:200] = (200, 20, 30)
    pixels[400:440] = np.linspace(0, 255, width).astype(np.uint8)[None, :, None]
    return Image.fromarray(pixels).convert(mode)


def image(kind="jpeg", mode="RGB", **options):
    """Return the small page as bytes of some kind."""
    file = BytesIO()
    page = picture(mode=mode)
    if kind == "heic":
        pillow_heif.from_pillow(page).save(file, quality=80)
    else:
        page.save(file, kind.upper(), **options)
    return file.getvalue()


def rotated_jpeg(orientation=6):
    """Return a JPEG lying on its side that says so in its EXIF record."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = picture().transpose(Image.Transpose.ROTATE_90)
    file = BytesIO()
    turned.save(file, "JPEG", exif=exif, quality=90)
    return file.getvalue()


def sixteen_bit(kind="png"):
    """Return a 16 bit gray page whose mid gray must stay mid gray."""
    values = np.full((300, 200), 32768, np.uint16)
    values[:50] = 0
    values[-50:] = 65535
    file = BytesIO()
    Image.fromarray(values).save(file, kind.upper())
    return file.getvalue()


def tiff(pages=3):
    """Return a TIFF of several pages."""
    file = BytesIO()
    small = [picture(200, 280) for _ in range(pages)]
    small[0].save(
        file, "TIFF", save_all=True, append_images=small[1:], compression="tiff_lzw", dpi=(200, 200)
    )
    return file.getvalue()


def truncated_jpeg():
    """Return a JPEG whose upload broke off in the middle."""
    whole = image("jpeg")
    return whole[: len(whole) // 2]


def truncated_png():
    """Return a PNG whose upload broke off in the middle."""
    whole = image("png")
    return whole[: len(whole) // 2]


def damaged_png():
    """Return a PNG with all its chunks whose picture data is noise."""
    header = struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", b"not deflated at all")
        + _chunk(b"IEND", b"")
    )


def huge_png(side=30000):
    """Return a white 1 bit PNG of side x side pixels: 110 KB that decode to 900 million pixels."""
    squeeze = zlib.compressobj(9)
    row = b"\x00" + b"\xff" * (side // 8)
    data = b"".join(squeeze.compress(row * 100) for _ in range(side // 100)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def large_scan(width=7016, height=9933):
    """Return a 600 dpi A3 JPEG (70 million pixels): honest, and to be accepted."""
    file = BytesIO()
    page = Image.new("L", (width, height), 255)
    page.paste(0, (500, 500, 6000, 700))
    page.save(file, "JPEG", dpi=(600, 600), quality=50)
    return file.getvalue()


def pdf(pages=1, size=(595, 842)):
    """Return a PDF of blank vector pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(*size)
    return _written(writer)


def scan_pdf(dpi=150):
    """Return a PDF holding one page-size scan of 620 x 877 pixels at dpi."""
    file = BytesIO()
    picture().save(file, "PDF", resolution=dpi)
    return file.getvalue()


def encrypted_pdf(user_password=""):
    """Return an encrypted PDF; with an empty user password most readers open it without a word."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.encrypt(user_password=user_password, owner_password="owner", algorithm="AES-128")
    return _written(writer)


def _written(writer):
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def web_page_before_pdf():
    """Return an HTML page with a whole PDF behind it, which lenient readers open as a PDF."""
    return b"<html><script>alert(1)</script></html>\n" + pdf()


def pdf_with_web_page():
    """Return a PDF whose first comment is a web page."""
    whole = pdf()
    return whole[:9] + b"%<html><script>alert(1)</script>\n" + whole[9:]


def pdf_and_zip():
    """Return a PDF that is a zip archive too."""
    file = BytesIO(pdf())
    file.seek(0, 2)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("a.txt", "hidden")
    return file.getvalue()


def endless_page_pdf(loops=40_000_000):
    """Return a PDF whose one page draws for ever: a form that is drawn by a form that is drawn by …, ten each."""
    parts, offsets, body = [], [], b"%PDF-1.4\n"
    depth = 9
    parts.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    parts.append(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
    parts.append(
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>"
    )
    parts.append(_stream(b"", b"/F Do " * 10))
    for level in range(depth):
        more = b"/Resources << /XObject << /F %d 0 R >> >>" % (6 + level) if level < depth - 1 else b""
        drawing = b"/F Do " * 10 if level < depth - 1 else b"0 0 595 842 re f " * (loops // 10**7)
        parts.append(_stream(b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] " + more, drawing))
    for number, part in enumerate(parts, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, len(body))
    return body + head + table + tail


def _stream(entries, content):
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def many_frames_tiff():
    """Return a TIFF of more pages than one upload may hold."""
    file = BytesIO()
    small = [Image.new("1", (8, 8)) for _ in range(80)]
    small[0].save(file, "TIFF", save_all=True, append_images=small[1:])
    return file.getvalue()
