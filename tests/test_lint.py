"""Every wrong template of the museum is told by its name, at its place, together with all else that is wrong."""

import re
from dataclasses import replace

import pytest

from service.__main__ import main
from templates.catalogue import FORMS, Catalogue, load_form
from templates.lint import Finding, findings, refused, trial
from templates.lint.finding import _ERRORS, _WARNINGS
from templates.lint.room import crowded
from tests.specimens import templates as made

W = made.nsdecls("w")
WRONG = {
    "undeclared": (made.replace("{{ student_name }}", "{{ studnet_name }}"), "undeclared", "第2个表格第1行"),
    "undeclared in a condition": (made.appended("{% if raw.mother %}有{% endif %}"), "undeclared", "正文"),
    "undeclared block": (
        made.replace("sign('out_school')", "sign('school')"),
        "undeclared",
        "sign('school')",
    ),
    "undeclared wording": (made.appended("{{ text.effect }}"), "undeclared", "正文"),
    "unused": (made.without("{{ student_name }}"), "unused", "正文"),
    "mark_syntax": (made.replace("{{ student_name }}", "{{ student_name }"), "mark_syntax", "student_name"),
    "mark_syntax without end": (made.appended("{% if raw.sex %}"), "mark_syntax", "正文"),
    "mark_syntax of two words": (
        made.replace("{{ sex }}", "{{ student sex }}"),
        "mark_syntax",
        "student sex",
    ),
    "mark_split": (made.split_mark, "mark_split", "rea"),
    "attribute": (made.replace("{{ sex }}", "{{ sex.__class__ }}"), "mark_forbidden", "__class__"),
    "filter": (made.replace("{{ sex }}", "{{ sex | upper }}"), "mark_forbidden", "upper"),
    "arithmetic": (made.replace("{{ sex }}", "{{ sex * 9 }}"), "mark_forbidden", "sex * 9"),
    "call": (made.replace("{{ sex }}", "{{ range(9) }}"), "mark_forbidden", "range"),
    "loop over nothing we know": (
        made.appended("{% for a in people %}{{ a }}{% endfor %}"),
        "undeclared",
        "people",
    ),
    "statement": (made.appended("{% set sex = '男' %}"), "mark_forbidden", "set"),
    "mark_not_alone": (
        made.appended("说明：{%p for note in footnotes %}{{ note }}{%p endfor %}"),
        "mark_not_alone",
        "说明",
    ),
    "no_code": (made.without("{{ code }}"), "no_code", "正文"),
    "codes": (made.doubled("{{ code }}"), "codes", "正文"),
    "code_not_alone": (made.replace("{{ code }}", "扫码 {{ code }}"), "code_not_alone", "扫码"),
    "code_cell": (made.narrow_code, "code_cell", "code"),
    "code_line": (made.exact_code_line, "code_line", "code"),
    "no_serial": (made.without("{{ serial }}"), "no_serial", ""),
    "no_place": (made.without("{{ seal('in_auth') }}"), "no_place", "in_auth"),
    "no_title": (made.without("{{ title }}"), "no_title", "转学申请表"),
    "place_hidden": (
        made.replace("{{ sign('apply') }}", "{% if raw.sex == '9' %}{{ sign('apply') }}{% endif %}"),
        "place_hidden",
        "apply",
    ),
    "place_twice": (made.doubled("{{ sign('apply') }}"), "place_twice", "apply"),
    "font": (made.appended("备注", font="宋体"), "font", "宋体"),
    "font of a style": (
        made.appended("备注", style="批注", style_font="仿宋"),
        "font",
        "仿宋",
    ),
    "font of the theme": (made.themed, "font", "备注"),
    "font of a complex script": (
        made.appended("بيان", font="Arial", slots=("cs",), more=(f"<w:rtl {W}/>",)),
        "font",
        "Arial",
    ),
    "font of a symbol": (
        lambda document: (
            document.add_paragraph()
            .add_run()
            ._element.append(made.parse_xml(f'<w:sym {W} w:font="Wingdings" w:char="F0FE"/>'))
        ),
        "font",
        "Wingdings",
    ),
    "exact_row": (made.exact_row, "exact_row", "第1行"),
    "near_black": (made.appended("备注", colour="000012"), "near_black", "备注"),
    "red text": (made.appended("备注", colour="C00000"), "red", "备注"),
    "red line": (made.red_line, "red", ""),
    "red picture": (made.red_picture, "red", "图片"),
    "near-black style": (made.appended("备注", style="批注", style_colour="000012"), "near_black", "批注"),
    "red style": (made.appended("备注", style="批注", style_colour="C00000"), "red", "批注"),
    "pale": (made.dressed("sex", colour="FFFFFF"), "pale", "sex"),
    "italic": (made.dressed("sex", more=f"<w:i {W}/>"), "dressed", "斜体"),
    "capitals": (made.dressed("sex", more=f"<w:caps {W}/>"), "dressed", "大写"),
    "upright": (made.turned, "upright", "sex"),
    "watermark": (made.watermark, "watermark", "页眉"),
    "content_control": (made.content_control, "content_control", "请选择"),
    "text_box": (made.frame, "text_box", "备注"),
    "tracked": (made.tracked, "tracked", ""),
    "hidden": (made.hidden, "hidden", "reason"),
    "paper_size": (made.letter_size, "paper_size", "216×279"),
    "corner moved": (made.moved_corner, "corner", "页眉"),
    "corners gone on the first page": (made.other_first_page, "corner", "页眉"),
    "corners gone": (made.without_corners, "corner", "页眉"),
}
PRINTED = {
    "does_not_fit": (lambda place: made.defined(place, "max = 120", "max = 900"), "reason"),
    "pages": (lambda place: made.edited(place, made.new_page), "2 页"),
    "code_covered": (lambda place: made.edited(place, made.cover_code), "盖章处"),
    "place_meets": (lambda place: _boxed(place, "[-57.0, -22.0, 22.0, 60.0]"), "主管部门审批"),
    "tiny": (lambda place: made.edited(place, made.dressed("sex", size=5)), "sex"),
    "code_unreadable": (lambda place: made.edited(place, made.black_patch), "二维码"),
    "not_printed": (lambda place: made.edited(place, made.never), "ethnic"),
    "long_together": (lambda place: made.defined(place, "max = 120", "max = 450"), "同时"),
    "place_small": (lambda place: _boxed(place, "[-22.0, -12.0, 12.0, 12.0]"), "out_school"),
}


