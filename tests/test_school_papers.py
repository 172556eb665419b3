"""Papers of a school or an authority: compiled from the records, many pages, each with its own code, filed and found."""

import base64
import io
import re
import zipfile
from dataclasses import replace
from datetime import date

import pypdfium2 as pdfium
import pytest

from intake.codes import find
from intake.uploads import inspect, pages
from service import archives, issue, receive, register, retrieve, verify, worker
from service.__main__ import main
from service.access import Role, Who
from service.demo.people import id_number
from service.errors import Problem
from service.issue.compiling import RESTRICTED
from storage.check import check
from templates.catalogue import hash_of
from tests.conftest import (
    BEARER,
    CITY,
    COUNTY,
    GUARDIAN,
    MOVER,
    OTHER_SCHOOL,
    SCHOOL,
    STUDENT,
    UNITS,
    as_role,
    issue_diploma,
    layout_of,
    pdf_of,
)
from tests.paper import Paper, level
from tests.test_receive import brought, only

CLASS = {"school_year": "2026-2027", "grade": "J3", "class_no": "6", "class_teacher_name": "栗红"}
ACCESS = {
    "applicant": "黎城县人民武装部",
    "applicant_id": "介绍信 黎武〔2026〕第018号",
    "purpose": "核对应征青年的毕业情况。",
    "scope": "2026年毕业生花名册中的姓名、毕业年月、证书编号。",
    "manner": "1",
    "valid_to": "2026-12-31",
}


def ask(office, who, form, student=None, **given):
    """Issue a document and tell it; `data` and the request's other members by name."""
    data = given.pop("data", {})
    return issue.issue(office, who, issue.IssueRequest(form, student, data, **given)).body


def refused(office, who, form, student=None, **given):
    """The objections of a request that must be refused."""
    with pytest.raises(Problem) as caught:
        ask(office, who, form, student, **given)
    return [(item.field, item.code) for item in caught.value.errors] or [(None, caught.value.code)]


def kept(office, serial):
    with office.archive.read() as reading:
        return reading.document(serial)


def graduates(office, city, count):
    """Register invented students of the final grade, 40 to a class; gives their 学籍号."""
    made = []
    for order in range(1, count + 1):
        birth = date(2011, 1 + order % 12, 1 + order % 28)
        number = id_number(birth, order)
        record = {
            **GUARDIAN,
            "name": f"文{'甲乙丙丁戊己庚辛壬癸'[order % 10]}{'子丑寅卯辰巳午未申酉戌亥'[order // 10 % 12]}",
            "sex": "1" if order % 2 else "2",
            "birth_date": birth.isoformat(),
            "id_type": "1",
            "id_number": number,
            "ethnic": "01",
            "grade": "J3",
            "class_no": str(1 + order // 41),
            "school": SCHOOL,
        }
        register.put_student(office, city, f"G{number}", record)
        made.append(f"G{number}")
    return made


def roster(numbers):
    """The request for a graduate roster with a row for each student, the columns named in Chinese."""
    rows = [
        {
            "学籍号": number,
            "入学年月": "2023-09",
            "毕业年月": "2026-07",
            "毕业结论": "L4",
            "证书编号": f"{seq:018d}",
        }
        for seq, number in enumerate(numbers, 1)
    ]
    return {"grad_year": 2026, "stage": "J", "rows": rows}


def test_a_class_roster_is_compiled_from_the_records(town, registrar):
    """Art. 13: the pupils of the class, numbered, with what their records have, and their number."""
    body = ask(town, registrar, "class_roster", data=CLASS)
    assert (body["student"], body["school"], body["number"]) == (None, SCHOOL, None)
    facts = kept(town, body["serial"]).facts
    assert (facts["rows.1.no"], facts["rows.1.student_name"], facts["rows.1.sex"]) == ("1", "文勇俊", "男")
    assert facts["head_count"] == "1"
    assert "rows.2.student_no" not in facts
    told = verify.by_code(town, body["verify_url"])
    assert (told.verdict, told.form, told.school) == ("pending", "在校生分班名册", UNITS[SCHOOL]["name"])
    assert told.holder_masked is None


def test_a_class_roster_comes_back_signed(town, registrar):
    """Sealed by the school and its authority it is in force; only the school's own file has it."""
    serial = ask(town, registrar, "class_roster", data=CLASS)["serial"]
    seals = {"head": UNITS[SCHOOL]["name"], "authority": UNITS[COUNTY]["name"]}
    signers = {"teacher": "栗红", "head": "钟涛", "authority": "申海"}
    paper = Paper(pdf_of(town, serial), layout_of(town, serial), seed=5).complete(seals, signers)
    document = only(brought(town, registrar, paper.scan(level("A", 5))))
    assert (document["verdict"], document["reasons"]) == ("genuine", [])
    listed = retrieve.archive(town, registrar, SCHOOL)["entries"]
    kinds = ["document", "document", "layout", "scan", "check", "picture"]
    assert [entry["kind"] for entry in listed] == kinds
    assert retrieve.archive(town, registrar, STUDENT)["entries"] == []
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"rows": [{"学籍号": STUDENT, "姓名": "别人"}]}, "rows.1.student_name", "contradicts_record"),
        ({"rows": [{"学籍号": STUDENT, "colour": "red"}]}, "rows.1.colour", "unknown_field"),
        ({"rows": [{"学籍号": STUDENT}], "head_count": 2}, "head_count", "sum_differs"),
        ({"rows": []}, None, None),
        ({"class_no": "99"}, "rows", "missing_field"),
        (
            {"rows": [{"学籍号": "G140499201104120038", "姓名": "文甲"}]},
            "rows.1.student_no",
            "unknown_student",
        ),
    ],
)
def test_a_wrong_roster_is_refused_by_its_cell(town, registrar, change, field, code):
    if code is None:
        assert ask(town, registrar, "class_roster", data={**CLASS, **change})["pages"] == 1
    else:
        assert (field, code) in refused(town, registrar, "class_roster", data={**CLASS, **change})


