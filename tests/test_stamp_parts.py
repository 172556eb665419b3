"""The parts of the fast path: content streams, canonical texts, owners, names and objects."""

import re
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject

from templates.errors import NotStampable
from templates.sandbox import Shown
from templates.stamp import objects, probe, stream
from templates.stamp.canonical import DIGIT, HAN, canonical, constant, constants, dressed, least
from templates.stamp.ownership import Ownership
from templates.stamp.stream import Drawing, Settings, Show, Text
from templates.stamp.tags import Tags
from tests.records import STAMPABLE, example
from tests.stamped import read_out

PLAIN = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
KINDS = st.sampled_from([("value", "student_name"), ("plain", "paper_no"), ("furniture", "serial")])
CONSTANTS = st.sampled_from([("seal", "school"), ("sign", "head"), ("furniture", "authority")])


def numbers(least_=-500, most=500):
    return st.decimals(least_, most, places=2, allow_nan=False).map(lambda number: f"{number:f}".encode())


def line(count, operator, least_=-500):
    return st.lists(numbers(least_), min_size=count, max_size=count).map(
        lambda given: b" ".join(given) + b" " + operator
    )


COLOURS = st.lists(numbers(0, 1), min_size=3, max_size=3).map(b" ".join)
CODES = st.binary(min_size=1, max_size=6)
KERNS = numbers().map(bytes.decode)
SHOWS = st.builds(
    Show,
    place=st.one_of(line(2, b"Td"), line(6, b"Tm")),
    font=st.sampled_from([b"F1", b"F2", b"F13"]),
    size=numbers(1, 60),
    items=st.lists(st.one_of(CODES, KERNS), min_size=1, max_size=5).map(tuple),
)
TEXTS = st.builds(Text, COLOURS, st.lists(SHOWS, min_size=1, max_size=3).map(tuple))
PATHS = st.lists(st.one_of(line(2, b"m"), line(2, b"l"), line(6, b"c")), min_size=1, max_size=4)
DRAWINGS = st.tuples(COLOURS, PATHS).map(
    lambda given: Drawing(b"q " + given[0] + b" RG\n" + b"\n".join(given[1]) + b"\nS Q", (given[0],))
)
FILLS = line(4, b"re f*").map(lambda drawn: Drawing(drawn, ()))
CLIPS = st.lists(numbers(), min_size=4, max_size=4).map(b" ".join)
WIDTHS = st.one_of(st.just(()), st.tuples(st.tuples(st.just(b"w"), line(1, b"w", 0))))
CLIPPED = st.tuples(st.builds(Settings, CLIPS, WIDTHS), st.one_of(TEXTS, DRAWINGS, FILLS))
FREE = st.tuples(st.just(Settings()), st.one_of(TEXTS, DRAWINGS))
BLOCKS = st.lists(st.one_of(CLIPPED, FREE), min_size=1, max_size=3)


@given(
    st.lists(st.tuples(st.sampled_from(["P", "Span", "List#20Paragraph", "Artifact"]), BLOCKS), max_size=4)
)
def test_what_is_painted_is_read_again(pieces):
    """Any page written as we write is read as what it was: each block under its settings, in order."""
    content = [b"0.1 w"]
    for number, (tag, blocks) in enumerate(pieces):
        known = b"<</MCID %d>>BDC" % number
        content.append(b"/" + tag.encode() + (b" BMC" if tag == stream.ARTIFACT else known))
        for settings, block in blocks:
            content += [
                settings.written() + stream.painted(block) if settings.clip else b"Q " + stream.painted(block)
            ]
        content.append(b"EMC")
    page = stream.read(b"\n".join([*content, b"Q"]))
    assert page.prologue == b"0.1 w"
    assert [piece.tag for piece in page.pieces] == [tag for tag, _ in pieces]
    for piece, (tag, blocks) in zip(page.pieces, pieces, strict=True):
        assert (piece.mcid is None) is (tag == stream.ARTIFACT)
        for (settings, block), (asked, wanted) in zip(piece.blocks, blocks, strict=True):
            assert (settings.clip, settings.values) == (asked.clip, asked.values)
            assert stream.painted(block) == stream.painted(wanted)


@pytest.mark.parametrize(
    "content",
    [
        b"/P<</MCID 0>>BDC\nBT\nET\nEMC",
        b"/P<</MCID 0>>BDC\nq 0 0 0 rg\nBT\n1 2 Td /F1 12 Tf(plain)Tj\nET\nQ\nEMC",
        b"/P<</MCID 0>>BDC\nq 0 0 0 rg\nBT\n1 2 Td /F1 12 Tf<01>Tj\nET\nEMC",
        b"/P<</MCID 0>>BDC\nq 0 0 0 rg\nBT\n80 Tz\n1 2 Td /F1 12 Tf<01>Tj\nET\nQ\nEMC",
        b"/P<</MCID 0>>BDC\n/Im1 Do\nEMC",
        b"/P<</MCID 0>>BDC\nq 1 0 0 1 0 0 cm",
        b"0 0 0 RG\nq 1 1 m\nS Q\n/P<</MCID 0>>BDC\nEMC",
        b"BI\nID\nEI",
    ],
)
def test_what_is_not_known_is_not_stamped(content):
    """An operator that LibreOffice 7 does not write there stops the reader: the page goes the other way whole."""
    with pytest.raises(NotStampable, match="content"):
        stream.read(content)