def _boxed(place, box):
    made.wide_box(box)(place / "form.toml")
    return load_form(place)


def told(form, printer=None):
    return {finding.code: finding for finding in findings(form, None, printer)}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_template_is_told_with_its_place(tmp_path, name):
    """Each specimen gives its finding; the place or the sentence quotes what a person looks for in Word."""
    change, code, quoted = WRONG[name]
    found = findings(made.edited(made.copied(tmp_path), change))
    wanted = [finding for finding in found if finding.code == code]
    assert wanted, found
    assert any(quoted in str(finding) for finding in wanted), wanted
    assert all("请" in finding.message_zh for finding in found)
    assert refused(found)


def test_a_certificate_has_no_corner_marks(tmp_path):
    """The four marks belong to forms; a certificate is registered by its own features."""
    place = made.copied(tmp_path, made.CERTIFICATE)
    assert "corner_on_certificate" in told(made.edited(place, made.corners_of(made.FORM)))


def test_a_wording_that_is_not_printed(tmp_path):
    """What an edition could replace must stand on the paper."""
    place = made.copied(tmp_path)
    form = made.defined(place, "pages = 1", 'pages = 1\ntexts = { effect = "具有同等效力" }')
    assert "effect" in told(form)["unused_text"].message_zh


def test_what_hangs_over_the_edge(printer):
    """A photo and a code that reach beyond the paper, and a photo over the code."""
    form = load_form(FORMS / made.CERTIFICATE)
    paper = printer.print(trial.order(form, form.template.read_bytes()))
    (page,) = paper.layout.pages
    outside = (page.width - 20, 10.0, page.width + 6, 42.0)
    (photo,), (code,) = page.photos, page.codes
    moved = replace(page, photos=(replace(photo, box=outside),))
    told = [
        str(finding)
        for finding in crowded(form, replace(paper, layout=replace(paper.layout, pages=(moved,))))
    ]
    assert any("照片" in words and "纸外" in words for words in told)
    moved = replace(page, photos=(replace(photo, box=code.box),), codes=(replace(code, box=outside),))
    told = [
        str(finding)
        for finding in crowded(form, replace(paper, layout=replace(paper.layout, pages=(moved,))))
    ]
    assert any("二维码" in words and "纸外" in words for words in told)
    assert any("照片" in words and "压在二维码" in words for words in told)
    form = load_form(FORMS / made.FORM)
    paper = printer.print(trial.order(form, form.template.read_bytes()))
    (page,) = paper.layout.pages
    bare = replace(paper, layout=replace(paper.layout, pages=(replace(page, fiducials=page.fiducials[1:]),)))
    assert [finding.code for finding in crowded(form, bare)] == ["corner_page"]


def test_later_pages_are_looked_at_too(tmp_path, printer):
    """A roster whose even pages have a header of their own: the second page would have no code."""
    place = made.copied(tmp_path, "admission_roster")
    made.exampled(place, lambda parts: parts["data"].update(rows=parts["data"]["rows"][:2]))
    form = made.edited(place, made.other_even_pages)
    assert not refused(findings(form))
    found = told(form, printer)["code_unreadable"]
    assert "40行" in found.where
    assert "第 2 页" in found.message_zh