def test_who_issues_a_schools_paper(town, registrar, county):
    """Within the scope, and about whom the form is: a school for a roster, a student where one is asked for."""
    assert refused(town, registrar, "class_roster", data=CLASS, school=OTHER_SCHOOL) == [
        (None, "out_of_scope")
    ]
    assert refused(town, county, "class_roster", data=CLASS) == [("school", "school_needed")]
    assert refused(town, registrar, "class_roster", STUDENT, data=CLASS) == [("student", "unknown_field")]
    assert refused(town, registrar, "transfer_application") == [("student", "missing_field")]
    assert refused(town, registrar, "class_roster", data=CLASS, school="3114999999") == [
        (None, "unknown_organization")
    ]
    assert ask(town, county, "class_roster", data=CLASS, school=SCHOOL)["school"] == SCHOOL


def test_others_pupils_are_not_told(town, city, registrar):
    """Art. 44: a row that names another school's pupil is not completed from a record out of scope."""
    stranger = {
        **GUARDIAN,
        "name": "文远",
        "sex": "1",
        "birth_date": "2011-05-06",
        "id_type": "1",
        "ethnic": "01",
    }
    number = id_number(date(2011, 5, 6), 7)
    where = {"grade": "J3", "class_no": "6", "school": OTHER_SCHOOL, "id_number": number}
    register.put_student(town, city, f"G{number}", {**stranger, **where})
    found = refused(town, registrar, "class_roster", data={**CLASS, "rows": [{"学籍号": f"G{number}"}]})
    assert ("rows.1.student_name", "missing_field") in found


def test_each_page_has_its_own_code(town, city, registrar):
    """120 rows: page k of n is signed on page k, and every page alone leads to the document."""
    body = ask(
        town, registrar, "graduate_roster", data=roster(graduates(town, city, 120)), dated="2026-07-01"
    )
    assert body["pages"] >= 8
    seen = []
    for sheet in pdfium.PdfDocument(pdf_of(town, body["serial"])):
        picture = io.BytesIO()
        sheet.render(scale=150 / 72).to_pil().convert("RGB").save(picture, "JPEG", quality=85)
        (page,) = pages(picture.getvalue(), inspect(picture.getvalue()).kind)
        (code,) = find(page)
        token = town.keys.public.check(code.text)
        seen.append((token.serial, token.page, token.pages))
        assert verify.by_code(town, code.text).verdict == "pending"
    assert seen == [(body["serial"], page, body["pages"]) for page in range(1, body["pages"] + 1)]
    facts = kept(town, body["serial"]).facts
    assert (facts["totals.1.due"], facts["totals.1.graduated"], facts["totals.1.unissued"]) == (
        "120",
        "120",
        "0",
    )
    assert facts["no_range"] == "000000000000000001—000000000000000120（共120个）"