@given(st.text(PLAIN, max_size=30), KINDS)
def test_a_key_keeps_length_and_all_but_hanzi_and_digits(text, who):
    """Twice made it is the same; what else a text holds stays in its place."""
    key = canonical(Shown(text, *who))
    assert len(key) == len(text)
    assert canonical(Shown(key, *who)) == key
    serial = who[1] == "serial"
    for char, made in zip(text, key, strict=True):
        if re.fullmatch("[0-9A-Z]" if serial else "[0-9]", char):
            assert made == DIGIT
        elif re.fullmatch("[〇㐀-䶿一-鿿]", char) and not serial:
            assert made == HAN
        else:
            assert made == char


@given(st.text(PLAIN, max_size=12), CONSTANTS)
def test_a_constant_is_its_own_key(text, who):
    """It belongs to the frame as it is, and nothing stands for it."""
    shown = Shown(text, *who)
    assert constant(shown)
    assert canonical(shown) == dressed(shown) == least(shown) == text
    assert constants([shown, Shown("张三", "value", "student_name")]) == (text,)


@given(st.text(PLAIN, max_size=12), KINDS)
def test_what_stands_for_a_text_tells_nothing_of_it(text, who):
    """At least one hanzi stands for any, as long as it for its class alone."""
    shown = Shown(text, *who)
    assert dressed(shown) == (canonical(shown) or HAN)
    assert least(shown) in {HAN, canonical(shown)}
    if who[1] != "serial":
        assert least(shown) == HAN


def test_a_piece_of_two_paragraphs_is_not_dealt_out():
    """Two owners' colours in one sequence: whose is it?"""
    content = b"/P<</MCID 0>>BDC\nq 0 0 0.0039215686 rg\nBT\n1 2 Td /F1 12 Tf<01>Tj\nET\nQ\nq 0 0 0.0078431372 rg\nBT\n"
    content += b"9 2 Td<02>Tj\nET\nQ\nEMC"
    page = stream.read(content)
    apart = probe.apart(page, Ownership({3: 0}, {0: 0}, {}, {1: 3, 2: 3}, {}, {}))
    assert list(apart.puts) == ["3.0"]
    with pytest.raises(NotStampable, match="shared"):
        probe.apart(page, Ownership({3: 0, 4: 0}, {0: 0}, {}, {1: 3, 2: 4}, {}, {}))


@given(st.integers(0, 0xFFFF))
def test_a_tint_is_found_in_the_colour_libre_office_writes(number):
    """Ten digits after the point, as it writes them; red means no marker."""
    green, blue = (f"{part / 255:.10f}".rstrip("0").rstrip(".").encode() for part in divmod(number, 256))
    assert stream.tint(b"0 %s %s" % (green, blue)) == number
    assert stream.tint(b"0.2 %s %s" % (green, blue)) == 0


@given(st.dictionaries(st.text("abc 1#/()é标", min_size=1, max_size=8), st.integers(0, 99), max_size=5))
def test_a_dictionary_is_read_as_it_was_written(entries):
    """Names with blanks and signs in them too, as Word's styles have."""
    item = DictionaryObject({NameObject("/" + key): NumberObject(value) for key, value in entries.items()})
    data = objects.object_stream({1: objects.written(item, {})})
    body = zlib.decompress(data[data.index(b">>stream\n") + 9 : data.rindex(b"\nendstream")])
    first = int(re.search(rb"/First (\d+)", data)[1])
    read = DictionaryObject.read_from_stream(BytesIO(body[first:]), None)
    assert {key: int(value) for key, value in read.items()} == {
        f"/{key}": value for key, value in entries.items()
    }


@pytest.mark.parametrize("name", STAMPABLE[:6])
def test_a_converted_paper_keeps_its_tags(slow_printer, name):
    """Kept piece by piece, every number is dealt out anew in order, and both ways between tree and page hold."""
    reader = PdfReader(BytesIO(slow_printer.print(example(name)).pdf))
    content = stream.read(reader.pages[0].get_contents().get_data())
    tags = Tags(reader)
    kept = [tags.kept(piece.tag, piece.mcid) for piece in content.pieces if piece.mcid is not None]
    tags.finish()
    assert [int(re.search(rb"MCID (\d+)", line)[1]) for line in kept] == list(range(len(kept)))
    owners = reader.root_object["/StructTreeRoot"]["/ParentTree"]["/Nums"][1].get_object()
    for number, owner in enumerate(owners):
        kids = owner.get_object()["/K"]
        inner = kids if isinstance(kids, ArrayObject) else ArrayObject([kids])
        assert number in [kid.get_object() for kid in inner]


def test_reading_out_notices_what_is_missing(slow_printer):
    """The tests' own reader is strict: an unmarked number fails."""
    assert len(read_out(slow_printer.print(example("diploma_junior")).pdf)) > 5