def test_all_findings_come_at_once(tmp_path):
    """Six mistakes in one file are told in one go, errors before warnings."""
    place = made.copied(tmp_path)
    names = ("undeclared", "font", "exact_row", "red text", "paper_size", "corner moved")
    for name in names:
        form = made.edited(place, WRONG[name][0])
    form = made.exampled(place, lambda parts: parts["data"].pop("exam_taken"))
    found = findings(form)
    assert {WRONG[name][1] for name in names} | {"unused", "not_shown"} == {finding.code for finding in found}
    assert [finding.severity for finding in found] == sorted(finding.severity for finding in found)


def test_a_harmful_file_is_not_looked_into(tmp_path):
    """Macros and a link in one file: both are told, with the part they stand in, and nothing else is tried."""
    place = made.copied(tmp_path)
    link = b'<Relationship Id="r9" Type="x/hyperlink" Target="http://127.0.0.1/" TargetMode="External"/>'
    with made.ZipFile(place / "template.docx") as archive:
        relations = archive.read("word/_rels/document.xml.rels")
    form = made.entries(
        place,
        {
            "word/vbaProject.bin": b"x",
            "word/_rels/document.xml.rels": relations.replace(
                b"</Relationships>", link + b"</Relationships>"
            ),
        },
    )
    found = told(form)
    assert set(found) == {"template_macros", "template_embedded", "template_external"}
    assert found["template_external"].where == "word/_rels/document.xml.rels"


def test_the_example_must_be_there_and_fill_the_form(tmp_path):
    """No example, no JSON, a code that does not exist: each is told."""
    place = made.copied(tmp_path)
    assert "example_wrong" in told(made.exampled(place, lambda parts: parts["student"].update(sex="7")))
    assert "example_wrong" in told(made.exampled(place, lambda parts: parts["student"].pop("name")))
    (place / "example.json").write_text("{", "utf-8")
    assert "example_wrong" in told(load_form(place))
    (place / "example.json").unlink()
    assert "example_missing" in told(load_form(place))


@pytest.mark.parametrize("name", PRINTED)
def test_what_only_the_printed_paper_shows(tmp_path, printer, name):
    """Values that do not fit, a covered code, places that are too small or overlap are seen on the paper."""
    change, quoted = PRINTED[name]
    form = change(made.copied(tmp_path))
    assert not refused(findings(form)), "a file alone does not show it"
    found = told(form, printer)
    assert name in found, found
    assert quoted in str(found[name])


def test_every_finding_has_a_specimen():
    """No message that nobody has seen."""
    shown = {code for _, code, _ in WRONG.values()} | set(PRINTED)
    shown |= {"corner_on_certificate", "not_shown", "example_wrong", "example_missing", "bad_form"}
    assert {*_ERRORS, *_WARNINGS} - shown == {"unused_text", "off_page", "corner_page"}  # tests of their own


def test_the_command_tells_all_and_ends_with_1(tmp_path, capsys):
    """A folder with a good form, a spoilt one and one whose form.toml is wrong: each is told, two are refused."""
    made.copied(tmp_path, made.CERTIFICATE)
    made.edited(made.copied(tmp_path), WRONG["undeclared"][0])
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    (wrong / "form.toml").write_text('title = "x"', "utf-8")
    assert main(["forms", "lint", str(tmp_path), "--quick"]) == 1
    said = capsys.readouterr()
    assert "studnet_name" in said.err
    assert re.search(r"wrong +错误 +bad_form", said.err)
    assert made.CERTIFICATE in said.out
    assert "3 种表样，2 种有错误" in said.out
    assert main(["forms", "lint", str(tmp_path / made.CERTIFICATE), "--quick"]) == 0


def test_the_command_prints_too(tmp_path, capsys):
    """Without --quick LibreOffice prints: one form alone, in a folder of its own."""
    place = made.copied(tmp_path, made.CERTIFICATE)
    assert main(["forms", "lint", str(place)]) == 0
    assert "1 种表样，0 种有错误" in capsys.readouterr().out


def test_our_own_forms_pass():
    """No error in any of our forms, as far as the file tells."""
    for form in Catalogue.load(FORMS).forms.values():
        assert not refused(findings(form)), form.name


def test_a_finding_says_itself():
    """Place and sentence, or the sentence alone; as JSON with its code."""
    finding = Finding("font", "正文 第1段", "请改。", "error")
    assert str(finding) == "正文 第1段：请改。"
    assert finding.to_json() == {
        "code": "font",
        "where": "正文 第1段",
        "message": "请改。",
        "severity": "error",
    }
