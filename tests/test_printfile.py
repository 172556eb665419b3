"""The print file: many archived papers in one PDF, each as it was, in order, fronts and backs where they belong."""

import gc
import shutil
import subprocess
import tracemalloc
from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import numpy as np
import pypdf
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf.generic import ArrayObject, DecodedStreamObject, NameObject

from templates import printfile, printfile_objects
from templates.catalogue import Catalogue
from templates.errors import PdfRefused
from templates.lint import trial
from templates.printfile_reader import Reader
from templates.printfile_sheet import sheet_for

DPI = 100
CODE = "HTTPS://YINZHENG.EXAMPLE/V/"
A4, A3 = (595.276, 841.890), (841.890, 1190.551)
NAMES = ("欧阳思远", "郝一㛃", "栗红")


def code_texts(paper):
    """The QR texts of one paper's pages, which no other paper has."""
    return lambda pages: [
        f"{CODE}{paper}P{page:03d}" + "A2B3C4D5" * 18 + "E6F7G" for page in range(1, pages + 1)
    ]


def order(name, paper, **values):
    """The order of a form's example, values changed, with its own codes."""
    form = Catalogue.load().forms[name]
    return replace(trial.order(form, form.template.read_bytes(), values), codes=code_texts(paper))


@pytest.fixture(scope="session")
def diplomas(printer):
    """Three diplomas of one template as archived."""
    return [
        printer.print(order("diploma_junior", f"D{at}", student_name=name)) for at, name in enumerate(NAMES)
    ]


@pytest.fixture(scope="session")
def papers(printer, diplomas):
    """Real papers of several forms, sizes and numbers of pages, as archived."""
    forms = ("student_info", "decision_notice", "class_roster")
    return [*diplomas, *(printer.print(order(name, name[:2].upper())) for name in forms)]


def merged(papers, **how):
    """The print file's bytes and its sheets of paper."""
    out = BytesIO()
    sheets = printfile.write(iter(papers), out, **how)
    return out.getvalue(), sheets


def shown(pdf, number, box=None, turned=False, dpi=DPI):
    """Pixels of a page, or of a box (left, bottom, right, top in points) of it."""
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[number]
        if box:
            page.set_mediabox(-9, -9, 3000, 3000)  # two A4 hang over an A3 by a hundredth of a millimetre
            page.set_cropbox(*box)
        if turned:
            page.set_rotation((page.get_rotation() + 180) % 360)
        return page.render(scale=dpi / 72).to_numpy().copy()


def same(pixels, others):
    """Whether two pictures show the same; a place on a sheet moves the last bit of single-precision lengths."""
    return pixels.shape == others.shape and np.abs(pixels.astype(int) - others).max() <= 2


def box_of(sheet, spot):
    return (*spot, spot[0] + sheet.place[0], spot[1] + sheet.place[1])


def read_codes(pixels):
    return [
        code.text
        for code in zxingcpp.read_barcodes(np.ascontiguousarray(pixels), zxingcpp.BarcodeFormat.QRCode)
    ]


def pages_of(papers):
    """Every page of every paper in order: (the paper, its page)."""
    return [(paper, page) for paper in papers for page in range(paper.pages)]


def test_each_page_is_as_it_was(papers):
    """One to a sheet: order, sizes, texts, codes and every pixel are the originals'."""
    pdf, sheets = merged([paper.pdf for paper in papers])
    wanted = pages_of(papers)
    reader = pypdf.PdfReader(BytesIO(pdf), strict=True)
    assert len(reader.pages) == sheets == len(wanted) > len(papers)
    for number, (paper, page) in enumerate(wanted):
        original = pypdf.PdfReader(BytesIO(paper.pdf)).pages[page]
        assert reader.pages[number].mediabox == original.mediabox
        assert reader.pages[number].extract_text() == original.extract_text() != ""
        assert np.array_equal(shown(pdf, number), shown(paper.pdf, page))
        assert read_codes(shown(pdf, number, dpi=200)) == [paper.codes[page]]


