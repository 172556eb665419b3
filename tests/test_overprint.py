"""Overprinting: values stand where a blank leaves room, nothing else is printed, and what comes back is still read."""

import ctypes
import hashlib
import io

import cv2
import numpy as np
import pypdfium2
import pytest
from pypdfium2 import raw

from intake import codes
from intake.read import read_page
from intake.reading import PageImage
from service import blanks, photos
from service.demo.portrait import portrait
from service.errors import Problem
from service.issue import IssueRequest, issue, spoil
from service.register import make_token
from service.web.examples import BLANK
from service.web.http import create
from templates import blank as paper
from templates import overprint
from templates.errors import DoesNotFit
from templates.order import MarkAt, Order, TemplateSource
from tests.conftest import COUNTY, DIPLOMA, OTHER_COUNTY, SCHOOL, STUDENT, as_role, layout_of, pdf_of
from tests.paper import Paper, level
from tests.preprinted import JUNIOR, blank_sheet, fed, over
from tests.served import client_of

CODE = "HTTPS://YINZHENG.EXAMPLE/V/" + "A" * 152
MM = 25.4 / 72
FORM = "diploma_junior"
UNITS = {"school": "黎城县第三中学校", "validation": "黎城县教育体育局"}


def body(**changes):
    """The shipped blank as a county would register its own."""
    return {**blanks.told(paper.default(FORM)), "org": COUNTY, "note": "二〇二六年印制", **changes}


@pytest.fixture(scope="module")
def printed(catalogue, either):
    """Print the example of a form on a blank."""

    def make(blank, picture=None, **changes):
        form = catalogue.get(blank.form)
        data = {**form.example_data(), **changes}
        if picture:
            data["photo"] = hashlib.sha256(picture).hexdigest()
        kinds = {block.id: "seal" if block.seal_box else "sign" for block in form.blocks}
        return either.print(
            Order(
                form=blank.form_on(form),
                data=data,
                serial="ABCD1234EFGH7",
                codes=lambda pages: [CODE] * pages,
                photos={"photo": picture} if picture else {},
                template=TemplateSource(overprint.template(blank), blank.hash),
                mark_places=tuple(
                    MarkAt(name, kinds[name], box) for name, box in blank.mark_places().items()
                ),
                rooms=blank.rooms(),
            )
        )

    return make


def origins(pdf):
    """Left end and base line in mm of every line of text, with its text."""
    with pypdfium2.PdfDocument(pdf) as document:
        page, lines = document[0], {}
        text, height = page.get_textpage(), page.get_height()
        for index in range(text.count_chars()):
            x, y = ctypes.c_double(), ctypes.c_double()
            raw.FPDFText_GetCharOrigin(text, index, x, y)
            char = chr(raw.FPDFText_GetUnicode(text, index))
            if not char.isspace():
                lines.setdefault(round(y.value, 1), []).append((x.value, char))
    return {
        "".join(char for _, char in sorted(chars)): (min(chars)[0] * MM, (height - y) * MM)
        for y, chars in lines.items()
    }


@pytest.mark.parametrize("form", ["diploma_primary", "diploma_junior", "diploma_senior"])
def test_shipped_blanks_are_sound(catalogue, printed, form):
    """Each diploma has a blank without faults; its example prints on the blank's paper, photo and marks in place."""
    blank = paper.default(form)
    assert paper.faults(blank, catalogue.get(form)) == []
    picture = photos.judged(portrait(3))
    page = printed(blank, picture).layout.pages[0]
    assert (page.width, page.height) == pytest.approx(blank.size_mm, abs=0.3)
    assert page.photos[0].box == pytest.approx(blank.photo_box, abs=0.1)
    assert page.codes[0].keep_out[:2] == pytest.approx(blank.code, abs=0.1)
    assert {mark.block: mark.box for mark in page.marks} == dict(blank.marks)
    assert {mark.block: mark.kind for mark in page.marks}["head"] == "signature"