def test_a_missing_page_is_named(town, city, registrar):
    """A roster is read page by page; without its first page it is not whole."""
    body = ask(town, registrar, "graduate_roster", data=roster(graduates(town, city, 16)), dated="2026-07-01")
    assert body["pages"] > 1
    paper = Paper(pdf_of(town, body["serial"]), layout_of(town, body["serial"]), seed=3)
    seals = {"head": UNITS[SCHOOL]["name"], "authority": UNITS[COUNTY]["name"]}
    paper = paper.complete(seals, {"registrar": "栗红", "head": "钟涛", "authority": "申海"})
    last = replace(paper, sheets=paper.sheets[-1:])
    document = only(brought(town, registrar, last.scan(level("A", 3))))
    assert (document["verdict"], document["reasons"]) == (
        "cannot_check",
        [f"page_missing:{page}" for page in range(1, body["pages"])],
    )
    document = only(brought(town, registrar, paper.scan(level("A", 3))))
    assert (document["verdict"], document["reasons"]) == ("genuine", [])


def test_a_page_of_a_roster_is_verified_by_image(town, city, registrar):
    """The second page alone, photographed: what it prints is compared, the other pages are not missing."""
    body = ask(town, registrar, "graduate_roster", data=roster(graduates(town, city, 16)), dated="2026-07-01")
    paper = Paper(pdf_of(town, body["serial"]), layout_of(town, body["serial"]), seed=4)
    forged = paper.alter("no_range", "000000000000000001—000000000000000099（共99个）")
    for sheets, verdict in ((paper.sheets, "pending"), (forged.sheets, "altered")):
        second = replace(paper, sheets=sheets[1:2])
        assert verify.by_image(town, second.scan(level("A", 4))).verdict == verdict


def test_graduates_are_compiled_from_their_diplomas(town, registrar, county):
    """Arts. 34 and 36: rows, totals and the range of numbers, all from what was printed."""
    numbers = [issue_diploma(town, registrar, student=number).body["number"] for number in (STUDENT, BEARER)]
    asked = {"grad_year": 2026, "stage": "J"}
    facts = kept(town, ask(town, registrar, "graduate_roster", data=asked)["serial"]).facts
    # By class: BEARER's is the second, STUDENT's the sixth.
    assert [facts[f"rows.{row}.student_no"] for row in (1, 2)] == [BEARER, STUDENT]
    assert [facts[f"rows.{row}.certificate_no"] for row in (1, 2)] == numbers[::-1]
    assert facts["totals.1.graduated"] == facts["totals.1.due"] == "2"
    assert facts["no_range"] == f"{numbers[0]}—{numbers[1]}（共2个）"
    batch = kept(town, ask(town, registrar, "diploma_batch", data=asked, dated="2026-07-01")["serial"]).facts
    assert (batch["counts.1.due"], batch["counts.1.graduated"]) == ("2", "2")
    assert refused(town, registrar, "diploma_collection") == [("rows", "missing_field")]


def test_a_roster_of_graduates_bears_the_checkpoint(town, registrar, tmp_path):
    """Whoever has the sealed paper can prove the log of that day: its last note is size and root, nothing else is asked."""
    issue_diploma(town, registrar)
    with town.archive.read() as reading:
        size, root = reading.log_size(), reading.log_tree().root()
    asked = {"grad_year": 2026, "stage": "J"}
    serial = ask(town, registrar, "graduate_roster", data=asked)["serial"]
    pdf = pdfium.PdfDocument(pdf_of(town, serial))
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    told = re.search(r"日志检查点：([0-9]+) ?([A-Za-z0-9+/]{43}=)", re.sub(r"\r?\n", "", text))
    assert (told[1], base64.b64decode(told[2])) == (str(size), root)
    (tmp_path / "printed").write_text(f"{told[1]} {told[2]}")
    (tmp_path / "other").write_text(f"{size - 1} {told[2]}")
    data = ["check", "--data", str(town.settings.data), "--checkpoint"]
    assert main([*data, str(tmp_path / "printed")]) == 0
    assert main([*data, str(tmp_path / "other")]) == 1


