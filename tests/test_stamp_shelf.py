"""What lies on the shelf of compiled templates: nothing personal, nothing damaged, one of each, and no more once it differs."""

import hashlib
import io
import json
import logging
import random
import re
import subprocess
import sys
import threading
import zipfile
import zlib
from dataclasses import replace

import pytest
from pypdf import PdfReader

from templates import code
from templates.errors import StampDiffers
from templates.naming import furnished
from templates.render import grouped
from templates.stamp import shelf as shelves
from templates.stamp.shelf import Shelf
from tests.records import HANZI, alike, bare, example
from tests.stamped import printer_on
from tests.test_stamp import root

FORMS = ("diploma_junior", "completion_certificate", "transfer_application", "term_review")
SIDE_BY_SIDE = """
import sys, threading
from pathlib import Path
from templates.fonts import Fonts
from templates.libreoffice import Converter
from tests.records import example
from tests.stamped import printer_on
folder, mine, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
fonts = Fonts.find(mine / "fonts")
converter = Converter(mine / "office", 1, fonts.conf)
converter.start()
printer = printer_on(folder, fonts, converter)
made, asked = [], example(name)
threads = [threading.Thread(target=lambda: made.append(printer.print(asked).pdf)) for _ in range(4)]
input()
for thread in threads: thread.start()
for thread in threads: thread.join()
converter.close()
import hashlib
print(*(hashlib.sha256(pdf).hexdigest() for pdf in made))
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "stamps"


@pytest.fixture
def machine(folder, fonts, converter):
    """Give a printer on the folder, each time another one that remembers nothing."""
    return lambda: printer_on(folder, fonts, converter)


def kept(folder):
    """Every file of the shelf with what it holds, unpacked."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: zlib.decompress(path.read_bytes().partition(b"\n")[2]) for path in files}


@pytest.mark.parametrize("name", FORMS)
def test_nothing_personal_is_kept(folder, machine, name):
    """No value, no serial, no glyph, code or photo of a person: in no file name, no file, no stream, no font."""
    asked = alike(example(name), random.Random(11))
    printer = machine()
    paper = [printer.print(asked) for _ in range(3)][-1]
    assert paper.tier == 1
    texts = [*paper.facts.values(), grouped(asked.serial), asked.furniture["school"]]
    long = [text for text in texts if len(text) > 3 and not text.isascii()] + [grouped(asked.serial)]
    for path, body in kept(folder).items():
        said = json.dumps(json.loads(body), ensure_ascii=False)
        for text in long:
            assert text not in said
            assert text not in str(path)
    frame = Shelf(folder).frame(paper.stamp)
    streams = unpacked(frame.body.data)
    picture, jpegs = code.quick(asked.codes(1)[0]), list(asked.photos.values())
    for stream in streams:
        assert picture.bits not in stream
        assert not any(jpeg[200:400] in stream for jpeg in jpegs)
    # What the frame's fonts can say is the template's own words, the authority's, and two that stand for all.
    constant = {key: text for key, text in furnished(asked).items() if key not in {"serial", "school"}}
    known = {*"永0", *"".join(constant.values()), *template_words(asked)}
    said = {char for stream in streams for char in mapped(stream)}
    assert said
    assert set(filter(HANZI.match, said)) <= known
    assert {glyph.text for words in frame.glyphs.values() for glyph in words} <= known | {" ", ""}


def unpacked(data):
    """Every stream of the frame's constant bytes."""
    found = []
    for start in re.finditer(rb">>stream\n", data):
        raw = data[start.end() : data.index(b"\nendstream", start.end())]
        packed = b"FlateDecode" in data[data.rindex(b" obj\n", 0, start.start()) : start.start()]
        found.append(zlib.decompress(raw) if packed else raw)
    return found


def mapped(stream):
    """What a character map maps to."""
    if b"begincmap" not in stream:
        return
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", stream, re.DOTALL):
        for text in re.findall(rb"<[0-9A-Fa-f]+>\s*<([0-9A-Fa-f]+)>", block):
            yield from bytes.fromhex(text.decode()).decode("utf-16-be")


def template_words(asked):
    """The letters of a template itself, of its wordings and of its blocks' labels."""
    form = asked.form
    with zipfile.ZipFile(form.template) as archive:
        xml = "".join(archive.read(part).decode() for part in archive.namelist() if part.endswith(".xml"))
    labels = "".join(block.seal_label + block.sign_label for block in form.blocks)
    return {*xml, *labels, *"".join(form.texts.values()), *"".join(form.footnotes), *form.title}