def test_values_stand_on_their_base_lines(printed):
    """Each value's base line and left end are where the blank says, to 0.15 mm; with a shift, shifted."""
    for shift in ((0.0, 0.0), (1.5, -2.25)):
        blank = paper.parse({**body(), "shift_mm": shift})
        made = printed(blank)
        found = origins(made.pdf)
        for name in ("head_name", "certificate_no", "student_no"):
            spot = blank.fields[name]
            at = next(place for text, place in found.items() if made.facts[name] in text)
            if name != "student_no":  # it shares its line with the certificate's number
                assert at[0] == pytest.approx(spot.x + shift[0], abs=0.3)
            assert at[1] == pytest.approx(spot.y + shift[1], abs=0.15)
        centre = made.layout.pages[0].values[0].lines[0].box
        spot = blank.fields["student_name"]
        assert (centre[0] + centre[2]) / 2 == pytest.approx(spot.x + spot.width / 2 + shift[0], abs=0.2)


def test_nothing_preprinted_is_printed_again(printed):
    """The text of the page is the values and the serial: no label, no heading, no border."""
    made = printed(paper.default(FORM))
    with pypdfium2.PdfDocument(made.pdf) as document:
        text = document[0].get_textpage().get_text_bounded()
        drawn = [item for item in document[0].get_objects() if item.type == raw.FPDF_PAGEOBJ_PATH]
    left = "".join(text.split())
    for value in sorted([*filter(None, made.facts.values()), "ABCD-1234-EFGH7"], key=len, reverse=True):
        assert value in left
        left = left.replace(value, "", 1)
    assert left == ""
    assert drawn == []


def test_a_long_value_takes_its_lines_then_smaller_letters(printed):
    """Two lines where the blank has two; each value shrinks by itself; what fits in no size is refused by name."""
    name = "阿卜杜热合曼·麦麦提吐尔逊江·艾合麦提尼亚孜别"
    made = printed(paper.default(FORM), student_name=name, school_name="黎城县" + "示范" * 27 + "中学校")
    sizes = {value.name: value.size_pt for value in made.layout.pages[0].values}
    assert sizes["birth_date"] == 16.0
    assert 7.0 <= sizes["school_name"] < 12.0
    assert 9.0 <= sizes["student_name"] < 16.0
    narrow = body()
    narrow["fields"]["student_name"] |= {"width": 20.0, "lines": 1}
    with pytest.raises(DoesNotFit) as told:
        printed(paper.parse(narrow), student_name=name)
    assert told.value.names == ("student_name",)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"size_mm": [20, 20]}, "size_mm"),
        ({"shift_mm": [40, 0]}, "shift_mm"),
        ({"code": {"x": 240, "y": 102}}, "code"),
        ({"photo": {"x": 30, "y": 95}}, "photo"),
        ({"marks": {"school": [160, 114, 214, 158]}}, "marks.head"),
        ({"marks": {**body()["marks"], "nobody": [1, 1, 40, 40]}}, "marks.nobody"),
        ({"marks": {**body()["marks"], "school": [40, 110, 90, 150]}}, "marks.school"),
        (
            {"fields": {**body()["fields"], "guardian_name": {"x": 10, "y": 20, "width": 40}}},
            "fields.guardian_name",
        ),
        ({"fields": {**body()["fields"], "sex": {"x": 250, "y": 20, "width": 40}}}, "fields.sex"),
        (
            {"fields": {**body()["fields"], "sex": {"x": 100, "y": 20, "width": 40, "size_pt": 90}}},
            "fields.sex",
        ),
        ({"fields": {"sex": {"x": 176, "y": 67, "width": 14}}}, "fields.student_name"),
    ],
)
def test_a_wrong_blank_is_refused(town, county, change, where):
    """Each fault is named with its place; nothing is kept."""
    with pytest.raises(Problem) as told:
        blanks.put_blank(town, county, "lc-2026", body(**change))
    assert where in {item.field for item in told.value.errors}
    assert all(
        "请" in item.message or "不得" in item.message or "都须" in item.message for item in told.value.errors
    )
    assert len(blanks.blanks(town, county)["blanks"]) == 3


