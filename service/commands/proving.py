"""Proofs: forms looked at and tried, templates accepted, the archive checked against itself."""

import contextlib
import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from service.access import Role, Who
from service.commands.speaking import COMMAND_LINE, DONE, FAILED, say, say_json
from service.errors import Objection, Problem, refused
from service.settings import Settings
from service.signing import BadNote
from service.signing.published import head, read_checkpoint

if TYPE_CHECKING:  # the heavy rooms are imported by the commands that need them
    from service.office import Office
    from storage.records import Head
    from templates.lint.folders import Linted
    from templates.render import Printer


def lint_forms(options: Namespace) -> int:
    """Say everything that is wrong with the forms of a folder and where; 1 when any may not be used.

    Unless `quick`, each template is printed with LibreOffice: its example, and every field at its longest.
    """
    from templates.catalogue import FORMS
    from templates.lint.folders import Linted, linted

    with contextlib.ExitStack() as stack:
        printer = None if options.quick else stack.enter_context(_trial_printer())
        seen: list[Linted] = []
        for one in linted(options.folder or FORMS, printer):
            seen.append(one)
            _tell_linted(one)
    if not seen:
        raise refused([Objection(None, "no_forms", "文件夹里没有表样；请指到 forms 文件夹")])
    bad = sum(one.refused for one in seen)
    say(f"检查完毕：{len(seen)} 种表样，{bad} 种有错误")
    return FAILED if bad else DONE


def _tell_linted(one: "Linted") -> None:
    if one.form is not None and not one.refused:
        say(f"{one.name}  {one.form.title}  {len(one.form.fields)} 栏  {len(one.form.blocks)} 处签章")
    for finding in one.findings:
        wrong = finding.severity == "error"
        line = f"{one.name}  {'错误' if wrong else '提示'}  {finding.code}  {finding}"
        (sys.stderr.write(f"{line}\n") if wrong else say(line))


def print_example(options: Namespace) -> int:
    """Print the example of one form's folder, to look at it; nothing is numbered or kept."""
    from templates.catalogue import load_form
    from templates.lint import trial

    form = load_form(options.folder)
    with _trial_printer() as printer:
        paper = printer.print(trial.order(form, form.template.read_bytes()))
    options.file.write_bytes(paper.pdf)
    say(f"{form.title}  {paper.pages} 页  {options.file}")
    return DONE


def accept_template(options: Namespace) -> int:
    """Make an edited Word file the next version of a form's template; 1 with all findings when it is not right."""
    from service import versions
    from service.app import opened

    who = Who(Role.CITY, options.org, COMMAND_LINE)
    with opened(Settings.from_env(options.data), printing=True) as office:
        kept = versions.accept(office, who, options.form, options.file.read_bytes(), options.note)
    say_json(dict(kept.body))
    return DONE


@contextlib.contextmanager
def _trial_printer() -> "Iterator[Printer]":
    """Start LibreOffice in a folder of its own, only to try templates."""
    import tempfile

    from templates.catalogue import Catalogue
    from templates.fonts import Fonts
    from templates.libreoffice import Converter
    from templates.render import Printer

    with tempfile.TemporaryDirectory(prefix="yinzheng-") as name:
        fonts = Fonts.find(Path(name) / "fonts")
        converter = Converter(Path(name) / "soffice", 1, fonts.conf)
        converter.start()
        try:
            yield Printer(Catalogue({}), converter, fonts)
        finally:
            converter.close()


SIZE_AND_ROOT = 2


