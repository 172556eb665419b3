"""Photos on papers: placed at their size, untouched in the PDF, and found again in the layout."""

import dataclasses
import hashlib
import io

import numpy as np
import pypdfium2 as pdfium
import pytest
from docx import Document
from PIL import Image
from pypdf import PdfReader

from templates import pdfa
from templates.catalogue import Field
from templates.errors import ValueNotPrinted, ValueRefused
from templates.layout import Layout
from templates.places import PDFIUM
from templates.render import Order
from tests import tabled

SERIAL = "7K2M9QX4TB5DR"


def jpeg(shade, mode="RGB", size=(307, 378)):
    """A plain picture of one shade, as a camera might give it."""
    pixels = np.full((size[1], size[0], 3), (shade, 120, 200 - shade), dtype=np.uint8)
    pixels[60:200, 80:220] = (230, 180, shade)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def digest(picture):
    return hashlib.sha256(picture).hexdigest()


def roster(folder):
    """A roster whose last column is the pupil's photo."""

    def build(document):
        tabled.body(document)
        row = document.tables[0].rows[2]
        row.cells[-1].text = "{{ row.photo }}"

    table = tabled.table()
    photo = Field("photo", "照片", "photo", False, 64)
    table = dataclasses.replace(table, columns=(*table.columns[:-1], photo))
    form = tabled.roster(folder, build)
    return dataclasses.replace(form, fields=(form.fields[0], table))


def single(folder, mark="{{ photo }}"):
    """A page with one photo."""

    def build(document: Document):
        document.add_paragraph("{{ class_no }}")
        document.add_paragraph(f"{{% if raw.photo %}}{mark}{{% endif %}}")

    fields = (Field("class_no", "班级", "string", True, 20), Field("photo", "照片", "photo", False, 64))
    return tabled.roster(folder, build, fields=fields, pages=1)


def order(form, picture=None, **changes):
    data = {"class_no": "6"} | ({"photo": digest(picture)} if picture else {})
    return Order(
        form, data, SERIAL, tabled.codes, **{"photos": {"photo": picture} if picture else {}, **changes}
    )


def test_a_photo_stands_at_26_by_32_millimetres(tmp_path, either):
    """Its bytes are in the PDF as they are stored; its place is archived; it is no text."""
    picture = jpeg(40)
    paper = either.print(order(single(tmp_path), picture))
    (place,) = paper.layout.pages[0].photos
    assert place.name == "photo"
    assert (place.box[2] - place.box[0], place.box[3] - place.box[1]) == pytest.approx((26, 32), abs=0.1)
    assert "photo" not in paper.facts
    assert picture in paper.pdf
    pdfa.check(paper.pdf)
    assert "/SMask" not in {key for item in _images(paper.pdf) for key in item}
    assert Layout.from_json(paper.layout.to_json()) == Layout.from_json(paper.layout.to_json())
    assert Layout.from_json(paper.layout.to_json()).pages[0].photos[0].name == "photo"
    with PDFIUM, pdfium.PdfDocument(paper.pdf) as document:
        seen = document[0].render(scale=2).to_numpy()
    middle = [round((place.box[a] + place.box[a + 2]) / 2 / 25.4 * 144) for a in (1, 0)]
    assert seen[middle[0], middle[1]][2] > seen[middle[0], middle[1]][0] + 60


def _images(pdf):
    for page in PdfReader(io.BytesIO(pdf)).pages:
        yield from (item.get_object() for item in page["/Resources"]["/XObject"].values())


def test_no_photo_leaves_its_place_empty(tmp_path, either):
    """`raw.photo` tells the template."""
    assert either.print(order(single(tmp_path))).layout.pages[0].photos == ()


@pytest.mark.parametrize(
    ("stored", "given", "said"),
    [
        (jpeg(1), None, "不在"),
        (jpeg(1), jpeg(2), "不是同一张"),
        (b"GIF89a", b"GIF89a", "完整的 JPEG"),
        (jpeg(1)[:3000], jpeg(1)[:3000], "完整的 JPEG"),
        (jpeg(1, "CMYK"), jpeg(1, "CMYK"), "RGB"),
    ],
)
def test_a_photo_that_is_none_is_refused_by_field(tmp_path, printer, stored, given, said):
    """Missing, exchanged, no JPEG, cut short, of colours PDF/A does not take."""
    form = single(tmp_path)
    photos = {} if given is None else {"photo": given}
    with pytest.raises(ValueRefused, match=said) as caught:
        printer.print(order(form, stored, photos=photos))
    assert caught.value.field == "photo"


def test_a_photo_the_template_forgets_is_noticed(tmp_path, either):
    """As any value is."""
    with pytest.raises(ValueNotPrinted) as caught:
        either.print(order(single(tmp_path, ""), jpeg(3)))
    assert caught.value.names == ("photo",)


def test_photos_of_a_roster_are_small_and_each_in_its_row(tmp_path, printer):
    """13 × 16 mm, beside the name they belong to, over several pages; twins may share one."""
    form = roster(tmp_path)
    pictures = {f"rows.{row}.photo": jpeg(10 * row if row != 9 else 80) for row in range(1, 19)}
    data = tabled.rows(18) | {name: digest(picture) for name, picture in pictures.items()}
    paper = printer.print(Order(form, data, SERIAL, tabled.codes, photos=pictures))
    assert paper.pages > 1
    found = {}
    for page in paper.layout.pages:
        rows = {
            value.name.split(".")[1]: value for value in page.values if value.name.endswith("student_name")
        }
        for place in page.photos:
            found[place.name] = place
            name = rows[place.name.split(".")[1]].lines[0].box
            assert place.box[1] < (name[1] + name[3]) / 2 < place.box[3]
            assert place.box[3] - place.box[1] == pytest.approx(16, abs=0.1)
    assert found.keys() == pictures.keys()
    pdfa.check(paper.pdf)