def test_the_published_example_is_accepted(town, county):
    """The example of the API's description is a blank without faults."""
    assert blanks.put_blank(town, county, "example", BLANK).created


def test_blanks_belong_to_authorities(town, city, county, registrar):
    """County and city register blanks; schools below see and use them; other counties do not."""
    assert blanks.put_blank(town, county, "lc-2026", body()).created
    assert not blanks.put_blank(town, county, "lc-2026", body(shift_mm=[0.5, 0.2])).created
    assert blanks.blank(town, registrar, "lc-2026")["shift_mm"] == [0.5, 0.2]
    other = as_role("county", OTHER_COUNTY)
    with pytest.raises(Problem) as told:
        blanks.blank(town, other, "lc-2026")
    assert told.value.status == 404
    for who, status in ((registrar, 403), (other, 403)):
        with pytest.raises(Problem) as told:
            blanks.put_blank(town, who, "own", body())
        assert told.value.status == status
    with pytest.raises(Problem) as told:
        blanks.put_blank(town, city, "lc-2026", body(org="140400"))
    assert told.value.status == 409
    with pytest.raises(Problem):
        blanks.put_blank(town, county, FORM, body())


def test_a_diploma_is_issued_on_the_countys_blank(town, county, registrar):
    """Without a name the county's only blank is used; with two, one must be named; the layout has its places."""
    blanks.put_blank(town, county, "lc-2026", body(shift_mm=[2.0, 1.0]))
    request = {"form": FORM, "student": STUDENT, "data": DIPLOMA, "mode": "overprint"}
    told = issue(town, registrar, IssueRequest(**request)).body
    page = layout_of(town, told["serial"])["pages"][0]
    school = next(mark for mark in page["marks"] if mark["block"] == "school")
    assert school["box"] == [162.0, 115.0, 216.0, 159.0]
    assert {room["name"] for room in page["rooms"]} == set(body()["fields"])
    blanks.put_blank(town, county, "lc-2027", body())
    with pytest.raises(Problem) as many:
        issue(town, registrar, IssueRequest(**{**request, "student": "G140499201011030228"}))
    assert many.value.code == "blank_not_fitting"
    named = {**request, "student": "G140499201011030228", "blank": "lc-2027"}
    assert issue(town, registrar, IssueRequest(**named)).body["number"].endswith("0002")


def test_a_blank_spoilt_by_wrong_measures_is_replaced_on_the_corrected_one(town, county, registrar):
    """The usual order: printed beside the lines, measures put right, printed again; never as a whole page."""
    blanks.put_blank(town, county, "lc-2026", body(shift_mm=[5.0, 1.0]))
    request = IssueRequest(FORM, STUDENT, DIPLOMA, mode="overprint")
    first = issue(town, registrar, request).body["serial"]
    blanks.put_blank(town, county, "lc-2026", body())
    replacement = spoil(town, registrar, first, "印偏了")["replacement"]
    page = layout_of(town, replacement["serial"])["pages"][0]
    assert {room["name"] for room in page["rooms"]} == set(body()["fields"])


