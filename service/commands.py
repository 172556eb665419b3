"""What each command of `yinzheng` does; the arguments are described in service.__main__."""

import contextlib
import json
import logging
import secrets
import sys
import threading
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intake.errors import IntakeError
from service.access import Role, Who
from service.errors import Objection, Problem, refused
from service.settings import Settings
from service.signing import BadCode, PublicKeys, Token, sha256_hex

if TYPE_CHECKING:  # the heavy rooms are imported by the commands that need them
    from collections.abc import Iterator

    from service.office import Office
    from service.worker import Supervisor
    from templates.lint.folders import Linted
    from templates.render import Printer

DONE, FAILED, WRONG_USE = 0, 1, 2
DEMO_DATA = Path("data/demo")
SHUTDOWN_SECONDS = 10
"""Requests under way may end; somebody who waits for a scan's result may not hold the service up."""
LONGEST_CODE = 2048
"""Characters of a QR text: the largest symbol holds 4,296, ours 179; a longer argument is a path."""
COMMAND_LINE = "command line"
"""Stands where a token's digest would: whoever can run the command owns the data folder."""


def say(text: str) -> None:
    """Write a line to standard output at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _say_json(body: object) -> None:
    say(json.dumps(body, ensure_ascii=False, indent=1))


def serve(options: Namespace) -> int:
    """Serve HTTP until told to stop, with one supervised worker process.

    LibreOffice comes up while the rest is imported; the worker starts when the models are loaded here, so
    that the two do not fight for the processor before the first answer.
    """
    from service.app import opened

    with opened(Settings.from_env(options.data), printing=True) as office:
        import uvicorn

        from service.web.http import create
        from service.worker import Supervisor

        supervisor = Supervisor(options.data)
        threading.Thread(target=_warm, args=(office, supervisor), name="warm-up", daemon=True).start()
        try:
            # Addresses hold serials and 学籍号, so uvicorn's own access log stays off.
            uvicorn.run(
                create(office),
                host=options.host,
                port=options.port,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        finally:
            supervisor.stop()
    return DONE


def _warm(office: "Office", supervisor: "Supervisor") -> None:
    """Load the reading models, then start the worker; models that are missing are told by /readyz."""
    with contextlib.suppress(IntakeError):
        office.recogniser()
    supervisor.start()


def work(options: Namespace) -> int:
    """Read scans until told to stop, or until it is time for a fresh process."""
    from service import worker
    from service.app import opened

    stop = threading.Event()
    worker.signal_stop(stop)
    if options.child:
        worker.end_with_parent(sys.stdin.buffer, stop)
    with opened(Settings.from_env(options.data), printing=False) as office:
        with contextlib.suppress(IntakeError):  # missing models are told when a scan is read
            office.recogniser()
        worker.run(office, stop)
    return DONE


def create_token(options: Namespace) -> int:
    """Print a fresh token alone; the data folder is made when missing."""
    from service.app import utc_now
    from service.register import make_token
    from storage.archive import Archive

    archive = Archive.open(options.data, utc_now)
    try:
        say(make_token(archive, secrets.token_bytes, options.role, options.org))
    finally:
        archive.close()
    return DONE


def demo(options: Namespace) -> int:
    """Play the story; a folder that holds something else is left alone, since the story empties its own."""
    from service.demo.story import run

    folder: Path = options.data
    if folder.exists() and any(folder.iterdir()) and not (folder / "store").is_dir():
        raise Problem(
            "not_a_demo_folder", 422, "不能清空这个文件夹", f"{folder} 不是演示文件夹；请换一个空文件夹。"
        )
    return run(folder, serve=options.serve)


def issue_one(options: Namespace) -> int:
    """Issue one document and print how it is told."""
    from service import issue, retrieve
    from service.app import opened

    values = {**_given(options.given), **_values(options.values)}
    who = _who(options)
    with opened(Settings.from_env(options.data), printing=True) as office:
        request = issue.IssueRequest(
            options.form,
            options.student,
            values,
            school=options.school,
            dated=options.dated,
            mode="overprint" if options.overprint else "full",
            blank=options.blank,
        )
        issued = issue.issue(office, who, request, options.key)
        _say_json(dict(issued.body))
        if options.out:
            options.out.write_bytes(retrieve.content(office, who, issued.body["serial"]).data)
    return DONE


def _given(file: Path | None) -> dict[str, Any]:
    """The values of a JSON file: one object, tables as lists of objects."""
    try:
        found = {} if file is None else json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise refused([Objection(None, "bad_value", "--from 的文件须是一个 JSON 对象；请改正文件")])
    return found


def _values(pairs: list[str]) -> dict[str, str]:
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise refused([Objection(None, "bad_value", f"应写成 栏目=值：{wrong[0]}")])
    return dict(pair.split("=", 1) for pair in pairs)


def _who(options: Namespace) -> Who:
    return Who(Role(options.role), options.org, COMMAND_LINE)


def scan_file(options: Namespace) -> int:
    """Take one scan in, read it here, and print the result; 1 unless every page is a genuine paper's."""
    from service import receive, worker
    from service.app import opened

    who = _who(options)
    with opened(Settings.from_env(options.data), printing=False) as office:
        scan_id = receive.accept(office, who, options.file.read_bytes(), options.file.name)
        body = receive.result(office, who, scan_id)
        while body["state"] not in {"done", "failed"}:
            if not worker.work_once(office):
                office.sleep(worker.IDLE_SECONDS)
            body = receive.result(office, who, scan_id)
    _say_json(body)
    good = body["state"] == "done" and body["documents"] and not body["unmatched"]
    return DONE if good and all(d["verdict"] == "genuine" for d in body["documents"]) else FAILED


