"""Uploads: what is accepted is decoded right, what is hostile is refused by name before it costs anything."""

import os
import resource
import signal
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from intake import decoder, spare, uploads
from intake.errors import UploadRefused
from tests.specimens import make


def everything(data, **options):
    return list(uploads.pages(data, uploads.inspect(data, **options).kind))


def refusal(data, **options):
    """Return the code with which an upload is refused, by its header or while it is decoded."""
    with pytest.raises(UploadRefused) as caught:
        everything(data, **options)
    assert caught.value.message_zh
    return caught.value.code


def only(data):
    upload = uploads.inspect(data)
    pages = list(uploads.pages(data, upload.kind))
    assert len(pages) == upload.pages
    return pages[0]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 a docx", "unknown_type"),
        (b"<html><body>hello</body></html>", "unknown_type"),
        (make.truncated_jpeg(), "truncated"),
        (make.truncated_png(), "truncated"),
        (make.pdf()[:-60], "truncated"),
        (make.image("heic")[:-200], "truncated"),
        (make.damaged_png(), "damaged"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 200, "damaged"),
        (b"%PDF-1.7\nnothing at all\n%%EOF\n", "damaged"),
        (make.encrypted_pdf(""), "encrypted_pdf"),
        (make.encrypted_pdf("secret"), "encrypted_pdf"),
        (make.web_page_before_pdf(), "polyglot"),
        (make.pdf_with_web_page(), "polyglot"),
        (make.pdf_and_zip(), "polyglot"),
        (b"\x00\x00 junk before " + make.pdf(), "polyglot"),
        (make.pdf(61), "too_many_pages"),
        (make.many_frames_tiff(), "too_many_pages"),
        (make.huge_png(), "too_many_pixels"),
    ],
)
def test_bad_uploads_are_refused_by_name(data, code):
    """Each specimen of the museum is refused with its own code."""
    assert refusal(data) == code


def test_huge_pictures_are_refused_from_their_header():
    """A picture of 900 million pixels and a PDF of 5000 pages cost no more than a look at the header."""
    for data, code in ((make.huge_png(), "too_many_pixels"), (make.pdf(5000), "too_many_pages")):
        started = time.monotonic()
        with pytest.raises(UploadRefused) as caught:
            uploads.inspect(data)
        assert caught.value.code == code
        assert time.monotonic() - started < 20


def test_bytes_are_counted_first():
    """An upload over the byte limit is refused whatever it is."""
    assert refusal(make.image("png"), max_bytes=100) == "too_large"


def test_the_name_is_never_asked():
    """The kind comes from the first bytes."""
    assert uploads.inspect(make.image("jpeg")).kind == "jpeg"
    assert uploads.inspect(make.image("png")).kind == "png"
    assert uploads.inspect(make.tiff(3)) == uploads.Upload("tiff", 3)
    assert uploads.inspect(make.image("heic")).kind == "heic"
    assert uploads.inspect(make.pdf(2)) == uploads.Upload("pdf", 2)


@pytest.mark.parametrize(
    "data",
    [
        make.image("jpeg", quality=95),
        make.image("jpeg", "CMYK", quality=95),
        make.image("png"),
        make.image("png", "RGBA"),
        make.image("png", "P"),
        make.image("tiff"),
        make.image("tiff", "CMYK"),
        make.image("heic"),
        make.rotated_jpeg(),
        make.scan_pdf(),
    ],
)
def test_every_kind_gives_the_same_picture(data):
    """Whatever the kind, colour model and EXIF turn: upright, in BGR, the red patch red and the bar black."""
    page = only(data)
    assert page.pixels.shape == (877, 620, 3)
    assert page.pixels.dtype == np.uint8
    assert page.colour
    blue, green, red = page.pixels[250, 150].astype(int)
    assert red > 140
    assert max(blue, green) < 90
    assert page.pixels[60, 300].max() < 60
    assert page.pixels[700, 300].min() > 240


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_sixteen_bits_keep_their_grays(kind):
    """A 16 bit page is scaled to 8 bits, not clipped to white, and is known to have no colour."""
    page = only(make.sixteen_bit(kind))
    assert abs(int(page.pixels[150, 100, 0]) - 127) <= 2
    assert page.pixels[10, 10, 0] == 0
    assert not page.colour


def test_gray_copies_have_no_colour():
    """A gray or black-and-white copy is told from a colour scan, in a PDF too."""
    assert not only(make.image("jpeg", "L")).colour
    assert not only(make.image("png", "1")).colour
    assert only(make.pdf()).colour


def test_a_scan_in_a_pdf_keeps_its_resolution():
    """A page-size image is rendered pixel for pixel; a vector page at 200 dpi."""
    page = only(make.scan_pdf(150))
    assert page.pixels.shape == (877, 620, 3)
    assert page.dpi == pytest.approx(150, abs=1)
    assert only(make.pdf()).dpi == pytest.approx(200)