def test_over_http(town):
    """PUT, list, one, calibration, and an overprinted diploma, as a county and its school call them."""
    with client_of(create(town)) as client:

        def call(method, path, role, org, **sent):
            token = make_token(town.archive, town.randbytes, role, org)
            return client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **sent)

        put = call("PUT", "/v1/blanks/lc-2026", "county", COUNTY, json=body())
        assert put.status_code == 201, put.text
        listed = call("GET", f"/v1/blanks?form={FORM}", "registrar", SCHOOL).json()["blanks"]
        assert [item["id"] for item in listed] == ["lc-2026", FORM]
        assert call("GET", "/v1/blanks/lc-2026", "registrar", SCHOOL).json() == put.json()
        assert call("PUT", "/v1/blanks/x", "county", COUNTY, json={"form": FORM}).status_code == 422
        sheet = call("GET", "/v1/blanks/lc-2026/calibration", "registrar", SCHOOL)
        assert (sheet.status_code, sheet.headers["content-type"]) == (200, "application/pdf")
        order = {"form": FORM, "student": STUDENT, "data": DIPLOMA, "mode": "overprint", "blank": "lc-2026"}
        wrong = call("POST", "/v1/documents", "registrar", SCHOOL, json={**order, "blank": "nobody"})
        assert wrong.status_code == 404, wrong.text
        made = call("POST", "/v1/documents", "registrar", SCHOOL, json=order)
        assert made.status_code == 201, made.text
        assert call("GET", made.json()["links"]["content"], "registrar", SCHOOL).content.startswith(b"%PDF")


def test_the_calibration_sheet_is_true_to_the_millimetre(town, county):
    """Page size, crosshairs and frames stand where they say, moved by the shift; 100 mm are 100 mm."""
    blanks.put_blank(town, county, "lc-2026", body(shift_mm=[3.0, 2.0]))
    content = blanks.calibration_sheet(town, county, "lc-2026")
    with pypdfium2.PdfDocument(content.data) as document:
        assert len(document) == 1
        size = document[0].get_size()
        page = np.asarray(document[0].render(scale=300 / 72).to_pil().convert("L"))
    assert (size[0] * MM, size[1] * MM) == pytest.approx((260.0, 185.0), abs=0.1)
    scale = 300 / 25.4
    for x, y in ((20, 20), (240, 20), (20, 165), (240, 165)):
        for dx, dy in ((4, 0), (-4, 0), (0, 4), (0, -4)):  # the arms of the cross
            assert _dark(page, (x + 3 + dx) * scale, (y + 2 + dy) * scale)
    spot = paper.parse(body()).fields["certificate_no"]
    assert _dark(page, (spot.x + 3 + spot.width / 2) * scale, (spot.y + 2) * scale)


def _dark(page, x, y):
    column, row = round(x), round(y)
    return page[row - 2 : row + 3, column - 2 : column + 3].min() < 90


@pytest.fixture(scope="module")
def overprinted(printed):
    """A junior diploma printed on the shipped blank, and its archived layout."""
    made = printed(paper.default(FORM), photos.judged(portrait(5)))
    return made.pdf, made.layout.to_json()


def read(overprinted, recogniser, sheet, scanner):
    """Scan a sheet and read it as the office does."""
    pdf, layout = overprinted
    seen = sheet.look(scanner).pixels
    packed = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, scanner.jpeg])[1]
    page = PageImage(0, cv2.imdecode(packed, cv2.IMREAD_COLOR), scanner.dpi, colour=True)
    (code,) = codes.find(page)
    order = {
        "page_no": 1,
        "recogniser": recogniser,
        "units": UNITS,
        "registry": [*UNITS.values(), "黎城县第一中学校"],
    }
    return read_page(page, layout["pages"][0], code, pdf, **order)


FEEDS = {"A": (0.0, 0.0, 0.0), "B": (0.8, -0.6, 0.15), "C": (-1.2, 1.0, -0.3)}
"""How far off the printer fed the blank: mm to the right and down, degrees."""


@pytest.mark.parametrize("name", ["A", "B", "C"])
def test_a_scan_of_an_overprinted_diploma_is_read(overprinted, recogniser, name):
    """With the blank's own words and border around them, all values match and all provable marks are found."""
    under = fed(blank_sheet(FORM, JUNIOR), *FEEDS[name])
    sheet = over(Paper(*overprinted, seed=3), under).complete(UNITS, {"head": "钟涛"})
    reading = read(overprinted, recogniser, sheet, level(name, 7))
    assert reading.quality.ok
    assert {field.name: field.result for field in reading.fields if field.result != "match"} == {}
    assert {mark.block: mark.result for mark in reading.marks} == {
        "photo": "not_checked",
        "head": "present",
        "school": "present",
        "validation": "present",
    }


