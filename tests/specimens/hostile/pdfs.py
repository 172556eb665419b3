"""Makes the hostile PDFs from nothing: bombs in streams, loops in trees and tables, endless drawing, active content."""

import zlib
from io import BytesIO

from PIL import Image

from tests.specimens import make
from tests.specimens.hostile.pictures import deflated

PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << %s >> %s >>"
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R %s >>"
TREE = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"


def stream(content, entries=b""):
    """Return a stream object."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def flate(content, entries=b""):
    """Return a stream object, deflated."""
    return stream(zlib.compress(content, 9), entries + b" /Filter /FlateDecode")


def written(parts, *, trailer=b""):
    """Return a PDF of these objects, numbered from 1, the first being the catalogue."""
    body, offsets = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    last = b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n"
    return body + head + table + last % (len(parts) + 1, trailer, len(body))


def paper(content, more=(), *, resources=b"", page=b"", catalogue=b""):
    """Return a PDF of one page: its content stream object, and objects from number 5 on."""
    return written([CATALOGUE % catalogue, TREE, PAGE % (resources, page), content, *more])


def bomb_pdf(size=1 << 30):
    """Return a page whose drawing is a gigabyte of blanks."""
    return paper(stream(deflated(b" ", size), b"/Filter /FlateDecode"))


def nested_bomb_pdf(layers=3):
    """Return a page whose drawing is deflated thrice: a few kilobytes for a gigabyte."""
    data = deflated(b" ", 1 << 30)
    for _ in range(layers - 1):
        data = zlib.compress(data, 9)
    return paper(stream(data, b"/Filter [" + b"/FlateDecode " * layers + b"]"))


def many_filters_pdf(layers=1000):
    """Return a page whose drawing asks for a thousand filters."""
    data = b"0 0 9 9 re f "
    for _ in range(30):
        data = zlib.compress(data)
    return paper(stream(data, b"/Filter [" + b"/FlateDecode " * layers + b"]"))


def lzw_bomb_pdf():
    """Return a page whose drawing is a run of one LZW code: it decodes to hundreds of megabytes."""
    codes, width, table = [256, 32], 9, 258
    bits, filled = 256 << 9 | 32, 18
    out = bytearray()
    for _ in range(700_000):
        code = min(table, 4094)
        bits, filled = bits << width | code, filled + width
        table += 1
        if table == 4095:
            bits, filled, width, table = bits << 12 | 256, filled + 12, 9, 258
            bits, filled = bits << 9 | 32, filled + 9
        elif table in {511, 1023, 2047}:
            width += 1
        while filled >= 8:
            filled -= 8
            out.append(bits >> filled & 255)
            bits &= (1 << filled) - 1
    del codes
    return paper(stream(bytes(out), b"/Filter /LZWDecode"))


def image_pdf(entries, data, size=b"595 0 0 842 0 0 cm"):
    """Return a page that shows one picture over all of it."""
    picture = stream(data, b"/Type /XObject /Subtype /Image " + entries)
    return paper(stream(b"q " + size + b" /I Do Q"), [picture], resources=b"/XObject << /I 5 0 R >>")


def huge_image_pdf(side=30_000):
    """Return a page with a picture of 900 million pixels in 110 KB."""
    entries = b"/Width %d /Height %d /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /FlateDecode" % (
        side,
        side,
    )
    return image_pdf(entries, deflated(b"\xff", side * side // 8))


def lying_image_pdf(entries):
    """Return a page whose picture promises what its few bytes cannot hold."""
    return image_pdf(b"/BitsPerComponent 8 /ColorSpace /DeviceRGB " + entries, zlib.compress(b"\0" * 1000))


def jpx_pdf(width=60_000, height=60_000):
    """Return a page with a JPEG 2000 picture whose header promises 3,600 million pixels."""
    file = BytesIO()
    Image.new("RGB", (64, 64)).save(file, "JPEG2000")
    data = bytearray(file.getvalue())
    at = data.index(b"\xff\x51")
    data[at + 6 : at + 14] = width.to_bytes(4) + height.to_bytes(4)
    data[at + 22 : at + 30] = width.to_bytes(4) + height.to_bytes(4)
    return image_pdf(b"/Width %d /Height %d /Filter /JPXDecode" % (width, height), bytes(data))


def jbig2_pdf(width=60_000, height=60_000):
    """Return a page with a JBIG2 picture: a page of 3,600 million pixels and a region of all of it."""
    size = width.to_bytes(4) + height.to_bytes(4)
    page = _segment(0, 48, size + bytes(8) + b"\0" + bytes(2))
    region = _segment(1, 38, size + bytes(8) + b"\0" + b"\x08" + bytes(100))
    entries = b"/Width %d /Height %d /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /JBIG2Decode"
    return image_pdf(entries % (width, height), page + region)


def _segment(number, kind, data):
    """Return one JBIG2 segment of page 1."""
    return number.to_bytes(4) + bytes([kind, 0, 1]) + len(data).to_bytes(4) + data


def fax_pdf(width=60_000, height=60_000):
    """Return a page with a fax picture of 3,600 million pixels."""
    parameters = b"/DecodeParms << /K -1 /Columns %d /Rows %d >>" % (width, height)
    entries = b"/Width %d /Height %d /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode " % (
        width,
        height,
    )
    return image_pdf(entries + parameters, b"\xff" * 200_000)


def many_images_pdf(count=4000):
    """Return a page that shows one picture of 25 million pixels thousands of times."""
    side = 5000
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode"
    picture = stream(deflated(b"\x80", side * side * 3), entries % (side, side))
    draw = b"".join(b"q 595 0 0 842 0 %d cm /I Do Q " % (number % 7) for number in range(count))
    return paper(flate(draw), [picture], resources=b"/XObject << /I 5 0 R >>")


def object_stream_bomb_pdf():
    """Return a PDF whose page stands in an object stream that inflates to half a gigabyte."""
    inner = b"1 0 2 37 3 90 " + CATALOGUE % b"" + b"\n" + TREE
    first = inner.index(b"<<")
    squeeze = zlib.compressobj(9)
    data = (
        squeeze.compress(inner)
        + b"".join(squeeze.compress(b" " * (1 << 20)) for _ in range(512))
        + squeeze.flush()
    )
    bundle = stream(data, b"/Type /ObjStm /N 2 /First %d /Filter /FlateDecode" % first)
    body = b"%PDF-1.7\n4 0 obj\n" + bundle + b"\nendobj\n"
    at = len(body)
    rows = bytes([0, 0, 0, 0]) + bytes([2, 0, 4, 0]) + bytes([2, 0, 4, 1]) + bytes([0, 0, 0, 0])
    rows += bytes([1]) + (9).to_bytes(2) + b"\0"
    table = stream(rows, b"/Type /XRef /W [1 2 1] /Size 5 /Root 1 0 R")
    return body + b"6 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % at


def xref_stream_bomb_pdf(size=1 << 30):
    """Return a PDF whose table is a stream of a gigabyte."""
    body = b"%PDF-1.7\n1 0 obj\n" + CATALOGUE % b"" + b"\nendobj\n"
    table = stream(
        deflated(b"\1", size), b"/Type /XRef /W [1 2 1] /Size 200000000 /Root 1 0 R /Filter /FlateDecode"
    )
    return body + b"6 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)


def self_xref_pdf(entry=b"/Prev"):
    """Return a PDF whose table is continued by itself."""
    data = written([CATALOGUE % b"", TREE, PAGE % (b"", b""), stream(b"")], trailer=entry + b" 0000000000")
    at = data.rindex(b"xref\n0 ")
    return data.replace(b"0000000000 >>\nstartxref", b"%010d >>\nstartxref" % at)


def long_prev_pdf(sections=60_000):
    """Return a PDF whose table has been continued tens of thousands of times."""
    body = b"%PDF-1.7\n"
    offsets = []
    for number, part in enumerate([CATALOGUE % b"", TREE, PAGE % (b"", b""), stream(b"")], start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    before = len(body)
    parts = [
        body,
        b"xref\n0 5\n0000000000 65535 f \n",
        *[b"%010d 00000 n \n" % at for at in offsets],
        b"trailer << /Size 5 /Root 1 0 R >>\n",
    ]
    at = sum(map(len, parts))
    for _ in range(sections):
        one = b"xref\n0 0\ntrailer << /Size 5 /Root 1 0 R /Prev %d >>\n" % before
        parts.append(one)
        before, at = at, at + len(one)
    return b"".join(parts) + b"startxref\n%d\n%%%%EOF\n" % before


def huge_table_pdf():
    """Return a PDF whose table promises two thousand million objects."""
    data = written([CATALOGUE % b"", TREE, PAGE % (b"", b""), stream(b"")])
    return data.replace(b"xref\n0 5\n", b"xref\n0 2000000000\n").replace(b"/Size 5", b"/Size 2000000000")


def tree_pdf(tree, *more):
    """Return a PDF whose page tree is this object, with others from number 5 on."""
    return written([CATALOGUE % b"", tree, PAGE % (b"", b""), stream(b""), *more])


def endless_tree_pdf(depth=50_000):
    """Return a PDF whose one page lies fifty thousand levels down."""
    levels = [
        b"<< /Type /Pages /Kids [%d 0 R] /Count 1 /Parent %d 0 R >>" % (6 + level, 4 + level)
        for level in range(depth)
    ]
    levels[-1] = levels[-1].replace(b"[%d 0 R]" % (5 + depth), b"[3 0 R]")
    return tree_pdf(b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>", *levels)


def branching_tree_pdf(depth=12):
    """Return a PDF whose tree has ten to the twelfth ways down to one page."""
    levels = [
        b"<< /Type /Pages /Kids [" + b"%d 0 R " % (6 + level) * 10 + b"] /Count 1 >>"
        for level in range(depth)
    ]
    levels[-1] = levels[-1].replace(b"%d 0 R" % (5 + depth), b"3 0 R")
    return tree_pdf(b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>", *levels)


def nested_pdf(depth=2_000_000):
    """Return a PDF whose page holds a list in a list in a list …, two million deep."""
    return paper(stream(b""), page=b"/Deep " + b"[" * depth + b"]" * depth)


def nested_drawing_pdf(depth=1_000_000):
    """Return a page whose drawing saves its state a million times, and nests lists."""
    return paper(flate(b"q " * depth + b"[" * depth + b"]" * depth + b" TJ"))


def self_drawing_pdf():
    """Return a page that draws a form that draws itself."""
    form = stream(
        b"/F Do /F Do",
        b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /F 5 0 R >> >>",
    )
    return paper(stream(b"/F Do"), [form], resources=b"/XObject << /F 5 0 R >>")


def self_pattern_pdf():
    """Return a page filled by a pattern that is filled by itself, in steps of a hundredth of a point."""
    pattern = stream(
        b"/Pattern cs /P scn 0 0 9 9 re f",
        b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 0.01 /YStep 0.01"
        b" /Resources << /Pattern << /P 5 0 R >> >>",
    )
    return paper(
        stream(b"/Pattern cs /P scn 0 0 595 842 re f"), [pattern], resources=b"/Pattern << /P 5 0 R >>"
    )


def branching_pattern_pdf(depth=8):
    """Return a page filled by a pattern of patterns of patterns, each in a hundred tiles."""
    entries = b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 595 842] /XStep 59 /YStep 84 /Resources << /Pattern << /P %d 0 R >> >>"
    levels = [
        stream(b"/Pattern cs /P scn 0 0 595 842 re f " * 5, entries % (6 + level))
        for level in range(depth - 1)
    ]
    last = stream(b"1 0 0 rg 0 0 30 40 re f", entries % (4 + depth))
    return paper(
        stream(b"/Pattern cs /P scn 0 0 595 842 re f"), [*levels, last], resources=b"/Pattern << /P 5 0 R >>"
    )


def type3_pdf(depth=8):
    """Return a page written in a font whose letter is written in a font whose letter …, twenty each."""
    font = b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 97 /LastChar 97 /Widths [1000] /Encoding << /Type /Encoding /Differences [97 /a] >> /CharProcs << /a %d 0 R >> /Resources << /Font << /T %d 0 R >> >> >>"
    parts = []
    for level in range(depth):
        parts.append(font % (6 + 2 * level, 7 + 2 * level if level < depth - 1 else 5))
        parts.append(stream(b"1000 0 d0 BT /T 900 Tf (" + b"a" * 20 + b") Tj ET"))
    return paper(stream(b"BT /T 40 Tf (" + b"a" * 20 + b") Tj ET"), parts, resources=b"/Font << /T 5 0 R >>")


def soft_mask_pdf(depth=400):
    """Return a page drawn through a mask through a mask through a mask …."""
    parts = []
    for level in range(depth):
        state = (
            b"/ExtGState << /M << /SMask << /S /Luminosity /G %d 0 R >> >> >>" % (6 + level)
            if level < depth - 1
            else b""
        )
        form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Group << /S /Transparency /CS /DeviceRGB >> /Resources << %s >>"
        parts.append(stream((b"/M gs " if state else b"") + b"0 0 595 842 re f", form % state))
    return paper(
        stream(b"/M gs 0 0 595 842 re f"),
        parts,
        resources=b"/ExtGState << /M << /SMask << /S /Luminosity /G 5 0 R >> >> >>",
    )


def many_paths_pdf(count=3_000_000):
    """Return a page of millions of lines, deflated to a few kilobytes."""
    return paper(flate(b"0 0 m 595 842 l S " * count))


def one_path_pdf(count=2_000_000):
    """Return a page of one outline with millions of corners, filled."""
    corners = b"".join(b"%d %d l " % (number * 7 % 595, number * 11 % 842) for number in range(1000))
    return paper(flate(b"0 0 m " + corners * (count // 1000) + b"f*"))


def fine_dashes_pdf():
    """Return a page of long lines in dashes of a hundred thousandth of a point."""
    return paper(stream(b"[0.00001 0.00001] 0 d " + b"0 0 m 595 842 l S " * 200))


def shading_pdf():
    """Return a page shaded by a program that counts for long at every point."""
    program = b"{ " + b"dup sin exch cos atan dup mul sqrt " * 3000 + b"pop dup dup }"
    function = stream(program, b"/FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1]")
    shading = b"<< /ShadingType 1 /ColorSpace /DeviceRGB /Function 5 0 R /Matrix [595 0 0 842 0 0] >>"
    return paper(stream(b"/S sh"), [function, shading], resources=b"/Shading << /S 6 0 R >>")


def many_letters_pdf(count=3_000_000):
    """Return a page of millions of letters."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    line = b"(" + b"abcdefghij" * 100 + b") Tj 0 0 Td "
    return paper(
        flate(b"BT /H 9 Tf " + line * (count // 1000) + b"ET"), [font], resources=b"/Font << /H 5 0 R >>"
    )


def box_pdf(box):
    """Return a page of any size and turn."""
    return written([CATALOGUE % b"", TREE, b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] >>" % box])


def predictor_pdf():
    """Return a page whose drawing is predicted from rows of two thousand million columns."""
    entries = b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 32 /BitsPerComponent 16 /Columns 2000000000 >>"
    return paper(stream(zlib.compress(b"0 0 9 9 re f"), entries))


def javascript_pdf():
    """Return a page that runs a program when it is opened, by three ways."""
    action = b"<< /S /JavaScript /JS (app.alert\\(1\\); while \\(true\\) {}) >>"
    return _with(
        b"/OpenAction %s /Names << /JavaScript << /Names [(a) %s] >> >>" % (action, action),
        b"/AA << /O %s >>" % action,
    )


def launch_pdf():
    """Return a page that starts a program of the reader's machine when it is opened."""
    action = b"<< /S /Launch /F (/bin/sh) /Win << /F (cmd.exe) /P (/c calc) >> >>"
    return _with(b"/OpenAction %s" % action, b"/AA << /O %s >>" % action)


def embedded_file_pdf():
    """Return a page that carries a program along."""
    file = b"/Names << /EmbeddedFiles << /Names [(a.exe) << /Type /Filespec /F (a.exe) /EF << /F 5 0 R >> >>] >> >>"
    return _with(file, b"", stream(b"MZ" + bytes(300), b"/Type /EmbeddedFile"))


def xfa_pdf():
    """Return a page with an XFA form, which other readers show in place of it."""
    form = stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><template/></xdp:xdp>")
    return _with(b"/AcroForm << /XFA 5 0 R /Fields [] >>", b"", form)


def external_pdf():
    """Return a page whose drawing and picture lie in files of the reading machine, and that calls an address."""
    action = b"/OpenAction << /S /URI /URI (http://127.0.0.1:1/) >>"
    picture = stream(
        b"",
        b"/Type /XObject /Subtype /Image /Width 9 /Height 9 /BitsPerComponent 8 /ColorSpace /DeviceGray /F (/etc/passwd)",
    )
    content = stream(b"0 0 595 842 re f /I Do", b"")
    return paper(content, [picture], resources=b"/XObject << /I 5 0 R >>", catalogue=action)


def _with(catalogue, page, *more):
    """A page with a black bar, so that one sees that it was drawn."""
    return paper(stream(b"60 700 400 40 re f"), more, page=page, catalogue=catalogue)


def behind(before):
    """Return a whole PDF behind other bytes."""
    return before + make.pdf()