def put_photo(options: Namespace) -> int:
    """Judge a student's photo and keep it."""
    from service import photos
    from service.app import opened

    with opened(Settings.from_env(options.data), printing=False) as office:
        kept = photos.put_photo(office, _who(options), options.student, options.file.read_bytes())
    _say_json(dict(kept.body))
    return DONE


def calibrate(options: Namespace) -> int:
    """Write the calibration sheet of a blank."""
    from service import blanks
    from service.app import opened

    with opened(Settings.from_env(options.data), printing=False) as office:
        options.file.write_bytes(blanks.calibration_sheet(office, _who(options), options.blank).data)
    say(str(options.file))
    return DONE


def import_students(options: Namespace) -> int:
    """Import every student of a table, or name every bad cell; 1 when there is one."""
    from service import importing
    from service.app import opened

    with opened(Settings.from_env(options.data), printing=False) as office:
        report = importing.import_students(
            office, _who(options), options.file.read_bytes(), school=options.school, dry_run=options.dry_run
        )
    if options.report:
        options.report.write_bytes(importing.faults_table(report))
    if not report.faults:
        _say_json(report.to_json())
        return DONE
    for fault in report.faults:
        say(f"{fault.where()}  {fault.message}" + (f"（{fault.cited()}）" if fault.cited() else ""))
    say(f"表中有 {len(report.faults)} 处要改，一名学生也没有导入。")
    return FAILED


def show_archive(options: Namespace) -> int:
    """List a permanent file, or pack it."""
    from service import retrieve
    from service.app import opened

    who = _who(options)
    with opened(Settings.from_env(options.data), printing=False) as office:
        if options.out:
            options.out.write_bytes(retrieve.package(office, who, options.owner).data)
            say(str(options.out))
        else:
            _say_json(retrieve.archive(office, who, options.owner))
    return DONE


def verify(options: Namespace) -> int:
    """Verify a code or an image: against the archive, or offline with the published keys alone."""
    text, data = _paper(options.paper)
    if options.keys:
        return _verify_offline(options, text, data)
    if options.status_list:
        raise refused([Objection(None, "keys_needed", "--status-list 要与 --keys 一起用")])
    from service.app import opened
    from service.verify import by_code, by_image

    with opened(Settings.from_env(options.data), printing=False) as office:
        verdict = by_image(office, data) if data is not None else by_code(office, text)
    _say_json(verdict.to_json())
    return DONE if verdict.verdict == "genuine" else FAILED


