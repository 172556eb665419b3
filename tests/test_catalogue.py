"""The catalogue of forms and what it refuses to load."""

import json
import re
import shutil

import pytest

from templates.catalogue import FORMS, Catalogue, load_form
from templates.conditions import holds, names
from templates.errors import BadForm, UnknownForm


@pytest.fixture
def folder(tmp_path):
    """A copy of the transfer form that a test may spoil."""
    return shutil.copytree(FORMS / "transfer_application", tmp_path / "transfer_application")


def spoil(folder, old, new):
    file = folder / "form.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_a_form_says_what_the_regulation_says_of_it(catalogue):
    """Titles, articles, sizes."""
    facts = {
        form.name: (
            form.title,
            form.articles,
            form.kind,
            form.size_mm,
            form.pages,
            form.copies,
        )
        for form in map(
            catalogue.get, ("diploma_junior", "academic_record_certificate", "transfer_application")
        )
    }
    assert facts == {
        "diploma_junior": ("初中毕业证书", (34,), "certificate", (260.0, 185.0), 1, 1),
        "academic_record_certificate": ("学历证明书", (6, 38), "certificate", (297.0, 210.0), 1, 1),
        "transfer_application": (
            "山西省中小学生转学申请表",
            (6, 14, 17, 18, 20, 22),
            "form",
            (210.0, 297.0),
            1,
            4,
        ),
    }


@pytest.mark.parametrize(
    ("form", "fields", "keys"),
    [
        (
            "diploma_junior",
            13,
            "student_name sex birth_date student_no study_from study_to school_name issued_on certificate_no",
        ),
        (
            "academic_record_certificate",
            17,
            "student_name sex birth_date student_no study_from study_to school_name issued_on paper_no original_no",
        ),
        (
            "transfer_application",
            25,
            "student_name sex birth_date student_no id_number guardian_name out_school out_grade_class in_school",
        ),
    ],
)
def test_every_field_is_there_and_the_compared_ones_are_marked(catalogue, form, fields, keys):
    """The key fields of shared/catalogue.yaml, in its order."""
    loaded = catalogue.get(form)
    assert len(loaded.fields) == fields
    assert [field.name for field in loaded.fields if field.key] == keys.split()
    assert all(field.printed for field in loaded.fields if field.key)


def test_a_graduation_paper_takes_its_number_from_the_office(catalogue):
    """Arts. 34 and 38: the number is the authority's."""
    assert catalogue.get("diploma_junior").number_field == "certificate_no"
    assert catalogue.get("diploma_junior").field("certificate_no").source == "office"
    assert catalogue.get("academic_record_certificate").number_field == "paper_no"
    assert catalogue.get("academic_record_certificate").once_per == ("student", "stage")
    assert catalogue.get("transfer_application").number_field is None


def test_only_a_senior_school_transfer_needs_the_city(catalogue):
    """Art. 18: 普通高中 transfers are approved by the city too; the stage follows from the grade."""
    form = catalogue.get("transfer_application")
    city = form.block("city")
    assert city.required_for(form.facts({"in_grade": "S1"}))
    assert not city.required_for(form.facts({"in_grade": "J2"}))
    assert not city.required_for(form.facts({}))
    assert form.block("out_auth").required_for(form.facts({"in_grade": "J2"}))


def test_the_steel_seal_is_not_asked_of_the_machine(catalogue):
    """Embossing has no ink: a flat scan cannot prove it."""
    by_machine = {block.id: block.machine for block in catalogue.get("diploma_junior").blocks}
    assert by_machine == {"photo": False, "head": True, "school": True, "validation": True}


@pytest.mark.parametrize("form", ["diploma_junior", "academic_record_certificate", "transfer_application"])
def test_every_seal_has_room_for_forty_millimetres(catalogue, form):
    """Seals are 38-45 mm; the clerk may stamp a little off."""
    for block in catalogue.get(form).blocks:
        if block.seal_box is None:
            continue
        left, top, right, bottom = block.seal_box
        assert min(right - left, bottom - top) >= 44, block.id


def test_a_form_that_is_not_there_is_named(catalogue):
    """And so are a field and a block."""
    with pytest.raises(UnknownForm):
        catalogue.get("diploma_of_life")
    with pytest.raises(KeyError):
        catalogue.get("diploma_junior").field("shoe_size")
    with pytest.raises(KeyError):
        catalogue.get("diploma_junior").block("moon")


