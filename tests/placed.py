"""Puts documents on file without printing them, for tests that only look them up: rows and keys are real."""

from datetime import date

from service.office.lookups import canonical, facts_digest
from service.signing import Token, address, new_serial
from storage.records import Document, Organization, Student
from templates.layout import CodePlace, Layout, PageLayout

CITY, COUNTY, SCHOOL = "140400", "140426", "3114000123"
OTHER_SCHOOL = "3114000456"
STUDENT_NO = "G140499201104120011"
RECORD = {
    "name": "文勇俊",
    "sex": "1",
    "birth_date": "2011-04-12",
    "grade": "J3",
    "class_no": "6",
    "school": SCHOOL,
}
FACTS = {"student_name": "文勇俊", "school_name": "黎城县第三中学校", "certificate_no": "140426202620120001"}

CODE = CodePlace((225.0, 150.0, 250.0, 175.0), (221.0, 146.0, 254.0, 179.0))
LAYOUT = Layout("diploma_junior", (PageLayout(260.0, 185.0, (), (), (CODE,), ()),))


def place_people(office):
    """Register a city, a county, two schools and a student."""
    units = (
        Organization(CITY, "city", "长治市教育局", None, {}),
        Organization(COUNTY, "county", "黎城县教育体育局", CITY, {}),
        Organization(SCHOOL, "school", "黎城县第三中学校", COUNTY, {"stages": ["J"], "head_name": "钟涛"}),
        Organization(OTHER_SCHOOL, "school", "武乡县第二中学校", CITY, {"stages": ["J"]}),
    )
    with office.archive.begin() as transaction:
        for unit in units:
            transaction.put_organization(unit)
        transaction.put_student(Student(STUDENT_NO, "文勇俊", SCHOOL, RECORD))


def place(office, number, status="pending", layout=LAYOUT, pdf=b"%PDF-1.7 "):
    """File a diploma with that number and status; its objects are tiny, its token is signed."""
    form = office.catalogue.get("diploma_junior")
    serial = new_serial(office.randbytes)
    facts = {**FACTS, "certificate_no": number}
    day = date(2026, 7, 1)
    head = Token(office.keys.kid, form.code, 1, 1, serial, SCHOOL, day, facts_digest(facts))
    token = office.keys.sign(head)
    put = office.archive.objects.put
    document = Document(
        serial=serial,
        form=form.name,
        student_no=STUDENT_NO,
        school=SCHOOL,
        number=number,
        status="pending",
        facts=facts,
        data={"student_name": "文勇俊"},
        issued_on=day,
        digest=facts_digest(facts).hex(),
        token=token,
        code_text=address(office.settings.host, token),
        pages=1,
        template_hash=form.template_hash,
        font_hashes={},
        pdf=put(pdf + number.encode()),
        docx=put(b"PK " + number.encode()),
        layout=put(canonical(layout.to_json())),
        created_at=office.now(),
        created_by="0" * 64,
        stage="J",
    )
    with office.archive.begin() as transaction:
        transaction.add_document(document)
        if status != "pending":
            transaction.set_status(serial, status, reason="测试")
    return document