def test_every_page_of_a_tiff_is_seen():
    """All pages of a TIFF come out, in order, with their resolution."""
    pages = list(uploads.pages(make.tiff(3), "tiff"))
    assert [page.index for page in pages] == [0, 1, 2]
    assert pages[2].dpi == pytest.approx(200)


def test_a_large_honest_scan_is_accepted_and_scaled():
    """600 dpi A3, 70 million pixels, is brought under the limit, and its resolution with it."""
    page = only(make.large_scan())
    assert page.pixels.shape[0] * page.pixels.shape[1] <= decoder.MAX_PAGE_PIXELS
    assert page.dpi == pytest.approx(300)
    assert page.pixels[300, 1000, 0] < 30


def used():
    """Processor time of the children that have ended."""
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds.ru_utime + seconds.ru_stime


def test_a_page_that_draws_for_ever_is_stopped():
    """The decoder's clock ends it, long before a core was held for a noticeable time."""
    before = used()
    assert refusal(make.endless_page_pdf()) == "decoder_limit"
    assert used() - before < 2


def test_a_decoder_that_does_not_answer_is_stopped(monkeypatch):
    """One that uses no processor time, but does not answer either, is killed by the clock on the wall."""
    monkeypatch.setattr(uploads, "PAGE_SECONDS", 0.0)
    assert refusal(make.pdf()) == "decoder_limit"


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("1", "tiff", {"compression": "group4"}),
        ("P", "png", {}),
        ("RGBA", "png", {}),
        ("RGB", "jpeg", {"progressive": True}),
        ("CMYK", "jpeg", {}),
        ("RGB", "tiff", {"compression": "tiff_lzw"}),
    ],
)
def test_a_large_page_of_any_kind_is_scaled(mode, kind, options):
    """600 dpi A3 as bits, palette, transparent, progressive, for print: the look stays the same."""
    file = BytesIO()
    page = make.picture(mode=mode).resize((7016, 9933))
    page.save(file, kind.upper(), dpi=(600, 600), **options)
    page = only(file.getvalue())
    assert page.pixels.shape == (4967, 3508, 3)
    assert page.dpi == pytest.approx(300, abs=1)
    assert page.pixels[340, 1700].max() < 80
    assert page.pixels[3960, 1700].min() > 230


def test_a_stack_earns_its_time():
    """Sixty honest pages use many times what one page may, and all of them come."""
    assert len(everything(make.pdf(60))) == 60


def test_nothing_stays_behind():
    """After a half-read upload the child that saw it is gone and no descriptor is open: a fresh one waits."""
    everything(make.tiff(1))
    before, waiting = len(list(Path("/proc/self/fd").iterdir())), spare._SHELF._spares[0]
    half_read = uploads.pages(make.tiff(3), "tiff")
    assert next(half_read).index == 0
    assert waiting not in spare._SHELF._spares
    half_read.close()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    assert waiting.process.returncode == -signal.SIGKILL
    assert [one.process.poll() for one in spare._SHELF._spares] == [None] * spare.AHEAD


def test_a_decoder_that_died_waiting_is_replaced():
    """Whoever kills the one that waits costs nobody a page."""
    everything(make.tiff(1))
    for waiting in spare._SHELF._spares:
        waiting.process.kill()
        os.waitid(os.P_PID, waiting.process.pid, os.WEXITED | os.WNOWAIT)
    assert len(everything(make.tiff(2))) == 2


def test_a_decoder_ends_with_its_parent():
    """One that waits hears that nobody is left to give it a task."""
    script = (
        "from intake import uploads\n"
        "import os, sys\n"
        "sys.stdout.write(str(uploads.inspect(sys.stdin.buffer.read()).pages)); sys.stdout.flush(); os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", script], input=make.tiff(2), capture_output=True, check=True)
    assert done.stdout == b"2"
    end = time.monotonic() + 20
    while any(orphan("decoder.py")) and time.monotonic() < end:
        time.sleep(0.1)
    assert not list(orphan("decoder.py"))


def orphan(name):
    """The processes of this script whose parent has gone."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words, parent = (
                place.joinpath("cmdline").read_bytes(),
                place.joinpath("stat").read_text().rpartition(")")[2].split()[1],
            )
        except OSError:
            continue
        if name.encode() in words and parent == "1":
            yield place.name


def test_the_decoder_limits_itself():
    """The child has memory, processor and file limits before it looks at a byte."""
    script = "import sys; sys.path[:0]=sys.argv[1:]; import decoder,resource as r; decoder.limit_this_process(); print(r.getrlimit(r.RLIMIT_AS)[0], r.getrlimit(r.RLIMIT_CPU)[0])"
    folder = str(Path(decoder.__file__).parent)
    told = subprocess.run(
        [sys.executable, "-I", "-c", script, folder], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [str(decoder.MEMORY_LIMIT), str(decoder.CPU_SECONDS)]
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