def test_the_template_hash_follows_template_and_definition(folder):
    """Either of them changes what is printed."""
    first = load_form(folder).template_hash
    assert re.fullmatch("[0-9a-f]{64}", first)
    spoil(folder, "copies = 4", "copies = 5")
    second = load_form(folder).template_hash
    with (folder / "template.docx").open("ab") as template:
        template.write(b"\0")
    assert len({first, second, load_form(folder).template_hash}) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "', 'titel = "', "titel"),
        ("code = 8\n", "", "code"),
        ("code = 8\n", "code = 256\n", "255"),
        ('kind = "form"', 'kind = "paper"', "kind"),
        ('name = "sex"', 'name = "birth_date"', "重名"),
        ('name = "sex"', 'name = "a-b"', "英文标识符"),
        ('code_set = "sex"', 'code_set = "gender"', "代码表"),
        ('source = "school"', 'source = "oracle"', "source"),
        ('type = "date"', 'type = "moment"', "type"),
        ("max = 50", "max = 0", "max"),
        ('sign_label = "签名："\n', "", "sign_box"),
        ("sign_box = [0.5, -9.0, 46.0, 8.0]", "sign_box = [0.5, -9.0, -1.0, 8.0]", "左、上、右、下"),
        ('when = "stage=S"', 'when = "weather=fine"', "weather"),
        ('when = "stage=S"', 'when = "stage"', "写法"),
        ('id = "city"', 'id = "in_auth"', "重名"),
        ("pages = 1", "pages = = 1", "TOML"),
    ],
)
def test_a_spoilt_definition_is_refused_with_the_entry_that_is_wrong(folder, old, new, said):
    """Whoever edits form.toml learns at once what is wrong, in words."""
    spoil(folder, old, new)
    with pytest.raises(BadForm) as caught:
        load_form(folder)
    assert said in caught.value.message_zh


def test_a_form_without_a_template_is_refused(folder):
    """A folder needs both."""
    (folder / "template.docx").unlink()
    with pytest.raises(BadForm, match=r"template\.docx"):
        load_form(folder)


def test_two_forms_may_not_share_a_code(folder):
    """The code in the QR token says which kind of paper it is."""
    shutil.copytree(folder, folder.parent / "another")
    with pytest.raises(BadForm, match="code = 8"):
        Catalogue.load(folder.parent)


@pytest.mark.parametrize(
    ("condition", "facts", "true"),
    [
        (None, {}, True),
        ("stage=S", {"stage": "S"}, True),
        ("stage=S", {}, False),
        ("stage=S and exam_taken=1", {"stage": "S", "exam_taken": "0"}, False),
        ("stage=S and exam_taken=1", {"stage": "S", "exam_taken": "1"}, True),
        ("disability!=0", {"disability": "3"}, True),
        ("disability!=0", {"disability": "0"}, False),
        ("reason_code in 4|5|6", {"reason_code": "5"}, True),
        ("reason_code in 4|5|6", {"reason_code": "1"}, False),
    ],
)
def test_a_condition_is_a_few_comparisons_joined_by_and(condition, facts, true):
    """Nothing more is needed for the 39 papers, and nothing more can be smuggled in."""
    assert holds(condition, facts) is true


@pytest.mark.parametrize("condition", ["stage", "=S", "stage=", "stage.upper()=S", "stage=S and"])
def test_what_is_not_a_condition_is_refused(condition):
    """A typing error must not make a mark optional."""
    with pytest.raises(ValueError, match="not a condition"):
        names(condition)


def test_examples_are_of_invented_people(catalogue):
    """Division 140499 belongs to nobody; the check characters are right, in records and in rows."""
    for form in catalogue.forms.values():
        student = json.loads(form.example.read_text("utf-8")).get("student", {})
        data = form.example_data()
        formats = {name: form.field(name).format for name in data}
        numbers = [
            data[name].lstrip("G") for name, kind in formats.items() if kind in {"id_number", "student_no"}
        ]
        for number in (number for number in numbers if number[0] != "L"):
            assert number.startswith("140499"), form.name
            weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
            total = sum(int(digit) * weight for digit, weight in zip(number[:17], weights, strict=True))
            assert "10X98765432"[total % 11] == number[17], form.name
        if {"id_number", "student_no"} <= student.keys() and student["student_no"][0] == "G":
            assert student["student_no"] == f"G{student['id_number']}"
            assert (int(student["id_number"][16]) % 2 == 1) == (student["sex"] == "1")