def test_two_diplomas_stand_on_a_sheet_in_stack_order(diplomas):
    """Upright A3, full size: first pile 1, 2, second pile 3; each place shows its paper pixel by pixel."""
    pdf, sheets = merged([paper.pdf for paper in diplomas], per_sheet=2)
    page = pypdf.PdfReader(BytesIO(pdf), strict=True).pages[0]
    assert sheets == 2
    assert tuple(page.mediabox[2:]) == pytest.approx(A3, abs=0.01)
    original = pypdf.PdfReader(BytesIO(diplomas[0].pdf)).pages[0].mediabox
    sheet = sheet_for((float(original.width), float(original.height)), 2)
    assert sheet.spots[0][1] > A3[1] / 2 - 1 > sheet.spots[1][1]
    for number, spot, paper in ((0, 0, 0), (1, 0, 1), (0, 1, 2)):
        box = box_of(sheet, sheet.spots[spot])
        assert same(shown(pdf, number, box), shown(diplomas[paper].pdf, 0))
        assert read_codes(shown(pdf, number, box, dpi=200)) == list(diplomas[paper].codes)
    assert (shown(pdf, 1, box_of(sheet, sheet.spots[1])) == 255).all()
    assert "毕业证书" in "".join(page.extract_text().split())


def test_the_knife_is_shown_where_to_cut(diplomas):
    """There is ink in the margins, beside each edge and the middle, and none of it on a paper."""
    pdf, _ = merged([diplomas[0].pdf] * 2, per_sheet=2)
    blank = 255 - shown(pdf, 0).min(axis=2)
    wide, high = (side / 72 * DPI for side in sheet_for((737.0, 524.4), 2).place)
    middle, left = blank.shape[0] / 2, (blank.shape[1] - wide) / 2
    for y in (middle - high, middle, middle + high):
        assert blank[round(y) - 2 : round(y) + 3, : int(left) - 2].any()
        assert blank[round(y) - 2 : round(y) + 3, -int(left) + 2 :].any()
    for x in (left, left + wide):
        assert blank[: int(middle - high) - 2, round(x) - 2 : round(x) + 3].any()


def test_backs_stand_behind_their_fronts(papers):
    """Two-page A4 forms on A3, turned over the long edge: each place's back is its own paper's, upside down."""
    form = papers[3]
    pdf, sheets = merged([form.pdf, papers[0].pdf, form.pdf, form.pdf], per_sheet=2, duplex=True)
    original = pypdf.PdfReader(BytesIO(form.pdf)).pages[0].mediabox
    sheet = sheet_for((float(original.width), float(original.height)), 2)
    assert sheets == 3
    assert sheet.size == pytest.approx(A3[::-1], abs=0.01)
    assert sheet.turned
    for spot in sheet.spots:
        front, back = box_of(sheet, spot), box_of(sheet, sheet.behind(spot))
        assert (back[0], back[1]) == pytest.approx((front[0], A3[0] - front[3]), abs=0.01)
        assert same(shown(pdf, 4, front), shown(form.pdf, 0))
        assert read_codes(shown(pdf, 5, back, turned=True, dpi=200)) == [form.codes[1]]
        assert same(shown(pdf, 5, back, turned=True), shown(form.pdf, 1))
    assert (shown(pdf, 3) == 255).all()


def test_it_says_what_it_is_and_leaves_the_archive_out(papers):
    """Title and subject say that it is no archive copy; no date, tag, XMP; print dialogue set; same bytes again."""
    pdf, _ = merged([paper.pdf for paper in papers], duplex=True)
    reader = pypdf.PdfReader(BytesIO(pdf), strict=True)
    assert reader.metadata.title == "印刷文件（印刷用，不是存档件）"
    assert "印刷用，不是存档件" in reader.metadata.subject
    assert set(reader.metadata) == {"/Title", "/Subject", "/Producer"}
    assert reader.metadata.producer == "Yinzheng"
    assert set(reader.root_object) == {"/Type", "/Pages", "/Lang", "/ViewerPreferences"}
    assert reader.root_object["/ViewerPreferences"]["/Duplex"] == "/DuplexFlipLongEdge"
    assert reader.root_object["/ViewerPreferences"]["/PrintScaling"] == "/None"
    assert not any(word in pdf for word in (b"/StructParent", b"/Metadata", b"Date", b"/OutputIntent"))
    assert merged([paper.pdf for paper in papers], duplex=True)[0] == pdf


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler-utils is not installed")
@pytest.mark.parametrize("how", [{}, {"duplex": True}, {"per_sheet": 2}, {"per_sheet": 4, "duplex": True}])
def test_another_reader_finds_nothing_wrong(papers, tmp_path, how):
    """poppler opens and draws every page and says not a word."""
    file = tmp_path / "print.pdf"
    file.write_bytes(merged([paper.pdf for paper in papers], **how)[0])
    told = subprocess.run(["pdftoppm", "-r", "20", file, tmp_path / "page"], capture_output=True, check=True)
    assert told.stderr == b""
    assert len(list(tmp_path.glob("page*"))) == len(pypdf.PdfReader(file).pages)


