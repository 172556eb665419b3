"""The flows without HTTP: issue, scan, photo, calibration, import, archive."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from service.access import Who
from service.commands.speaking import DONE, FAILED, say, say_json, who_of, whole_file
from service.errors import Objection, Problem, refused
from service.settings import Settings

INDEX = "index"
"""First word of `archive index OWNER`; no owner is called so."""


def issue_one(options: Namespace) -> int:
    """Issue one document and print how it is told."""
    from service import issue, retrieve
    from service.app import opened

    values = {**given(options.given), **values_of(options.values)}
    who = who_of(options)
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
        say_json(dict(issued.body))
        if options.out:
            options.out.write_bytes(retrieve.content(office, who, issued.body["serial"]).data)
    return DONE


def given(file: Path | None) -> dict[str, Any]:
    """The values of a JSON file: one object, tables as lists of objects."""
    try:
        found = {} if file is None else json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise refused([Objection(None, "bad_value", "--from 的文件须是一个 JSON 对象；请改正文件")])
    return found


def values_of(pairs: list[str]) -> dict[str, str]:
    """The values of `--set`, each written as 栏目=值."""
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise refused([Objection(None, "bad_value", f"应写成 栏目=值：{wrong[0]}")])
    return dict(pair.split("=", 1) for pair in pairs)


def scan_file(options: Namespace) -> int:
    """Take one scan in, read it here, and print the result; 1 unless every page is a genuine paper's."""
    from service import receive, worker
    from service.app import opened

    who = who_of(options)
    with opened(Settings.from_env(options.data), printing=False) as office:
        scan_id = receive.accept(office, who, options.file.read_bytes(), options.file.name)
        body = receive.result(office, who, scan_id)
        while body["state"] not in {"done", "failed"}:
            if not worker.work_once(office):
                office.sleep(worker.IDLE_SECONDS)
            body = receive.result(office, who, scan_id)
    say_json(body)
    good = body["state"] == "done" and body["documents"] and not body["unmatched"]
    return DONE if good and all(d["verdict"] == "genuine" for d in body["documents"]) else FAILED


def put_photo(options: Namespace) -> int:
    """Judge a student's photo and keep it."""
    from service import photos
    from service.app import opened

    with opened(Settings.from_env(options.data), printing=False) as office:
        kept = photos.put_photo(office, who_of(options), options.student, options.file.read_bytes())
    say_json(dict(kept.body))
    return DONE


def calibrate(options: Namespace) -> int:
    """Write the calibration sheet of a blank."""
    from service import blanks
    from service.app import opened

    with opened(Settings.from_env(options.data), printing=False) as office:
        options.file.write_bytes(blanks.calibration_sheet(office, who_of(options), options.blank).data)
    say(str(options.file))
    return DONE


def import_students(options: Namespace) -> int:
    """Import every student of a table, or name every bad cell; 1 when there is one."""
    from service import importing
    from service.app import opened

    with opened(Settings.from_env(options.data), printing=False) as office:
        report = importing.import_students(
            office, who_of(options), options.file.read_bytes(), school=options.school, dry_run=options.dry_run
        )
    if options.report:
        options.report.write_bytes(importing.faults_table(report))
    if not report.faults:
        say_json(report.to_json())
        return DONE
    for fault in report.faults:
        say(f"{fault.where()}  {fault.message}" + (f"（{fault.cited()}）" if fault.cited() else ""))
    say(f"表中有 {len(report.faults)} 处要改，一名学生也没有导入。")
    return FAILED


def show_jobs(options: Namespace) -> int:
    """List the jobs that no worker takes any more, or let one be tried again; 1 while there are any."""
    from service import jobs
    from service.app import opened

    who = who_of(options)
    with opened(Settings.from_env(options.data), printing=False) as office:
        if options.requeue is not None:
            say_json(jobs.requeue(office, who, options.requeue))
            return DONE
        told = jobs.dead(office, who)
    say_json(told)
    return FAILED if told["jobs"] else DONE


def show_archive(options: Namespace) -> int:
    """List a permanent file, pack it, or tell its index."""
    from service import archives, retrieve
    from service.app import opened

    who = who_of(options)
    if options.words[0] == INDEX and len(options.words) == len(("index", "owner")):
        return _show_index(options, who, options.words[1])
    if len(options.words) > 1 or options.year is not None:
        message = "应写成 archive 学籍号或单位代码，或 archive index 学籍号或学校标识码；请改正"
        raise Problem("bad_usage", 422, "用法有误", message)
    options.owner = options.words[0]
    with opened(Settings.from_env(options.data), printing=False) as office:
        if options.out:
            whole_file(options.out, archives.package(office, who, options.owner, options.format).write)
            say(str(options.out))
        else:
            say_json(retrieve.archive(office, who, options.owner))
    return DONE


def _show_index(options: Namespace, who: Who, owner: str) -> int:
    """Tell the index of a file, or write it as a page to print; 1 when something is missing."""
    from service import archives
    from service.app import opened
    from service.web.page import Pages

    with opened(Settings.from_env(options.data), printing=False) as office:
        told = archives.index(office, who, owner, options.year)
        if options.out:
            page = Pages.open(office.settings.host, office.settings.max_upload_mb, {}).archive_index(told)
            options.out.write_bytes(bytes(page.body))
            say(str(options.out))
        else:
            say_json(told)
    return DONE if told["complete"] else FAILED
