"""Packages somebody made to hurt: each is a zip, made from nothing, with the code of the fault that must be found."""

import io
import struct
import zipfile

TOP = "yinzheng-archive/"


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in members:
            made.writestr(name, data, None if isinstance(name, zipfile.ZipInfo) else method)
    return out.getvalue()


def named(name):
    return zipped((TOP + "bagit.txt", b"x"), (name, b"x"))


def linked():
    item = zipfile.ZipInfo(TOP + "data/link")
    item.external_attr = 0o120777 << 16
    return zipped((item, b"/etc/passwd"))


def device():
    item = zipfile.ZipInfo(TOP + "data/device")
    item.external_attr = 0o020666 << 16
    return zipped((item, b""))


def encrypted():
    """The flag of a password in both headers."""
    data = bytearray(zipped((TOP + "data/a", b"x" * 40)))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + place] |= 1
    return bytes(data)


def patched(data, old, new):
    """The same bytes with a name changed in the directory alone, or wherever it stands last."""
    at = data.rindex(old)
    return data[:at] + new + data[at + len(old) :]


def overlapping():
    """Two members of the directory are one in the file."""
    data = bytearray(zipped((TOP + "data/a", b"x" * 500), (TOP + "data/b", b"y" * 500)))
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)
    return bytes(data)


def lying():
    """The directory says less than comes out."""
    data = bytearray(zipped((TOP + "data/a", b"x" * 5000), method=zipfile.ZIP_DEFLATED))
    for sign, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(sign) + place
        data[at : at + 4] = struct.pack("<I", 10)
    return bytes(data)


def bomb():
    return zipped((TOP + "data/zeros", bytes(40 << 20)))


def wrong_sum():
    data = bytearray(zipped((TOP + "data/a", b"payload" * 9), method=zipfile.ZIP_STORED))
    at = data.index(b"payload")
    data[at] ^= 1
    return bytes(data)


WHOLE = zipped((TOP + "bagit.txt", b"x"), (TOP + "data/a", b"y" * 100))
PARCELS = {
    "empty": (b"", "not_a_zip"),
    "text": (b"hello", "not_a_zip"),
    "behind-a-program": (b"MZ" + bytes(100) + WHOLE, "not_a_zip"),
    "cut-short": (WHOLE[: len(WHOLE) // 2], "damaged"),
    "no-directory": (WHOLE[: WHOLE.index(b"PK\x01\x02")], "damaged"),
    "up": (named(TOP + "../../etc/cron.d/x"), "bad_name"),
    "up-inside": (named(TOP + "data/../../x"), "bad_name"),
    "absolute": (named("/etc/passwd"), "bad_name"),
    "drive": (named("C:/windows/x"), "bad_name"),
    "backslash": (named(TOP + "data\\..\\x"), "bad_name"),
    "elsewhere": (named("other/x"), "bad_name"),
    "hidden": (named(TOP + "data/.ssh"), "bad_name"),
    "chinese-name": (named(TOP + "data/文勇俊.pdf"), "bad_name"),
    "long-name": (named(TOP + "data/" + "a" * 300), "bad_name"),
    "nul": (patched(named(TOP + "data/abc"), b"data/abc", b"data/a\0c"), "bad_name"),
    "id-number-in-name": (named(TOP + "data/G140499201104120011.pdf"), "personal_name"),
    "telephone-in-name": (named(TOP + "data/13800000000.pdf"), "personal_name"),
    "link": (linked(), "not_a_file"),
    "device": (device(), "not_a_file"),
    "folder": (named(TOP + "data/folder/"), "not_a_file"),
    "password": (encrypted(), "encrypted"),
    "bzip2": (zipped((TOP + "data/a", b"x" * 90), method=zipfile.ZIP_BZIP2), "bad_compression"),
    "lzma": (zipped((TOP + "data/a", b"x" * 90), method=zipfile.ZIP_LZMA), "bad_compression"),
    "bomb": (bomb(), "bomb"),
    "overlap": (overlapping(), "overlap"),
    "lies-about-its-size": (lying(), "damaged"),
    "wrong-sum": (wrong_sum(), "damaged"),
    "other-name-inside": (patched(WHOLE, b"data/a", b"data/b"), "damaged"),
    "same-name-twice": (
        zipped((TOP + "data/a", b"1"), (TOP + "data/b", b"2")).replace(b"data/b", b"data/a"),
        "duplicate_name",
    ),
    "same-but-for-case": (zipped((TOP + "data/a", b"1"), (TOP + "data/A", b"2")), "duplicate_name"),
    "file-and-folder": (zipped((TOP + "data/a", b"1"), (TOP + "data/a/b", b"2")), "duplicate_name"),
}