def test_a_handover_lists_the_file(town, registrar):
    """Art. 22: each item of the student's electronic file with its check value; art. 44: the look is registered."""
    issue_diploma(town, registrar)
    data = {"cause": "1", "to_unit": UNITS[OTHER_SCHOOL]["name"], "kept": "电子备份一份，纸质复印件一份"}
    serial = ask(town, registrar, "archive_transfer_list", STUDENT, data=data)["serial"]
    with town.archive.read() as reading:
        entries = reading.entries(STUDENT)
        looks = reading.accesses(STUDENT)
    facts = kept(town, serial).facts
    assert [facts[f"rows.{row}.digest"] for row in (1, 2)] == [entry.sha256 for entry in entries]
    assert (facts["totals.1.items"], facts["from_unit"]) == ("2", UNITS[SCHOOL]["name"])
    assert [look.what for look in looks] == ["archive_transfer_list"]


def test_a_handover_does_not_tell_of_what_few_may_read(town, registrar):
    """Arts. 41 and 44: the list goes through many hands; the item is on it, its title is not."""
    absent = {"ground": "1", "left_on": "2026-11-10", "keep_roll": "1"}
    title = town.catalogue.get("absence_report").title
    ask(town, registrar, "absence_report", STUDENT, data=absent)
    data = {"cause": "1", "to_unit": UNITS[OTHER_SCHOOL]["name"], "kept": "电子备份一份，纸质复印件一份"}
    facts = kept(town, ask(town, registrar, "archive_transfer_list", STUDENT, data=data)["serial"]).facts
    assert [facts[f"rows.{row}.title"] for row in (1, 2)] == [RESTRICTED] * 2
    assert title not in "".join(facts.values())


def test_an_authoritys_own_paper(town, county):
    """Issued by a six-digit unit: its code in the token, its file, its package."""
    body = ask(town, county, "access_request", data=ACCESS)
    assert body["school"] == COUNTY
    assert town.keys.public.check(body["verify_url"]).school == COUNTY
    told = verify.by_code(town, body["verify_url"])
    assert (told.verdict, told.school, told.holder_masked) == ("pending", UNITS[COUNTY]["name"], None)
    listed = retrieve.archive(town, county, COUNTY)
    assert (listed["kind"], len(listed["entries"])) == ("county", 2)
    out = io.BytesIO()
    archives.package(town, county, COUNTY).write(out)
    assert f"data/XJ-{COUNTY}/files/000001-document.pdf" in "".join(zipfile.ZipFile(out).namelist())
    with pytest.raises(Problem, match="approval_needed"):
        retrieve.archive(town, as_role("registrar", SCHOOL), COUNTY)


def test_a_restricted_paper_is_read_by_few(town, registrar):
    """Arts. 41 and 44: a report of absence is for the head and those above, and for the registrar who wrote it."""
    data = {"ground": "1", "left_on": "2026-11-10", "keep_roll": "1"}
    serial = ask(town, registrar, "absence_report", STUDENT, data=data)["serial"]
    colleague = Who(Role.REGISTRAR, SCHOOL, "another")
    for look in (retrieve.document, retrieve.content, retrieve.docx, retrieve.layout):
        with pytest.raises(Problem, match="restricted"):
            look(town, colleague, serial)
    assert retrieve.documents(town, colleague)["documents"] == []
    hidden = retrieve.archive(town, colleague, STUDENT)
    assert (hidden["entries"], hidden["withheld"]) == ([], 2)
    for reader in (registrar, as_role("head", SCHOOL), as_role("city", CITY), as_role("auditor", COUNTY)):
        assert retrieve.document(town, reader, serial)["serial"] == serial
        assert len(retrieve.archive(town, reader, STUDENT)["entries"]) == 2
    for act in (
        lambda: issue.revoke(town, colleague, serial, "误开"),
        lambda: receive.tick_mark(town, colleague, serial, "head", seen=True),
    ):
        with pytest.raises(Problem, match="restricted"):
            act()
    # Nothing of it lies in the school's file: the form keeps it with the student.
    assert retrieve.archive(town, registrar, SCHOOL)["entries"] == []


