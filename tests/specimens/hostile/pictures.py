"""Makes the hostile pictures from nothing: small files that ask a decoder for hours, gigabytes or mistakes."""

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

from tests.specimens import make

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def deflated(byte, count):
    """Return `count` times one byte, deflated: a megabyte for each gigabyte. A block is repeated, so that it is quick."""
    block, check = byte * (1 << 20), 1
    whole, rest = divmod(count, 1 << 20)
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    for _ in range(whole):
        check = zlib.adler32(block, check)
    check = zlib.adler32(byte * rest, check)
    return b"\x78\xda" + piece * whole + squeeze.compress(byte * rest) + squeeze.flush() + check.to_bytes(4)


def chunk(kind, data):
    """Return one PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data, *, bits=8, colour=2, interlace=0, extra=b""):
    """Return a PNG of any promise: colour type and bits, `data` as it stands in IDAT, chunks `extra` before it."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace)
    return PNG_MAGIC + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def flat_png(width, height, *, bits=8, colour=2, interlace=0):
    """Return a PNG that really holds its pixels, all zero."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    rows = height * (1 + (width * bits * channels + 7) // 8) + (width + height) * 8 * interlace
    palette = chunk(b"PLTE", b"\xff\xff\xff\0\0\0") if colour == 3 else b""
    return png(
        width, height, deflated(b"\0", rows), bits=bits, colour=colour, interlace=interlace, extra=palette
    )


def text_bomb_png(kind):
    """Return a good small PNG with a compressed note of 500 MB: a profile, a text, an international text."""
    bomb = deflated(b"A", 500 << 20)
    before = {"iCCP": b"a\0\0", "zTXt": b"a\0\0", "iTXt": b"a\0\1\0\0\0"}[kind]
    page = zlib.compress((b"\0" + b"\xff" * 600) * 280)
    return png(200, 280, page, extra=chunk(kind.encode(), before + bomb))


def many_notes_png(count=200_000):
    """Return a good small PNG with hundreds of thousands of notes."""
    page = zlib.compress((b"\0" + b"\xff" * 600) * 280)
    return png(200, 280, page, extra=chunk(b"tEXt", b"a\0" + b"b" * 10) * count)


def overfull_png():
    """Return a PNG of 100 x 100 pixels whose data inflates to two gigabytes."""
    return png(100, 100, deflated(b"\0", 2 << 30))


def many_frames_png(frames=500):
    """Return an animated PNG: a page is its first picture."""
    file = BytesIO()
    first = make.picture(200, 280)
    others = [Image.new("RGB", (200, 280), (number % 256, 0, 0)) for number in range(frames)]
    first.save(file, "PNG", save_all=True, append_images=others)
    return file.getvalue()


def sixteen_bit_colour_png():
    """Return a 16 bit colour PNG whose pixels are a mid gray."""
    rows = (b"\0" + struct.pack(">H", 32768) * 3 * 200) * 280
    return png(200, 280, zlib.compress(rows), bits=16)


def jpeg_said_to_be(width, height):
    """Return a JPEG whose header promises another size than its data holds."""
    data = bytearray(make.image("jpeg"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def many_scans_jpeg(scans=3000, side=6000):
    """Return a progressive JPEG whose refinement is repeated thousands of times: each goes over all pixels again."""
    file = BytesIO()
    Image.new("L", (side, side), 255).save(file, "JPEG", progressive=True, quality=50)
    data = file.getvalue()
    starts = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]
    last = data[starts[-1] : data.rindex(b"\xff\xd9")]
    return data[: data.rindex(b"\xff\xd9")] + last * scans + b"\xff\xd9"


def many_segments_jpeg(count=300_000):
    """Return a good JPEG with hundreds of thousands of comments."""
    whole = make.image("jpeg")
    return whole[:2] + b"\xff\xfe\x00\x03x" * count + whole[2:]


def filled_jpeg(count=20 << 20):
    """Return a good JPEG with twenty megabytes of fill bytes between two markers."""
    whole = make.image("jpeg")
    return whole[:2] + b"\xff" * count + whole[2:]


def looping_exif_jpeg():
    """Return a JPEG whose EXIF record leads to itself."""
    entries = struct.pack("<HHHII", 2, 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x0112, 3, 1, 6)
    tiff = b"II*\0" + struct.pack("<I", 8) + entries + struct.pack("<I", 8)
    record = b"Exif\0\0" + tiff
    whole = make.image("jpeg")
    return whole[:2] + b"\xff\xe1" + struct.pack(">H", len(record) + 2) + record + whole[2:]


def tiff(entries, data=b"", following=0):
    """Return a TIFF of one directory: entries of (tag, type, count, value or offset), `data` from byte 8 on."""
    at = 8 + len(data) + len(data) % 2
    rows = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    directory = struct.pack("<H", len(entries)) + rows + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", at) + data.ljust(at - 8, b"\0") + directory


def gray_tiff(width, height, data, *, compression=1, extra=()):
    """Return a gray TIFF of any promise in one strip."""
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, compression),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, len(data)),
    ]
    kept = {tag for tag, *_ in extra}
    return tiff([entry for entry in entries if entry[0] not in kept] + list(extra), data)


def flat_tiff(side=8900):
    """Return a TIFF that really holds its 79 million pixels, in a strip of 80 KB."""
    return gray_tiff(side, side, deflated(b"\0", side * side), compression=8)


def looping_tiff():
    """Return a TIFF whose one directory is followed by itself."""
    data = gray_tiff(200, 280, b"\xff" * 56_000)
    at = struct.unpack_from("<I", data, 4)[0]
    return data[:-4] + struct.pack("<I", at)


def endless_tiff(directories=100_000):
    """Return a TIFF of a hundred thousand directories, all with the same strip."""
    strip, size = b"\xff" * 64, 2 + 9 * 12 + 4
    found = [b"II*\0" + struct.pack("<I", 72) + strip]
    tags = [(256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 8), (279, 64)]
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    found += [
        struct.pack("<H", 9) + rows + struct.pack("<I", 72 + size * number)
        for number in range(1, directories + 1)
    ]
    found[-1] = found[-1][:-4] + bytes(4)
    return b"".join(found)


def many_strips_tiff():
    """Return a TIFF that promises four thousand million strips."""
    return gray_tiff(8000, 8000, b"\0" * 64, extra=[(273, 4, 0xFFFFFFFF, 8), (279, 4, 0xFFFFFFFF, 8)])


def small_tiles_tiff(side=4096):
    """Return a TIFF cut into a million tiles of 16 x 16 pixels, all of them the same bytes."""
    count = (side // 16) ** 2
    tile, offsets = b"\0" * 256, struct.pack("<I", 8) * count
    sizes = struct.pack("<I", 256) * count
    data = tile + offsets + sizes
    entries = [
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (322, 3, 1, 16),
        (323, 3, 1, 16),
        (324, 4, count, 8 + 256),
        (325, 4, count, 8 + 256 + 4 * count),
    ]
    return tiff(entries, data)


def many_samples_tiff():
    """Return a TIFF that promises 65535 values for each pixel."""
    return gray_tiff(8000, 8000, b"\0" * 64, extra=[(277, 3, 1, 65535)])


def fax_stack_tiff(pages, width=4960, height=7016):
    """Return blank 600 dpi pages of a few hundred bytes each, as an honest machine sends them."""
    file = BytesIO()
    page = Image.new("1", (width, height), 1)
    page.save(
        file, "TIFF", save_all=True, append_images=[page] * (pages - 1), compression="group4", dpi=(600, 600)
    )
    return file.getvalue()


def heic_said_to_be(width, height):
    """Return a HEIC whose header promises another size than its data holds."""
    data = bytearray(make.image("heic"))
    at = data.find(b"ispe")
    while at >= 0:
        data[at + 8 : at + 16] = struct.pack(">II", width, height)
        at = data.find(b"ispe", at + 4)
    return bytes(data)


def flat_heic(width=4000, height=3000):
    """Return a HEIC of twelve million white pixels in a few kilobytes."""
    import pillow_heif

    file = BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (width, height), "white")).save(file, quality=10)
    return file.getvalue()


def nested_boxes_heic(depth=200_000):
    """Return an ISO file of boxes within boxes within boxes."""
    inner = b""
    sizes = range(8, 8 * depth + 8, 8)
    inner = b"".join(struct.pack(">I", size) + b"meta" for size in reversed(sizes))
    return struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + inner


def many_items_heic(count=60_000):
    """Return a HEIC whose directory lists tens of thousands of items."""
    one = struct.pack(">I", 21) + b"infe\2\0\0\0%s" + bytes(2) + b"hvc1\0"
    rows = b"".join(one.replace(b"%s", struct.pack(">H", number)) for number in range(count))
    table = struct.pack(">I", 14 + len(rows)) + b"iinf\0\0\0\0" + struct.pack(">H", count % 65536) + rows
    meta = struct.pack(">I", 12 + len(table)) + b"meta\0\0\0\0" + table
    return struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + meta


def noise(seed=1, size=5000):
    """Return bytes of chance."""
    return np.random.default_rng(seed).bytes(size)