def publish(options: Namespace) -> int:
    """Write everything published into a folder, for a static site or a stick: keys, lists, checkpoint, verifying page."""
    from service import publish as published
    from service.app import opened
    from service.web.offline_page import offline_page

    options.folder.mkdir(parents=True, exist_ok=True)
    with opened(Settings.from_env(options.data), printing=False) as office:
        texts = {
            "yinzheng-keys.json": office.keys.published(),
            "status-list": published.status_list(office),
            "status-list-long": published.status_list(office, long=True),
            "checkpoint": published.checkpoint(office),
            "offline.html": offline_page(office),
        }
    for name, text in texts.items():
        draft = options.folder / f"{name}.tmp"
        draft.write_text(text, encoding="utf-8")
        draft.replace(options.folder / name)
    say(f"已写出 {len(texts)} 个文件：{options.folder}")
    return DONE


REPRINTED = {
    "reprint_differs": "按存档的数据和模板重新套印，结果与存档的 PDF 不同",
    "not_reprinted": "表样、字体或排版程序已与当时不同，没有重新套印比较（无害）",
}


def check(options: Namespace) -> int:
    """Prove rows, objects, numbers and log against each other, stamp stamped papers again, and list the differences."""
    from service.app import opened
    from service.office.reprint import differing
    from storage import check as proofs

    if not options.data.is_dir():
        raise Problem("no_data_folder", 404, "没有数据文件夹", "请用 --data 指明数据文件夹。")
    bad = hints = 0
    with opened(Settings.from_env(options.data), printing=False) as office:
        heads = [_kept_outside(office, path) for path in options.checkpoint]
        for fault in proofs.check(office.archive, heads):
            _tell_fault(fault.code, fault.about, fault.message_zh, harmless=fault.harmless)
            bad, hints = bad + (not fault.harmless), hints + fault.harmless
        for code, serial in differing(office):
            harmless = code == "not_reprinted"
            _tell_fault(code, serial, REPRINTED[code], harmless=harmless)
            bad, hints = bad + (not harmless), hints + harmless
    say(f"检查完毕：{bad} 处错误，{hints} 处提示")
    return FAILED if bad else DONE


def _kept_outside(office: "Office", path: Path) -> "Head":
    """A checkpoint that was kept elsewhere: signed, or the two lines of it that a roster bears."""
    from storage.records import Head

    text = path.read_bytes().decode("utf-8", "replace")
    words = text.split()
    try:
        if len(words) == SIZE_AND_ROOT:
            return Head(*head(*words))
        found = read_checkpoint(office.keys.public, text)
    except BadNote as bad:
        message = f"{path.name} 不是本日志的检查点，或签名不成立（{bad.reason}）；请核对文件。"
        raise Problem("bad_checkpoint", 422, "检查点有误", message) from None
    at = None if found.time is None else datetime.fromtimestamp(found.time, UTC)
    return Head(found.size, found.root, at)


def _tell_fault(code: str, about: str, message: str, *, harmless: bool) -> None:
    say(f"{'提示' if harmless else '错误'}  {code}  {about}  {message}")


def scrub(options: Namespace) -> int:
    """Read every object of both stores once, repair the one from the other, and name what is wrong; 1 when any is not right.

    The progress is the service's own: a round that it began is brought to its end, unless `anew`.
    """
    from service.app import opened
    from storage.scrub import HARMLESS, MESSAGES

    if not options.data.is_dir():
        raise Problem("no_data_folder", 404, "没有数据文件夹", "请用 --data 指明数据文件夹。")
    with opened(Settings.from_env(options.data), printing=False) as office:
        scrub = office.archive.scrub
        told = scrub.whole(anew=options.anew)
        if (copied := scrub.fill() + told.copied) and office.settings.copy:
            say(f"第二份拷贝补齐 {copied} 件")
    bad = 0
    for one in told.findings:
        right = one.repaired is not None or one.kind in HARMLESS
        bad += not right
        state = "已修复" if one.repaired is not None else "提示" if right else "错误"
        say(f"{state}  {one.kind}  {one.name}  {MESSAGES[one.kind]}")
    say(f"巡检完毕：读过 {told.last_seen} 件，{len(told.findings)} 处发现，{bad} 处未修复")
    return FAILED if bad else DONE