def test_what_papers_share_is_written_once(diplomas):
    """Fifty copies take little more than one; three diplomas share what LibreOffice made alike."""
    one = len(merged([diplomas[0].pdf])[0])
    many = len(merged([diplomas[0].pdf] * 50)[0])
    assert many < one + 50 * 300
    assert len(merged([paper.pdf for paper in diplomas])[0]) < 3 * one


def test_the_quick_reader_reads_what_pypdf_reads(papers):
    """Each object of each paper, in an object stream or not, is the same as pypdf's own reading."""
    packed = 0
    for paper in papers:
        quick, slow = Reader(paper.pdf), pypdf.PdfReader(BytesIO(paper.pdf))
        packed += len(slow.xref_objStm)
        for number in (*slow.xref[0], *slow.xref_objStm):
            ours, theirs = BytesIO(), BytesIO()
            quick.get_object(number).write_to_stream(ours)
            slow.get_object(number).write_to_stream(theirs)
            assert ours.getvalue() == theirs.getvalue() != b""
    assert packed


def parted(pdf):
    """The same paper with its content in three parts, cut between lines."""
    writer = pypdf.PdfWriter(clone_from=BytesIO(pdf))
    page = writer.pages[0]
    content = page.get_contents().get_data()
    cuts = [0, *(content.index(b"\n", at) for at in (20_000, 40_000)), len(content)]
    parts = []
    for begin, end in pairwise(cuts):
        part = DecodedStreamObject()
        part.set_data(content[begin:end])
        parts.append(writer._add_object(part.flate_encode()))
    page[NameObject("/Contents")] = ArrayObject(parts)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("per_sheet", [1, 2])
def test_content_may_come_in_parts(diplomas, per_sheet):
    """A page whose content is cut into parts looks the same, and parts that papers share are written once."""
    papers = [parted(paper.pdf) for paper in diplomas]
    pdf, _ = merged(papers, per_sheet=per_sheet)
    media = pypdf.PdfReader(BytesIO(papers[0])).pages[0].mediabox
    sheet = sheet_for((float(media.width), float(media.height)), 2)
    box = box_of(sheet, sheet.spots[0]) if per_sheet == 2 else None
    assert same(shown(pdf, 0, box), shown(diplomas[0].pdf, 0))
    if per_sheet == 1:
        firsts = {
            page["/Contents"][0].indirect_reference.idnum for page in pypdf.PdfReader(BytesIO(pdf)).pages
        }
        assert len(firsts) == 1  # the ornament


