"""templates/README.md is followed to the letter: a new form in five steps, checked, printed and issued."""

import json
import os
import re
import shutil
import subprocess
import sys

import pypdf
import pytest
from docx import Document
from docx.oxml.ns import qn

from service import issue
from templates.catalogue import FORMS, Catalogue
from templates.render import Printer
from tests.conftest import STUDENT

README = (FORMS.parent / "README.md").read_text("utf-8")
NEW, OLD = "practice_record", "award_record"
LINE = re.compile(r"^\| `(.+?)` \| `(.+?)` \|$", re.MULTILINE)


def step(heading):
    """The text of one step."""
    return re.search(rf"^### {heading}.*?\n(.*?)(?=^##)", README, re.MULTILINE | re.DOTALL)[1]


def block(text, kind):
    (found,) = re.findall(rf"^```{kind} step\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return found


def run(folder, script):
    """Run a step's commands where the clerk would."""
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"  # noqa: PTH120 - a PATH is text
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with our forms, and what the five steps make of it."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(FORMS / OLD, folder / "templates" / "forms" / OLD)
    place = folder / "templates" / "forms" / NEW
    run(folder, block(step("第一步"), "sh"))
    define(place / "form.toml", step("第二步"))
    rewrite(place / "template.docx", LINE.findall(step("第三步")))
    example = json.loads((place / "example.json").read_text("utf-8"))
    example["data"] = json.loads(block(step("第四步"), "json"))
    (place / "example.json").write_text(json.dumps(example, ensure_ascii=False), "utf-8")
    return folder, run(folder, block(step("第五步"), "sh"))


def define(file, said):
    """Step two: each line of the table, and one section exchanged."""
    text = file.read_text("utf-8")
    for old, new in LINE.findall(said):
        assert text.count(f"{old}\n") == 1, old
        text = text.replace(f"{old}\n", f"{new}\n")
    sections = re.split(r"(?=^\[\[)", text, flags=re.MULTILINE)
    (number,) = (place for place, section in enumerate(sections) if 'name = "award_level"' in section)
    sections[number] = block(said, "toml") + "\n"
    file.write_text("".join(sections), "utf-8")


def rewrite(file, changes):
    """Step three: find and replace as Word does, one change after the other."""
    document = Document(file)
    for old, new in changes:
        met = 0
        for node in document.element.body.iter(qn("w:t")):
            met += (node.text or "").count(old)
            node.text = (node.text or "").replace(old, new)
        assert met, old
    document.save(file)


def test_the_steps_give_a_sound_form(desk):
    """Nothing is refused, nothing is even remarked upon, and the form loads beside the one it came from."""
    folder, said = desk
    assert "1 种表样，0 种有错误" in said
    assert "提示" not in said
    assert set(Catalogue.load(folder / "templates" / "forms").forms) == {NEW, OLD}


def test_the_new_form_is_printed(desk):
    """The printed example says the new title, labels and values, and none of the old ones."""
    folder, _ = desk
    text = "".join(pypdf.PdfReader(folder / "practice.pdf").pages[0].extract_text().split())
    for words in ("学生社会实践登记表", "实践项目", "太行山红色文化研学实践", "学时", "24", "2026年7月12日"):
        assert words in text
    assert "奖励" not in text


def test_the_new_form_can_be_issued(desk, town, registrar, converter, fonts):
    """An office that starts with the new folder gives out the paper for a registered student."""
    folder, _ = desk
    catalogue = Catalogue.load(folder / "templates" / "forms")
    object.__setattr__(town, "catalogue", catalogue)
    object.__setattr__(town, "printer", Printer(catalogue, converter, fonts))
    data = json.loads(block(step("第四步"), "json"))
    issued = issue.issue(town, registrar, issue.IssueRequest(NEW, STUDENT, data), None)
    assert issued.body["form"] == NEW
    with town.archive.read() as reading:
        facts = reading.document(issued.body["serial"]).facts
    assert facts["activity"] == "太行山红色文化研学实践"