def shifted(folder):
    """Move what one variant of the shelf paints by three points, and hash it anew."""
    for path, body in kept(folder).items():
        raw = json.loads(body)
        if path.name == "frame" or not raw[0]:
            continue
        pattern = raw[0][0][1][0]["b"]
        moved = re.sub(
            r"\n([\d.]+) ([\d.]+ Td)", lambda at: f"\n{float(at[1]) + 3} {at[2]}", pattern, count=1
        )
        if moved == pattern:
            continue
        raw[0][0][1][0]["b"] = moved
        packed = zlib.compress(json.dumps(raw).encode())
        head = shelves._MAGIC + hashlib.sha256(packed).hexdigest().encode()
        path.write_bytes(head + b"\n" + packed)
        return
    raise AssertionError("nothing to move")


def test_a_difference_stops_the_fast_path(folder, machine, caplog):
    """A tampered variant is found by the proof: noted on the shelf, told without a name, and stamped no more anywhere."""
    asked = example("diploma_junior")
    machine().print(asked)
    shifted(folder)
    printer, elsewhere = machine(), machine()
    wrong = printer.print(asked)
    assert wrong.tier == 1
    with caplog.at_level(logging.INFO), pytest.raises(StampDiffers) as caught:
        printer.prove(asked, wrong)
    assert caught.value.points == pytest.approx(3, abs=0.01)
    assert caught.value.pixels > 0
    told = bare("".join(record.getMessage() for record in caplog.records if "stamp" in record.name))
    assert not any(value in caplog.text for value in wrong.facts.values() if len(value) > 1), told
    assert "stamp differs" in caplog.text
    for after in (printer, elsewhere, machine()):
        assert after.stopped() == [asked.template.hash]
        assert (after.print(asked).tier, after.again(asked, "0" * 64)) == (2, None)
    assert printer.counts["differed"] == 1
    other = replace(asked, template=replace(asked.template, hash="another version"))
    assert machine().print(other).tier == 1


def test_what_is_right_is_proved(folder, machine):
    """A proof of a right paper stops nothing, nor does one of a paper that was not stamped."""
    asked = alike(example("diploma_junior"), random.Random(1))
    printer = machine()
    printer.prove(asked, printer.print(asked))
    printer.prove(asked, replace(printer.print(asked), tier=2, pdf=b""))
    assert printer.stopped() == []


@pytest.mark.parametrize("which", ["frame", "variant"])
def test_a_damaged_file_is_compiled_anew(folder, machine, which):
    """One bit flipped, or cut short, or empty: the paper is learned again and is the same."""
    asked = example("completion_certificate")
    right = machine().print(asked)
    for harm in (
        lambda raw: raw[:-40] + bytes([raw[-40] ^ 1]) + raw[-39:],
        lambda raw: raw[:90],
        lambda _: b"",
    ):
        files = [
            path
            for path in folder.rglob("*")
            if path.is_file() and (path.name == "frame") is (which == "frame")
        ]
        path = min(files)
        path.write_bytes(harm(path.read_bytes()))
        printer = machine()
        assert printer.print(asked).pdf == right.pdf
        assert printer.counts == {"learned": 1}
        assert machine().print(asked).pdf == right.pdf


def test_many_at_once_compile_one(folder, fonts, converter, tmp_path):
    """Two processes of four threads, and four threads here, print a new class at once: one artefact, equal bytes."""
    name = "award_record"
    command = [sys.executable, "-c", SIDE_BY_SIDE, str(folder)]
    running = [
        subprocess.Popen(
            [*command, str(tmp_path / str(number)), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(root()), "PATH": "/usr/bin:/bin"},
        )
        for number in range(2)
    ]
    printer, asked, mine = printer_on(folder, fonts, converter), example(name), []
    threads = [threading.Thread(target=lambda: mine.append(printer.print(asked).pdf)) for _ in range(4)]
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [digest for process in running for digest in process.communicate(timeout=200)[0].split()]
    assert [process.returncode for process in running] == [0, 0]
    assert len(made) == 8
    assert {*made, *(hashlib.sha256(pdf).hexdigest() for pdf in mine)} == {
        hashlib.sha256(mine[0]).hexdigest()
    }
    assert len(list(folder.glob("*/frame"))) == 1
    assert not list(folder.glob("*/.*"))
    assert len(PdfReader(io.BytesIO(mine[0])).pages) == 1
