"""The six certificates: alike where they are of one family, tellable apart, right with and without a photo."""

import hashlib
import json
from itertools import combinations

import pytest

from service.demo.portrait import portrait
from service.photos import judged
from templates.render import Order

DIPLOMAS = ("diploma_primary", "diploma_junior", "diploma_senior")
STUBBED = ("academic_record_certificate", "completion_certificate", "incomplete_certificate")
ALL = (*DIPLOMAS, *STUBBED)
CODE = "HTTPS://YINZHENG.EXAMPLE/V/" + "A" * 152
PHOTO = judged(portrait(7))
NAME = "阿卜杜热合曼·麦麦提吐尔逊江·艾合麦提尼亚孜别"
LONGEST = {
    "student_name": NAME,
    "head_name": NAME,
    "signer": NAME,
    "handler": NAME,
    "native_place": "新疆维吾尔自治区克孜勒苏柯尔克孜自治州阿合奇县哈拉奇乡某某村第三村民小组第五组",
    "school_name": "长治市" + "示范" * 26 + "实验中学校",
    "birth_date": "2008-12-31",
    "study_from": "2023-12",
    "study_to": "2026-12",
    "issued_on": "2026-12-31",
    "certificate_no": "1404002026300100011404002026AB",
    "paper_no": "晋高毕证字第" + "2026" * 6,
    "original_no": "140400202630010001140400202612",
    "study_length": "两年十一个月零二十九天余",
}
SEAL_MM = 44.0


@pytest.fixture(scope="module")
def made(catalogue, either):
    """Print a certificate's example: (form, changes, photo) → paper; each is printed once."""
    kept = {}

    def make(name, photo=False, **changes):
        key = (name, photo, json.dumps(changes))
        if key not in kept:
            form = catalogue.get(name)
            parts = json.loads(form.example.read_text("utf-8"))
            data = {**form.example_data(), **changes}
            if photo:
                data["photo"] = hashlib.sha256(PHOTO).hexdigest()
            order = Order(
                form=form,
                data=data,
                serial="ABCD1234EFGH7",
                codes=lambda pages: [CODE] * pages,
                furniture={"authority": parts["authority"], "attachment": "附件11"},
                photos={"photo": PHOTO} if photo else {},
            )
            kept[key] = either.print(order)
        return kept[key]

    return make


@pytest.mark.parametrize("name", ALL)
def test_a_photo_stands_in_its_frame(made, name):
    """With a photo it is printed at 26 × 32 mm; without, the frame says where to glue it, and nothing moves."""
    bare, pictured = made(name).layout.pages[0], made(name, photo=True).layout.pages[0]
    assert bare.photos == ()
    (photo,) = pictured.photos
    left, top, right, bottom = photo.box
    assert (right - left, bottom - top) == pytest.approx((26.0, 32.0), abs=0.05)
    for before, after in zip(bare.values, pictured.values, strict=True):
        assert before.lines[0].box == pytest.approx(after.lines[0].box, abs=0.5)


@pytest.mark.parametrize("name", ALL)
def test_the_longest_legal_values_fit(catalogue, made, name):
    """Names of 24 characters, a school of 60, the longest numbers and dates: one page, all verbatim."""
    form = catalogue.get(name)
    changes = {field.name: LONGEST[field.name][: field.max] for field in form.fields if field.name in LONGEST}
    paper = made(name, **changes)
    assert paper.pages == 1
    assert all(value.size_pt >= 7.5 for value in paper.layout.pages[0].values)


@pytest.mark.parametrize("name", ALL)
def test_seals_have_room(catalogue, made, name):
    """Every round seal has 44 mm, and neither the code nor the place of another round seal in its way."""
    page = made(name).layout.pages[0]
    seals = [mark for mark in page.marks if mark.kind == "seal" and mark.shape == "round"]
    for mark in seals:
        left, top, right, bottom = mark.box
        assert min(right - left, bottom - top) >= SEAL_MM - 0.5
        assert not _meet(_middle(mark.box), page.codes[0].keep_out)
    for one, other in combinations(seals, 2):
        assert not _meet(_middle(one.box, 38.0), _middle(other.box, 38.0))
    assert {mark.block for mark in page.marks} == {block.id for block in catalogue.get(name).blocks}


def _middle(box, side=SEAL_MM):
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return (x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def _meet(one, two):
    return min(one[2], two[2]) > max(one[0], two[0]) and min(one[3], two[3]) > max(one[1], two[1])


def test_diplomas_are_alike_but_tellable_apart(catalogue, made):
    """One size, one place for each thing, three borders; only the senior one says 成绩合格."""
    pages = [made(name).layout.pages[0] for name in DIPLOMAS]
    assert len({(round(page.width), round(page.height)) for page in pages}) == 1
    codes = [page.codes[0].box for page in pages]
    assert codes[0] == pytest.approx(codes[1], abs=0.1)
    assert codes[1] == pytest.approx(codes[2], abs=0.1)
    granted = [catalogue.get(name).texts["granted"] for name in DIPLOMAS]
    assert ["成绩合格" in text for text in granted] == [False, False, True]
    assert len({hashlib.sha256(catalogue.get(name).template.read_bytes()).digest() for name in DIPLOMAS}) == 3


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("academic_record_certificate", "晋高毕证字第20260001号"),
        ("completion_certificate", "晋高结证字第20260001号"),
        ("incomplete_certificate", "晋高肄证字第20260001号"),
    ],
)
def test_stub_and_main_part_say_the_same(made, name, number):
    """The number stands on stub and main part and untraced over the cut line; person and months on both parts."""
    paper = made(name)
    values = paper.layout.pages[0].values
    for field in ("paper_no", "student_name", "student_no", "sex", "study_from", "study_to", "issued_on"):
        left, right = sorted(value.lines[0].box[0] for value in values if value.name == field)
        assert left < 92.0, field
        assert right > 114.0, field
    assert paper.facts["paper_no"] == number


def test_only_a_stub_tells_the_age(made):
    """现年…岁 is printed once, on the stub of the 结业证明书, and only when it is known."""
    values = made("completion_certificate").layout.pages[0].values
    (age,) = [value for value in values if value.name == "age"]
    assert age.lines[0].box[2] < 92.0
    assert all(value.name != "age" for value in made("completion_certificate", age="").layout.pages[0].values)


def test_what_a_person_does_not_have_is_left_out(made):
    """Without native place and id number the sentences close without a gap."""
    paper = made("diploma_senior", native_place="")
    assert paper.facts["native_place"] == ""
    paper = made("completion_certificate", native_place="", id_number="")
    assert {"native_place", "id_number"}.isdisjoint(value.name for value in paper.layout.pages[0].values)
