"""What is fuzzed, guided by coverage: the QR token, the layout of an archived paper, and the sniffing of uploads.

    python -m tests.fuzz.targets token 60 FOLDER      one target for so many seconds

FOLDER gets the seeds, what the run finds interesting, and `crash-…` for each finding. A target may raise the errors it
promises and nothing else, and what passes must be usable.
"""

import contextlib
import json
import random
import resource
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(
    include=["service.signing", "intake.headers", "intake.uploads", "intake.layouts", "intake.read"]
):
    from intake import headers, layouts, uploads
    from intake.errors import BadLayout, UploadRefused
    from intake.read import read_page
    from intake.reading import PageImage
    from service.errors import Problem
    from service.signing import BadCode, BadNote, KeyRing, PublicKeys, Token, address, slip_token
    from service.signing.serial import serial_text
    from service.signing.token import HEAD_BYTES, SHORT, SHORT_PAGES

from tests.engines import Fake
from tests.specimens import make, sheet
from tests.specimens.hostile.museum import MUSEUM

MEMORY = 2 << 30
"""No input may take more, in bytes: a service beside its workers has not more to give."""
KINDS = ("pdf", "jpeg", "png", "tiff", "heic")
BLANK = PageImage(0, np.full((280, 200, 3), 255, np.uint8), None, colour=False)
ODD = (
    None,
    True,
    -1,
    0,
    1e308,
    float("nan"),
    float("inf"),
    10**400,
    "",
    "x",
    "文" * 5000,
    [],
    {},
    [[]],
    [None] * 4,
    [0] * 4,
)
SMALL = 20_000
"""Bytes of the largest seed: mutating megabytes finds nothing."""


class Tokens:
    """The text of a QR code, and the published keys."""

    def __init__(self, folder):
        self.keys = KeyRing.open(folder / "keys", lambda: datetime(2026, 11, 16, tzinfo=UTC))

    def seeds(self):
        """Real tokens of every kind, and the key file."""
        one = Token(1, 7, 1, 1, serial_text(123456789), "3114000123", date(2026, 11, 16), bytes(12))
        many = Token(1, 7, 20, 200, serial_text(2**60 - 1), "140400", date(2100, 1, 1), bytes(11))
        slip = slip_token(key=1, evidence=9, serial=one.serial, school="3114000123", issued_on=one.issued_on)
        for token in (one, many, slip):
            yield address("yinzheng.example", self.keys.sign(token)).encode()
            yield self.keys.sign(token).encode()
            yield token.head()
        yield self.keys.published().encode()

    def run(self, data):
        """Refused by BadCode, or a token whose head can be written again; also for heads that we ourselves signed."""
        for text in (data.decode("utf-8", "replace"), data.decode("latin-1")):
            with contextlib.suppress(BadCode):
                self.keys.public.check(text)
            with contextlib.suppress(BadNote):
                self.keys.public.open_note(text)
        head = bytes([1 + len(data) % 2, 1]) + data[2:HEAD_BYTES].ljust(HEAD_BYTES - 2, b"\0")
        signed = self.keys._private.sign(head)
        self.keys.public.check_bytes(head[1], signed, head)
        token = Token.from_head(head)
        if token.pages and (head[0] == SHORT) == (token.pages <= SHORT_PAGES):  # as we write them
            assert token.head()[:4] == head[:4]
        with contextlib.suppress(Problem):
            PublicKeys.from_json(data)


class Layouts:
    """The JSON of an archived layout."""

    def __init__(self, _folder):
        self.recogniser = Fake()

    def seeds(self):
        """Real pages, with and without their parts."""
        page = sheet.drawn()[1]
        mark = {"block": "school", "kind": "seal", "shape": "round", "machine": True, "required": True}
        whole = {**page, "marks": [{**mark, "box": [140.0, 200.0, 180.0, 240.0]}]}
        rooms = {**page, "rooms": [{"name": "sex", "box": [1, 2, 3, 4]}]}
        for one in (page, whole, rooms, {**page, "values": page["values"][:1]}):
            yield json.dumps({"version": 1, "form": "x", "pages": [one]}, ensure_ascii=False).encode()

    def run(self, data):
        """BadLayout, or a layout whose pages can be read."""
        try:
            raw = json.loads(data)
        except (ValueError, RecursionError):
            return
        with contextlib.suppress(BadLayout):
            for page in layouts.check_layout(raw)["pages"]:
                self.read(page)
        with contextlib.suppress(BadLayout):
            self.read(raw)

    def read(self, page):
        """Read a blank sheet by a page's layout."""
        read_page(BLANK, page, None, None, page_no=1, recogniser=self.recogniser, units={}, registry=())

    def mutate(self, data, size, seed):
        """Change the bytes, or a part of the structure."""
        dice = random.Random(seed)
        try:
            raw = json.loads(data)
        except (ValueError, RecursionError):
            return atheris.Mutate(data, size)
        if dice.random() < 0.3:
            return atheris.Mutate(data, size)
        changed(raw, dice)
        return json.dumps(raw).encode()[:size]


def changed(node, dice):
    """Put something odd in place of one part of a structure."""
    while isinstance(node, dict | list) and node:
        key = dice.choice(sorted(node, key=str)) if isinstance(node, dict) else dice.randrange(len(node))
        below = node[key]
        if not isinstance(below, dict | list) or not below or dice.random() < 0.2:
            if dice.random() < 0.2:
                del node[key]
            else:
                node[key] = dice.choice(ODD)
            return
        node = below


class Uploads:
    """The first look at an upload, and the walk over its headers."""

    def __init__(self, _folder):
        pass

    def seeds(self):
        """A small file of every kind, and what is small of the hostile set."""
        yield from (make.image(kind) for kind in ("jpeg", "png", "tiff", "heic"))
        yield from (make.pdf(), make.tiff(2), make.rotated_jpeg())
        for name in ("zip-behind.pdf", "html-inside.pdf", "looping.tif", "no-lines.jpg", "boxes.heic"):
            data = MUSEUM[name].make()
            if len(data) < SMALL:
                yield data

    def run(self, data):
        """A kind whose headers may be walked, or UploadRefused; and so when it is taken for another kind."""
        with contextlib.suppress(UploadRefused):
            assert uploads.sniff(data) in KINDS
        for kind in KINDS:
            with contextlib.suppress(UploadRefused):
                headers.check(data, kind)


TARGETS = {"token": Tokens, "layout": Layouts, "upload": Uploads}


def main(name, seconds, folder):
    """Fuzz one target; libFuzzer ends the process, with an error when there is a finding."""
    # libFuzzer looks at the peak, which a process inherits from the one that started it; this counts from here
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    target, corpus = TARGETS[name](folder), folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        "-timeout=10",
        "-rss_limit_mb=0",
        f"-artifact_prefix={folder}/",
    ]
    options += [f"-max_len={SMALL}", "-print_final_stats=1", str(corpus)]
    extra = {"custom_mutator": target.mutate} if hasattr(target, "mutate") else {}
    atheris.Setup([sys.argv[0], *options], target.run, **extra)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