def test_a_scan_of_a_restricted_paper_is_read_by_few(town, registrar):
    """Arts. 41 and 44: findings and bytes are for those who may read the paper, and for whoever brought the scan."""
    data = {"ground": "1", "left_on": "2026-11-10", "keep_roll": "1"}
    serial = ask(town, registrar, "absence_report", STUDENT, data=data)["serial"]
    bringer, colleague = (Who(Role.REGISTRAR, SCHOOL, digest) for digest in ("bringer", "another"))
    scan = receive.accept(town, bringer, pdf_of(town, serial))
    while worker.work_once(town):
        pass
    for reader in (bringer, registrar, as_role("head", SCHOOL), as_role("city", CITY)):
        (found,) = receive.result(town, reader, scan)["documents"]
        assert found["serial"] == serial
        assert receive.original(town, reader, scan).data == pdf_of(town, serial)
    for look in (receive.result, receive.original):
        with pytest.raises(Problem, match="restricted"):
            look(town, colleague, scan)


def test_a_case_of_another_edition_prints_that_edition(town, registrar):
    """Arts. 48 and 49: the day of the case decides attachment number and title."""
    serials = [
        ask(town, registrar, "class_roster", data=CLASS, dated=day)["serial"]
        for day in ("2026-11-16", "2090-03-01")
    ]
    texts = [
        pdfium.PdfDocument(pdf_of(town, serial))[0].get_textpage().get_text_range() for serial in serials
    ]
    form = town.catalogue.get("class_roster")
    for text, day in zip(texts, (date(2026, 11, 16), date(2090, 3, 1)), strict=True):
        wanted = town.editions.on(day).paper(form)
        assert wanted.attachment in text.replace(" ", "")
        assert wanted.title in text.replace(" ", "")
    assert refused(town, registrar, "class_roster", data=CLASS, dated="1999-12-31") == [("dated", "bad_date")]


def test_an_accepted_template_is_printed_from(town, registrar):
    """The newest accepted version of a form's template; earlier documents keep theirs."""
    form = town.catalogue.get("class_roster")
    old = kept(town, ask(town, registrar, "class_roster", data=CLASS)["serial"])
    edited = [form.template.read_bytes()]
    for comment in (b"1", b"2"):
        changed = io.BytesIO(edited[0])
        with zipfile.ZipFile(changed, "a") as package:
            package.comment = comment
        edited.append(changed.getvalue())
    with town.archive.begin() as transaction:
        for data in edited[1:]:
            docx = town.archive.objects.put(data)
            digest = hash_of(form, data)
            transaction.add_template_version(form=form.name, hash=digest, docx=docx, note="", by="x")
    new = kept(town, ask(town, registrar, "class_roster", data=CLASS)["serial"])
    assert (old.template_hash, new.template_hash) == (form.template_hash, digest)
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_an_exception_is_noted(town, registrar, county):
    """Art. 38: a second 学历证明 only by the authority, on its own paper, and listed."""
    data = {
        "study_from": "2023-09",
        "study_to": "2026-07",
        "issued_on": "2026-11-16",
        "original_no": "140426202620120087",
        "signer": "钟涛",
        "handler": "栗红",
        "paper_no": "1",
    }
    ask(town, registrar, "academic_record_certificate", STUDENT, data=data)
    again = {"data": {**data, "paper_no": "2"}}
    assert refused(town, registrar, "academic_record_certificate", STUDENT, **again) == [
        (None, "record_certificate_once")
    ]
    allowed = issue.Override("黎教函〔2026〕7号", "原件毁于火灾", "A38-3")
    serial = ask(town, county, "academic_record_certificate", STUDENT, **again, override=allowed)["serial"]
    with town.archive.read() as reading:
        (noted,) = reading.overrides()
    assert (noted.serial, noted.rule, noted.org, noted.document) == (
        serial,
        "A38-3",
        COUNTY,
        allowed.document,
    )


def test_the_mover_is_not_on_the_class_list(town, registrar):
    """Another grade's pupil stays out, and a request may give its rows itself."""
    rows = [{"student_no": STUDENT}, {"student_no": BEARER, "备注": "本学期由2班转入"}]
    facts = kept(town, ask(town, registrar, "class_roster", data={**CLASS, "rows": rows})["serial"]).facts
    assert facts["rows.2.remark"] == "本学期由2班转入"
    assert MOVER not in facts.values()
