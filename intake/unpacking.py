"""The child process that takes a package apart under limits; it imports nothing of ours and ends with its file.

Started by `intake.packages` as a script with two inherited descriptors: the zip, and a file for what is in it, one member
behind the other. It answers JSON lines: a fault, or a member with where it lies, and at last that this is the end.
"""

import hashlib
import json
import os
import re
import resource
import stat
import sys
import zipfile
from collections.abc import Iterator, Mapping
from typing import BinaryIO

TOP = "yinzheng-archive/"
MEMORY_LIMIT = 700_000_000  # of addresses: the directory of 200,000 members takes 300 MB
CPU_SECONDS = 60  # to look at a directory and to begin
CPU_SECONDS_PER_GB = 60  # … more for what is to be inflated and hashed: an idle machine takes 10 s
MAX_MEMBERS = 200_000  # twice the files of a school of 5,000 students
MAX_FILE = 80 << 20  # the largest upload is 50 MB; the list of a school's own file stays below
MAX_TOTAL = 16 << 30  # what comes out at most
MAX_RATIO = 200  # times the packed size; our pages and lists pack 30 times
FREE = 1 << 20  # bytes below which the ratio says nothing
PIECE = 1 << 20
LOCAL_HEADER = 30
NAME = re.compile(r"(?:[A-Za-z0-9_=-][A-Za-z0-9._=-]*/)*[A-Za-z0-9_=-][A-Za-z0-9._=-]*")
MAX_NAME = 200
PERSONAL = re.compile(r"[0-9]{17}[0-9Xx]|(?:1[3-9][0-9]{9})(?![0-9])")
"""An id number, which every 学籍号 holds, or a telephone number."""
DIGITS = re.compile(r"[0-9]{6,}")
PLAIN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def limit_this_process(size: int) -> None:
    """Take away memory, time, file size and core dumps before the first hostile byte is looked at."""
    seconds = CPU_SECONDS + CPU_SECONDS_PER_GB * (size >> 30)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_TOTAL, MAX_TOTAL))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def told(name: str) -> str:
    """A name as it may be told: what could be somebody's number is hidden, as is what no terminal should print."""
    shown = name.encode("ascii", "backslashreplace").decode("ascii")[:MAX_NAME]
    return DIGITS.sub("…", "".join(char if char.isprintable() else "?" for char in shown))


def faults(members: list[zipfile.ZipInfo]) -> Iterator[tuple[str, str]]:
    """What is wrong with a directory, by code and name; nothing is unpacked when there is anything."""
    if len(members) > MAX_MEMBERS:
        yield "too_many_files", ""
        return
    if sum(one.file_size for one in members) > MAX_TOTAL:
        yield "too_large", ""
    seen: set[str] = set()
    parents: set[str] = set()
    for one in members:
        yield from ((code, told(one.filename)) for code in _of(one))
        key = one.filename.lower()
        if key in seen:
            yield "duplicate_name", told(one.filename)
        seen.add(key)
        parts = key.split("/")[:-1]
        parents |= {"/".join(parts[: place + 1]) for place in range(len(parts))}
    yield from (("duplicate_name", told(name)) for name in sorted(seen & parents))
    end = 0
    for one in sorted(members, key=lambda one: one.header_offset):
        if one.header_offset < end:
            yield "overlap", told(one.filename)
        end = one.header_offset + LOCAL_HEADER + len(one.filename) + one.compress_size


def _of(one: zipfile.ZipInfo) -> Iterator[str]:
    """What is wrong with one member, by its entry in the directory."""
    name = one.orig_filename
    inside = name.removeprefix(TOP)
    if inside == name or len(name) > MAX_NAME or name != one.filename or not NAME.fullmatch(inside):
        yield "bad_name"
    if PERSONAL.search(inside) and not _is_volume(inside):
        yield "personal_name"
    mode = one.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG} or one.is_dir():
        yield "not_a_file"
    if one.flag_bits & 0x41:
        yield "encrypted"
    if one.compress_type not in PLAIN:
        yield "bad_compression"
    if one.file_size > MAX_FILE:
        yield "too_large"
    if one.file_size > FREE and one.file_size > MAX_RATIO * max(one.compress_size, 1):
        yield "bomb"


def _is_volume(inside: str) -> bool:
    """Tell whether the long digits of a name are only those of the volume: XJ-3114000123-2025-Y-11-0001."""
    return PERSONAL.search(re.sub(r"^XJ-[0-9]{6,10}(?=[-/])", "", inside)) is None


def unpack(source: BinaryIO, target: BinaryIO) -> Iterator[Mapping[str, object]]:
    """Take every member out, one behind the other; each is told when it is out."""
    if source.read(4) != b"PK\x03\x04":
        yield {"fault": "not_a_zip", "path": ""}
        return
    source.seek(0)
    with zipfile.ZipFile(source) as package:
        members = package.infolist()
        found = sorted(set(faults(members)))
        yield from ({"fault": code, "path": path} for code, path in found[:MAX_MEMBERS])
        at = 0
        for one in [] if found else members:
            digest, size = hashlib.sha256(), 0
            with package.open(one) as member:
                while piece := member.read(PIECE):
                    digest.update(piece)
                    size += len(piece)
                    target.write(piece)
            path = one.filename.removeprefix(TOP)
            yield {"path": path, "size": size, "at": at, "sha256": digest.hexdigest()}
            at += size
    target.flush()


def main(arguments: list[str]) -> None:
    """Serve one package: arguments are the two descriptors."""
    source_at, target_at = int(arguments[0]), int(arguments[1])
    limit_this_process(os.fstat(source_at).st_size)
    try:
        with os.fdopen(source_at, "rb") as source, os.fdopen(target_at, "wb") as target:
            for line in unpack(source, target):
                sys.stdout.write(json.dumps(line) + "\n")
        last: dict[str, object] = {"end": True}
    except MemoryError:
        last = {"fault": "decoder_limit", "path": ""}
    except Exception:
        last = {"fault": "damaged", "path": ""}
    sys.stdout.write(json.dumps(last) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
