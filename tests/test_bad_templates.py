"""Harmful Word templates: refused at the templates door, by `yinzheng forms lint`, and when somebody asks to print."""

import io
import shutil
import zipfile

import pytest

from service.__main__ import main
from templates.catalogue import FORMS, Catalogue
from templates.errors import TemplateRefused
from templates.render import Order, Printer
from tests.bureau import bureau_of, refused
from tests.conftest import STUDENT

FORM = "diploma_junior"
RELATIONS = "word/_rels/document.xml.rels"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINK = (
    f'<Relationship Id="rId99" Type="{OFFICE}/hyperlink" Target="http://127.0.0.1/x" TargetMode="External"/>'
)
DOTM = f'<Relationship Id="rId98" Type="{OFFICE}/attachedTemplate" Target="file:///srv/normal.dotm" TargetMode="External"/>'
TYPE = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
BOMB = b"<a>" + b" " * (6 << 20) + b"</a>"
HARM = {
    "macros": {"word/vbaProject.bin": None, "[Content_Types].xml": (b"</Types>", TYPE)},
    "external": {RELATIONS: (b"</Relationships>", f"{LINK}</Relationships>".encode())},
    "dotm": {RELATIONS: (b"</Relationships>", f"{DOTM}</Relationships>".encode())},
    "ratio": {"word/media/bomb.xml": BOMB},
    "syntax": {"word/document.xml": (b"{{ student_name }}", b"{{ student_name }")},
    "no_code": {"word/document.xml": (b"{{ code }}", b"")},
    "forbidden": {"word/document.xml": (b"{{ student_name }}", b"{{ student_name.__class__ }}")},
    "not_docx": {},
}
REASONS = {"dotm": "external"}
LINTED = {"syntax": "mark_syntax", "forbidden": "mark_forbidden", "no_code": "no_code"}


def spoilt(source, harm):
    """The template with changes: entry → (old, new), further bytes, or None for a few."""
    if not harm:
        return b"%PDF-1.7 not a Word document"
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(source)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            data = before.read(name)
            change = harm.get(name)
            if change:
                assert change[0] in data, name
                data = data.replace(*change)
            after.writestr(name, data)
        for name in harm.keys() - set(before.namelist()):
            after.writestr(name, harm[name] or b"Attribut VB_Name")
    return out.getvalue()


@pytest.fixture(params=HARM)
def spoiled(request, tmp_path):
    """A folder of forms in which the diploma's template is harmful, and the reason it must be refused for."""
    folder = tmp_path / "forms"
    shutil.copytree(FORMS, folder)
    template = folder / FORM / "template.docx"
    template.write_bytes(spoilt(template.read_bytes(), HARM[request.param]))
    return folder, REASONS.get(request.param, request.param)


def test_the_templates_door(spoiled, converter, fonts, example_code):
    """Nothing is printed from it, and the Chinese sentence says what to do; LibreOffice never sees it."""
    folder, reason = spoiled
    catalogue = Catalogue.load(folder)
    form = catalogue.get(FORM)
    order = Order(form, form.example_data(), "7K00000000002", lambda pages: [example_code] * pages)
    with pytest.raises(TemplateRefused) as caught:
        Printer(catalogue, converter, fonts).print(order)
    assert caught.value.code == f"template_{reason}"
    assert "请" in caught.value.message_zh


def test_the_lint_command(spoiled, capsys):
    """`yinzheng forms lint DIR` names the form and the reason, and ends with 1; it says which forms are good."""
    folder, reason = spoiled
    assert main(["forms", "lint", str(folder), "--quick"]) == 1
    told = capsys.readouterr()
    assert FORM in told.err
    assert LINTED.get(reason, f"template_{reason}") in told.err
    assert "transfer_application" in told.out


def test_the_lint_command_on_our_own_forms(capsys):
    """Our own forms pass."""
    assert main(["forms", "lint", str(FORMS), "--quick"]) == 0
    assert FORM in capsys.readouterr().out


def test_a_request_for_a_paper_of_such_a_template(request, tmp_path, converter, fonts):
    """Over HTTP: refused with its code, the number is not lost, and the same request works once it is repaired."""
    folder = tmp_path / "forms"
    shutil.copytree(FORMS, folder)
    template = folder / FORM / "template.docx"
    good = template.read_bytes()
    with bureau_of(request, reading=False) as bureau:
        template.write_bytes(spoilt(good, HARM["macros"]))
        _equip(bureau, Catalogue.load(folder), converter, fonts)
        refused(bureau.ask(STUDENT, key="k"), 500, "template_macros", "不含宏")
        assert bureau.used() == {"free": 1}
        bureau.assert_sound()
        template.write_bytes(good)
        _equip(bureau, Catalogue.load(folder), converter, fonts)
        assert bureau.issue(STUDENT, key="k")["number"] == "140426202620120001"
        bureau.assert_sound()


def _equip(bureau, catalogue, converter, fonts):
    """Let the office work with another folder of forms, as after a restart."""
    object.__setattr__(bureau.office, "catalogue", catalogue)
    object.__setattr__(bureau.office, "printer", Printer(catalogue, converter, fonts))


@pytest.fixture(scope="session")
def example_code():
    """The text of a QR code as long as ours."""
    return "HTTPS://YINZHENG.EXAMPLE/V/" + "AEBA" * 38
