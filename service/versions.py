"""Accepts a clerk's edited template as a form's next version, once nothing is wrong with it; keeps all of them."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.access import Action, Who, may
from service.errors import Objection, Problem
from service.office import Content, Office
from service.office.desk import CHINA
from service.office.lookups import accepted_template, unknown
from storage.records import TemplateVersion
from templates.catalogue import Form, hash_of
from templates.lint import Finding, refused
from templates.lint.apart import judged

OWN = 0
"""The version number of the template that came with the program."""
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BUSY_SECONDS = 30
"""What a caller is told to wait while another template is judged: about as long as one takes."""
_JUDGING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A template as it now stands on file, and whether it is new."""

    body: Mapping[str, Any]
    created: bool


def accept(office: Office, who: Who | None, form_name: str, docx: bytes, note: str = "") -> Accepted:
    """Lint a template, print it on trial, and make it the version that new papers of this form are printed from.

    Documents issued before keep theirs. The same file once more is no new version. Raises Problem 401, 403,
    422 `template_not_accepted` with every finding, 503 `busy` (one at a time), UnknownForm, ConverterBusy,
    ConverterFailed.
    """
    allowed = may(who, Action.WRITE_TEMPLATE)
    form = office.catalogue.get(form_name)
    told = _judged(office, form, docx)
    if refused(told):
        raise _not_accepted(form, told)
    digest = hash_of(form, docx)
    sha256 = office.archive.objects.put(docx)
    with office.archive.begin() as transaction:
        earlier = transaction.template_versions(form=form.name)
        newest = earlier[-1].hash if earlier else form.template_hash
        if newest == digest:
            return Accepted({**_told(form, earlier[-1] if earlier else None), "findings": []}, created=False)
        kept = transaction.add_template_version(
            form=form.name, hash=digest, docx=sha256, note=note, by=allowed.token_digest
        )
    return Accepted({**_told(form, kept), "findings": [item.to_json() for item in told]}, created=True)


def _judged(office: Office, form: Form, docx: bytes) -> list[Finding]:
    """All findings on a file; raises Problem 503 `busy` while another is looked at."""
    if not _JUDGING.acquire(blocking=False):
        raise Problem(
            "busy",
            503,
            "正在检查另一份模板",
            f"一次只检查一份模板；请等 {BUSY_SECONDS} 秒再交。",
            extra={"retry_after": BUSY_SECONDS},
        )
    try:
        return judged(form, docx, office.printer)
    finally:
        _JUDGING.release()


def versions(office: Office, who: Who | None, form_name: str) -> dict[str, Any]:
    """All versions of a form's template, the program's own first; `current` is the one that is printed from.

    Raises Problem 401, UnknownForm.
    """
    may(who, Action.READ)
    form = office.catalogue.get(form_name)
    with office.archive.read() as reading:
        kept = reading.template_versions(form=form.name)
        current = accepted_template(office, reading, form)
    listed = [_told(form, None), *(_told(form, version) for version in kept)]
    number = current.version if current else OWN
    return {"form": form.name, "title": form.title, "current": number, "versions": listed}


def template(office: Office, who: Who | None, form_name: str, number: int) -> Content:
    """The Word file of one version. Raises Problem 401, 404, UnknownForm."""
    may(who, Action.READ)
    form = office.catalogue.get(form_name)
    name = f"{form.title}-第{number}版.docx"
    if number == OWN:
        return Content(form.template.read_bytes(), MEDIA_TYPE, name)
    with office.archive.read() as reading:
        kept = reading.template_versions(form=form.name)
    found = next((version for version in kept if version.version == number), None)
    if found is None:
        raise unknown("template_version", f"{form.title}的第{number}版模板", "请先查看已有的版本")
    return Content(office.archive.objects.get(found.docx), MEDIA_TYPE, name)


def _told(form: Form, version: TemplateVersion | None) -> dict[str, Any]:
    if version is None:
        return {"form": form.name, "version": OWN, "hash": form.template_hash, "at": None, "note": "系统自带"}
    return {
        "form": form.name,
        "version": version.version,
        "hash": version.hash,
        "at": version.at.astimezone(CHINA).isoformat(timespec="seconds"),
        "note": version.note or None,
    }


def _not_accepted(form: Form, told: list[Finding]) -> Problem:
    wrong = [item for item in told if item.severity == "error"]
    return Problem(
        "template_not_accepted",
        422,
        "模板不能采用",
        f"{form.title}的模板有 {len(wrong)} 处错误，没有采用，仍用原来的版本；请逐条改正后再交。",
        errors=[Objection(item.where or None, item.code, item.message_zh) for item in wrong],
        extra={"findings": [item.to_json() for item in told]},
    )
