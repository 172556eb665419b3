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
    from service.office import Office
    from service.worker import Supervisor

DONE, FAILED, WRONG_USE = 0, 1, 2
DEMO_DATA = Path("data/demo")
SHUTDOWN_SECONDS = 10
"""Requests under way may end; somebody who waits for a scan's result may not hold the service up."""
LONGEST_CODE = 2048
"""Characters of a QR text: the largest symbol holds 4,296, ours 179; a longer argument is a path."""
TOKEN_LETTERS = 152
"""Letters of a token, for a code that is only drawn to try a template."""
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

    values = _values(options.values)
    who = _who(options)
    with opened(Settings.from_env(options.data), printing=True) as office:
        request = issue.IssueRequest(options.form, options.student, values)
        issued = issue.issue(office, who, request, options.key)
        _say_json(dict(issued.body))
        if options.out:
            options.out.write_bytes(retrieve.content(office, who, issued.body["serial"]).data)
    return DONE


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
    """Load every form folder, check its template and fill it with its example; each bad template is named."""
    from service.settings import DEFAULT_HOST
    from service.signing import address
    from templates.catalogue import Catalogue
    from templates.errors import TemplatesError
    from templates.render import rehearse

    catalogue = Catalogue.load(options.folder)
    if not catalogue.forms:
        raise refused([Objection(None, "no_forms", "文件夹里没有表样；请指到 forms 文件夹")])
    bad = 0
    for form in catalogue.forms.values():
        try:
            rehearse(form, address(DEFAULT_HOST, "A" * TOKEN_LETTERS))
        except TemplatesError as error:
            bad += 1
            sys.stderr.write(f"{form.name}  {form.title}：{error.message_zh}\n")
        else:
            say(f"{form.name}  {form.title}  {len(form.fields)} 栏  {len(form.blocks)} 处签章")
    return FAILED if bad else DONE


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
