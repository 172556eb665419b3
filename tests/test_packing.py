"""A PDF written again says the same, in the order of its use, whatever order its objects came in."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DecodedStreamObject, NameObject

from templates import packing, pdfa
from templates.errors import PdfRefused
from templates.lint import trial
from templates.render import Printer
from tests.conftest import OnDemand


def written(bodies, order):
    """A file as LibreOffice writes it: `bodies` by name, numbered and written in `order`; `@name` refers to one."""
    numbers = {name: number for number, name in enumerate(order, 1)}
    out, starts = bytearray(b"%PDF-1.7\n"), {}
    for name in order:
        starts[name] = len(out)
        body = bodies[name]
        for other, number in numbers.items():
            body = body.replace(b"@%s@" % other.encode(), b"%d 0 R" % number)
        out += b"%d 0 obj\n%s\nendobj\n\n" % (numbers[name], body)
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(order) + 1)
    out += b"".join(b"%010d 00000 n \n" % starts[name] for name in order)
    out += b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\n" % (
        len(order) + 1, numbers["root"], numbers["info"]
    )  # fmt: skip
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % at)


def bodies(pages, data, text):
    """A small file: pages with one stream, tags that refer back, and one object nobody uses."""
    made = {
        "root": b"<</Type/Catalog/Pages @pages@/StructTreeRoot @tags@>>",
        "info": b"<</Title(%s)>>" % text,
        "pages": b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (pages, b" ".join(b"@page%d@" % n for n in range(pages))),
        "tags": b"<</Type/StructTreeRoot/K[%s]>>" % b" ".join(b"@tag%d@" % n for n in range(pages)),
        "content": b"<</Length @length@>>\nstream\n%s\nendstream" % data,
        "length": b"%d" % len(data),
        "unused": b"<</Never(used)>>",
    }
    for number in range(pages):
        made[f"page{number}"] = (
            b"<</Type/Page/Parent @pages@/Contents @content@/MediaBox[0 0 9 9]/N %d>>" % number
        )
        made[f"tag{number}"] = b"<</Type/StructElem/S/P/P @tags@/Pg @page%d@>>" % number
    return made


def packed(file, *changed):
    reader = PdfReader(io.BytesIO(file))
    return packing.packed(file, reader, [item for change in changed for item in change(reader)])


@given(
    pages=st.integers(1, 12),
    data=st.binary(max_size=60),
    text=st.sampled_from([b"", b"1 0 R", b"7 0 R (8 0 R) 9 0 R", rb"\) 3 0 R \(", b"endobj stream 5 0 obj"]),
    dice=st.randoms(use_true_random=False),
)
def test_any_order_gives_the_same_file(pages, data, text, dice):
    """Every object is where it was; what looks like a reference in a string is none; nothing unused is left."""
    made = bodies(pages, data, text)
    order = list(made)
    straight = packed(written(made, order))
    dice.shuffle(order)
    assert packed(written(made, order)) == straight
    reader = PdfReader(io.BytesIO(straight), strict=True)
    assert [page["/N"] for page in reader.pages] == list(range(pages))
    assert {page["/Contents"].get_object().get_data() for page in reader.pages} == {data}
    assert reader.metadata.title == PdfReader(io.BytesIO(written(made, list(made)))).metadata.title
    tags = [tag.get_object() for tag in reader.root_object["/StructTreeRoot"]["/K"]]
    assert [tag["/Pg"]["/N"] for tag in tags] == list(range(pages))
    assert b"used" not in b"".join(
        repr(reader.get_object(number)).encode() for number in range(1, reader.trailer["/Size"])
    )


def test_hundreds_of_objects_are_packed_in_several_streams():
    """More than one may hold; each is found again."""
    made = bodies(3 * packing.PACKED, b"q Q", b"many")
    order = list(made)
    random.Random(4).shuffle(order)
    file = packed(written(made, order))
    assert file.count(b"/Type/ObjStm") == 7
    assert [page["/N"] for page in PdfReader(io.BytesIO(file)).pages] == list(range(3 * packing.PACKED))


def test_a_changed_object_takes_the_place_of_the_old():
    """Its stream is deflated, XMP excepted."""

    def fresh(reader, kind, data):
        stream = DecodedStreamObject()
        stream.set_data(data)
        if kind:
            stream[NameObject("/Type")] = NameObject(kind)
        stream.indirect_reference = reader.pages[0]["/Contents"].indirect_reference
        return [stream]

    made = bodies(1, b"q Q", b"a")
    words = b"the same words " * 20
    file = written(made, list(made))
    deflated = packed(file, lambda reader: fresh(reader, "", words))
    plain = packed(file, lambda reader: fresh(reader, "/Metadata", words))
    assert words not in deflated
    assert words in plain
    for made in (deflated, plain):
        assert PdfReader(io.BytesIO(made)).pages[0]["/Contents"].get_object().get_data() == words


def test_what_libreoffice_did_not_write_is_refused(catalogue, printer):
    """A file that was packed already, one cut short, and no PDF at all."""
    made = bodies(1, b"q Q", b"a")
    file = written(made, list(made))
    for wrong in (packed(file), file[: len(file) // 2], b"", b"nothing"):
        with pytest.raises(PdfRefused):
            pdfa.finish(wrong, {}, "标题")


def test_another_process_prints_the_same_bytes(catalogue, fonts, slow_printer, tmp_path):
    """What LibreOffice wrote before, and where it keeps its fonts, is not seen in the paper."""
    orders = [
        trial.order(form, form.template.read_bytes())
        for form in (catalogue.get("decision_notice"), catalogue.get("diploma_junior"))
    ]
    first = [slow_printer.print(order).pdf for order in orders]
    other = OnDemand(tmp_path, 1, fonts.conf)
    try:
        second = [Printer(catalogue, other, fonts).print(order).pdf for order in reversed(orders)]
    finally:
        other.close()
    assert first == second[::-1]