def drawn(label, pages=1, size=(200, 100), *, more=b"", shared=b"", kids=b"", loop=b""):
    """A small paper by hand: page n says `label`-n; size and resources are inherited from the page tree."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%b]/MediaBox[0 0 %d %d]/Resources<</Font<</F 3 0 R>>/XObject<</S 4 0 R>>>>%b>>"
        % (pages, b" ".join(b"%d 0 R" % (5 + 2 * at) for at in range(pages)), *size, kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]%b/Length %d>>stream\n%b\nendstream"
        % (loop, len(shared), shared),
    ]
    for page in range(1, pages + 1):
        text = b"BT /F 12 Tf 20 60 Td (%b-%d) Tj ET 5 5 30 9 re f" % (label.encode(), page)
        objects.append(b"<</Type/Page/Parent 2 0 R/Contents %d 0 R%b>>" % (4 + 2 * page, more))
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(text), text))
    out, table = bytearray(b"%PDF-1.7\n"), b"0000000000 65535 f \n"
    for number, body in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    size = len(objects) + 1
    return bytes(
        out
        + b"xref\n0 %d\n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(out))
    )


def said(pdf, number, box=None):
    """The text on a page or in a box of it."""
    with pypdfium2.PdfDocument(pdf) as document:
        text = document[number].get_textpage()
        return (text.get_text_bounded(*box) if box else text.get_text_range()).strip()


def leaves(counts, duplex):
    """What stands on each leaf in list order: (front, back)."""
    for paper, pages in enumerate(counts):
        sides = [f"N{paper}-{page}" for page in range(1, pages + 1)]
        step = 2 if duplex else 1
        for at in range(0, pages, step):
            yield (*sides[at : at + step], "", "")[:2]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=12),
    st.sampled_from([1, 2, 4]),
    st.booleans(),
    st.sampled_from([(200, 100), (100, 200), (595, 842), (842, 595), (420, 595)]),
)
def test_any_list_gives_the_right_sheets(counts, per_sheet, duplex, size):
    """Sheets, fronts and backs of any page counts: cut the pile, put the piles on one another, and it is the list."""
    pdf, sheets = merged(
        [drawn(f"N{at}", pages, size) for at, pages in enumerate(counts)], per_sheet=per_sheet, duplex=duplex
    )
    wanted = list(leaves(counts, duplex))
    assert sheets == -(-len(wanted) // per_sheet)
    sides = 2 if duplex else 1
    assert len(pypdf.PdfReader(BytesIO(pdf), strict=True).pages) == sheets * sides
    sheet = sheet_for(size, per_sheet)
    piles = [(spot, number) for spot in sheet.spots for number in range(sheets)]
    for (spot, number), (front, back) in zip(piles, wanted, strict=False):
        place, behind = (
            (box_of(sheet, spot), box_of(sheet, sheet.behind(spot))) if per_sheet > 1 else (None, None)
        )
        assert said(pdf, number * sides, place) == front
        if duplex:
            assert said(pdf, number * sides + 1, behind) == back
    for spot, number in piles[len(wanted) :]:
        assert said(pdf, number * sides, box_of(sheet, spot)) == ""


@given(st.floats(20, 1500), st.floats(20, 1500), st.sampled_from([1, 2, 4]))
def test_places_lie_side_by_side_on_the_sheet(width, height, per_sheet):
    """Any size: each place on the sheet, none on another, the block in the middle, and backs where fronts are."""
    sheet = sheet_for((width, height), per_sheet)
    boxes = [box_of(sheet, spot) for spot in sheet.spots]
    assert len(boxes) == per_sheet
    for left, bottom, right, top in boxes:
        assert left >= -1
        assert bottom >= -1
        assert right <= sheet.size[0] + 1
        assert top <= sheet.size[1] + 1
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert (
                min(one[2], other[2]) - max(one[0], other[0]) < 1e-6
                or min(one[3], other[3]) - max(one[1], other[1]) < 1e-6
            )
    for spot in map(sheet.behind, sheet.spots):
        assert any(spot == pytest.approx(other, abs=1e-6) for other in sheet.spots)


@pytest.mark.parametrize(
    ("place", "per_sheet", "size", "turned"),
    [
        ((419.5, 595.3), 2, A4[::-1], True),  # two upright A5 on a lying A4
        ((595.3, 419.5), 2, A4, True),
        (A4, 2, A3[::-1], True),
        ((737.0, 524.4), 2, A3, True),  # diplomas, 260×185 mm
        ((419.5, 595.3), 4, A3, False),  # four A5
        ((1190.6, 841.9), 2, (1190.6, 1683.8), True),  # larger than any machine's sheet: just their size
        (A4, 4, (1190.552, 1683.78), False),
    ],
)
def test_the_sheet_is_the_next_that_holds_them(place, per_sheet, size, turned):
    """A4, then A3, then a sheet of their own size; never smaller than 100 %."""
    sheet = sheet_for(place, per_sheet)
    assert sheet.size == pytest.approx(size, abs=0.1)
    assert sheet.place == place
    assert sheet.turned is turned


def test_another_size_starts_a_new_pile():
    """Sizes are not mixed on a sheet, nor on the two sides of a leaf, and the order of the list stays."""
    small, large = (200, 100), (300, 100)
    sizes = [small, small, small, large, small]
    papers = [drawn(f"N{at}", 1, size) for at, size in enumerate(sizes)]
    pdf, sheets = merged(papers, per_sheet=2)
    assert sheets == 4
    assert [said(pdf, number).split() for number in range(4)] == [
        ["N0-1", "N2-1"],
        ["N1-1"],
        ["N3-1"],
        ["N4-1"],
    ]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90])
def test_rotation_and_crop_are_honoured(rotate):
    """A turned and cropped page is placed as a viewer shows it, and stays what it is one to a sheet."""
    paper = drawn("N0", more=b"/Rotate %d/CropBox[190 20 10 90]" % rotate)
    size = (70, 180) if rotate % 180 else (180, 70)
    single, _ = merged([paper])
    assert np.array_equal(shown(single, 0), shown(paper, 0))
    assert pypdf.PdfReader(BytesIO(single)).pages[0].rotation == rotate
    pdf, _ = merged([paper, paper], per_sheet=2)
    sheet = sheet_for(size, 2)
    for spot in sheet.spots:
        assert same(shown(pdf, 0, box_of(sheet, spot)), shown(paper, 0))


def test_inherited_turn_and_larger_units_count():
    """What a page has from the page tree counts, and so does its unit of length."""
    pdf, _ = merged([drawn("N0", size=(297, 420), kids=b"/Rotate 90", more=b"/UserUnit 2")] * 2, per_sheet=2)
    assert tuple(pypdf.PdfReader(BytesIO(pdf)).pages[0].mediabox[2:]) == pytest.approx(A3, abs=0.01)


def test_memory_does_not_grow_with_the_papers(monkeypatch):
    """Nine hundred more papers leave a few bytes each, and the drawing they share is written once all the same."""
    monkeypatch.setattr(printfile_objects, "REMEMBERED", 32)
    shared = b"% an ornament " + bytes(range(65, 91)) * 800

    class Sink(BytesIO):
        """Counts what it forgets."""

        size = ornaments = 0

        def write(self, data):
            """Forget."""
            self.size += len(data)
            self.ornaments += shared in data
            return len(data)

    def left(count, per_sheet):
        """Bytes that are held when the last paper has been taken."""
        held = []

        def taken():
            for at in range(count):
                yield drawn(f"N{at}", shared=shared)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])

        sink = Sink()
        tracemalloc.start()
        printfile.write(taken(), sink, per_sheet=per_sheet)
        tracemalloc.stop()
        assert sink.ornaments == 1
        return held[0]

    for per_sheet in (1, 2):
        assert left(1000, per_sheet) - left(100, per_sheet) < 900 * 64


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"%PDF-1.7\n",
        b"\x89PNG",
        drawn("N0", more=b"/Annots[<</Subtype/Stamp>>]"),
        drawn("N0", size=(0, 0)),
    ],
)
def test_a_paper_that_cannot_be_printed_is_named_by_its_place(broken):
    """The whole print file is refused; nothing is left out silently."""
    with pytest.raises(PdfRefused, match="第 3 份"):
        merged([drawn("N0"), drawn("N1"), broken], per_sheet=2)


def test_a_locked_paper_is_refused():
    """What is encrypted is not one of ours."""
    writer = pypdf.PdfWriter(BytesIO(drawn("N0")))
    writer.encrypt("", algorithm="RC4-128")
    locked = BytesIO()
    writer.write(locked)
    with pytest.raises(PdfRefused, match="第 1 份"):
        merged([locked.getvalue()])


def test_no_papers_make_no_print_file():
    """An empty list and an odd number of places are refused before anything useful is written."""
    with pytest.raises(PdfRefused, match="一份文书也没有"):
        merged([])
    with pytest.raises(ValueError, match="per_sheet"):
        merged([drawn("N0")], per_sheet=3)


def test_a_palette_keeps_its_bytes():
    """A colour table is a string that may look like text of any encoding."""
    palette = bytes(range(254, 60, -1)) + b"\xfe\xff\\()\r\n" + bytes(60)
    hexed = b"<" + palette.hex().encode() + b">"
    picture = b"<</S<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace[/Indexed/DeviceRGB 80 %b]>>>>"
    paper = drawn("N0", more=b"/Resources<</XObject" + picture % hexed + b">>")
    pdf, _ = merged([paper])
    colours = pypdf.PdfReader(BytesIO(pdf)).pages[0]["/Resources"]["/XObject"]["/S"]["/ColorSpace"]
    assert colours[3].original_bytes == palette


def test_a_drawing_that_leads_back_to_itself_ends():
    """A circle of references is copied as a circle."""
    pdf, _ = merged([drawn("N0", loop=b"/Resources<</XObject<</S 4 0 R>>>>")] * 2)
    drawing = pypdf.PdfReader(BytesIO(pdf), strict=True).pages[1]["/Resources"]["/XObject"].raw_get("/S")
    assert drawing.get_object()["/Resources"]["/XObject"].raw_get("/S") == drawing