def _paper(given: str | None) -> tuple[str, bytes | None]:
    """The text of a code, or the bytes of a file: an argument that names a file is one."""
    if given is None:
        return sys.stdin.read(LONGEST_CODE).strip(), None
    if len(given) < LONGEST_CODE and Path(given).is_file():
        return "", Path(given).read_bytes()
    return given.strip(), None


def _verify_offline(options: Namespace, text: str, data: bytes | None) -> int:
    """Prove a signature by the key file: no server, no network, no data folder."""
    keys = PublicKeys.from_json(options.keys.read_bytes())
    texts = [text] if data is None else _codes(data)
    answers = [_offline_answer(keys, code) for code in texts] or [{"signature": "none", "reason": "no_code"}]
    best = next((answer for answer in answers if answer["signature"] == "good"), answers[0])
    if best["signature"] == "good":
        best["status"] = _listed(options.status_list, keys, best["serial"])
    _say_json(best)
    return DONE if best["signature"] == "good" and best["status"] in {"not_checked", "not_listed"} else FAILED


def _codes(data: bytes) -> list[str]:
    from intake.codes import find
    from intake.uploads import inspect, pages

    upload = inspect(data)
    return [code.text for page in pages(data, upload.kind) for code in find(page)]


def _offline_answer(keys: PublicKeys, text: str) -> dict[str, Any]:
    try:
        token = keys.check(text)
    except BadCode as bad:
        return {"signature": "bad", "reason": bad.reason}
    return {"signature": "good", **_told(token)}


def _told(token: Token) -> dict[str, Any]:
    from templates.catalogue import Catalogue

    titles = {form.code: form.title for form in Catalogue.load().forms.values()}
    return {
        "serial": token.serial,
        "form": titles.get(token.kind),
        "page": token.page,
        "pages": token.pages,
        "school": token.school,
        "issued_on": token.issued_on.isoformat(),
        "digest": token.digest.hex(),
        "key": token.key,
    }


def _listed(path: Path | None, keys: PublicKeys, serial: str) -> str:
    """What a signed status list says of a serial: revoked, superseded, not_listed; not_checked without one."""
    if path is None:
        return "not_checked"
    import base64

    from service.office.lookups import canonical

    try:
        body = json.loads(path.read_bytes())
        signature = base64.b64decode(body.pop("signature"))
        keys.check_bytes(int(body["kid"]), signature, canonical(body))
        digest = sha256_hex(serial.encode("ascii"))
        return next((status for status in ("revoked", "superseded") if digest in body[status]), "not_listed")
    except (ValueError, KeyError, TypeError, AttributeError, BadCode):
        raise Problem(
            "bad_status_list",
            422,
            "状态清单有误",
            "状态清单格式不对或签名不成立；请重新下载 /v1/status-list。",
        ) from None


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
    _say_json(dict(kept.body))
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


def check(options: Namespace) -> int:
    """Prove rows, objects, numbers and log against each other, and list the differences."""
    from service.app import utc_now
    from storage import check as proofs
    from storage.archive import Archive

    if not options.data.is_dir():
        raise Problem("no_data_folder", 404, "没有数据文件夹", "请用 --data 指明数据文件夹。")
    archive = Archive.open(options.data, utc_now)
    try:
        faults = proofs.check(archive)
    finally:
        archive.close()
    for fault in faults:
        say(f"{'提示' if fault.harmless else '错误'}  {fault.code}  {fault.about}  {fault.message_zh}")
    bad = sum(not fault.harmless for fault in faults)
    say(f"检查完毕：{bad} 处错误，{len(faults) - bad} 处提示")
    return FAILED if bad else DONE


logging.getLogger("alembic").setLevel(logging.WARNING)