def test_changes_and_missing_marks_show_on_a_blank_too(overprinted, recogniser):
    """One digit exchanged, one digit added, nothing stamped or signed: each is found, nothing else is accused."""
    under = fed(blank_sheet(FORM, JUNIOR), *FEEDS["B"])
    base = Paper(*overprinted, seed=4)
    number = next(
        value for value in overprinted[1]["pages"][0]["values"] if value["name"] == "certificate_no"
    )
    for text in (number["text"][:-1] + "7", number["text"] + "7"):
        reading = read(
            overprinted, recogniser, over(base.alter("certificate_no", text), under), level("B", 8)
        )
        assert {field.name for field in reading.fields if field.result != "match"} == {"certificate_no"}
        assert {mark.result for mark in reading.marks if mark.block != "photo"} == {"absent"}


def test_dates_go_into_gaps_between_printed_words(catalogue, printed, recogniser):
    """A blank with 年, 月, 日 printed on it gets the numbers alone; a changed day is found on the scan."""
    told = body()
    told["fields"]["birth_date.year"] = {"x": 88.0, "y": 82.0, "width": 28.0, "size_pt": 16}
    told["fields"]["birth_date.month"] = {"x": 122.0, "y": 82.0, "width": 12.0, "size_pt": 16}
    told["fields"]["birth_date.day"] = {"x": 140.0, "y": 82.0, "width": 18.0, "size_pt": 16}
    form = catalogue.get(FORM)
    assert {where for where, _ in paper.faults(paper.parse(told), form)} == {"fields.birth_date"}
    del told["fields"]["birth_date"]
    blank = paper.parse(told)
    assert paper.faults(blank, form) == []
    made = printed(blank)
    assert made.facts["birth_date"] == "二〇一一年四月十二日"
    (value,) = [value for value in made.layout.pages[0].values if value.name == "birth_date"]
    assert [line.text for line in value.lines] == ["二〇一一", "四", "十二"]
    for line, start in zip(value.lines, (88.0, 122.0, 140.0), strict=True):
        assert line.box[0] == pytest.approx(start, abs=0.3)
    words = [word for word in JUNIOR if word[1] != 82.0]
    words += [(117.0, 82.0, "年", 14), (134.5, 82.0, "月", 14), (159.0, 82.0, "日生，", 14)]
    under, whole = blank_sheet(FORM, words), (made.pdf, made.layout.to_json())
    reading = read(whole, recogniser, over(Paper(*whole, seed=5), under), level("B", 9))
    assert {field.name: field.result for field in reading.fields if field.result != "match"} == {}
    forged = over(Paper(made.pdf, _only_day(made), seed=5).alter("birth_date", "十三"), under)
    reading = read(whole, recogniser, forged, level("B", 9))
    assert {field.name for field in reading.fields if field.result != "match"} == {"birth_date"}


def _only_day(made):
    """The layout in which a forger sees nothing of the date but its day."""
    layout = made.layout.to_json()
    for value in layout["pages"][0]["values"]:
        if value["name"] == "birth_date":
            value["text"], value["lines"] = "十二", value["lines"][2:]
    return layout


def test_a_photo_is_optional_on_a_blank(town, county, registrar):
    """A blank without a photo place prints none, though the student has one; the paper is issued all the same."""
    photos.put_photo(town, registrar, STUDENT, portrait(2))
    blanks.put_blank(town, county, "bare", body(photo=None))
    request = IssueRequest(FORM, STUDENT, DIPLOMA, mode="overprint", blank="bare")
    serial = issue(town, registrar, request).body["serial"]
    assert layout_of(town, serial)["pages"][0]["photos"] == []
    with pypdfium2.PdfDocument(io.BytesIO(pdf_of(town, serial))) as document:
        pictures = [item for item in document[0].get_objects() if item.type == raw.FPDF_PAGEOBJ_IMAGE]
    assert len(pictures) == 1
