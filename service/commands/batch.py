"""`yinzheng batch`: a list of papers made on this machine by as many workers as it has cores; resumable at any moment."""

import contextlib
import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from service.access import Who
from service.commands.flows import given, values_of
from service.commands.speaking import DONE, FAILED, say, say_json, who_of
from service.errors import Objection, Problem, refused
from service.settings import Settings

if TYPE_CHECKING:  # the heavy rooms are imported when the command runs
    from service.issue.batch import BatchRequest, Line
    from service.office import Office
    from service.supervisor import Supervisor

POLL_SECONDS = 0.3
"""Between two looks at how far the batch is."""
FAILED_STARTS = 3
"""So often every worker may end at once; then none will ever do anything."""
LINE_SECONDS = 5.0
"""Between two lines where no bar can be drawn."""
BAR = 30
"""Characters of the progress bar."""
ENDED = frozenset({"done", "cancelled"})
STATES = {
    "checking": "核对规则",
    "numbering": "取号",
    "printing": "打印",
    "done": "办完",
    "cancelled": "已取消",
}


def run(options: Namespace) -> int:
    """Create a batch, or resume or cancel one; 0 when everything is printed, 1 when some rows got no paper."""
    from service.app import opened
    from service.issue import batch

    options.org = options.org or options.school
    if options.org is None:
        raise _usage("请用 --org 写明以哪个单位的名义")
    who = who_of(options)
    with opened(Settings.from_env(options.data), printing=False) as office:
        if options.cancel is not None:
            say_json(batch.cancel(office, who, options.cancel))
            return DONE
        batch_id = options.resume or _accepted(office, who, options)
        body = batch.counted(office, who, batch_id)
        try:
            if body["state"] not in ENDED:
                body = _worked_off(office, who, options, batch_id)
        except KeyboardInterrupt:
            say(f"已停下；接着办：{_resume(options, batch_id)}")
            return FAILED
        if options.out is not None:
            _write_out(office, who, batch_id, options.out)
    say(_told(body))
    return DONE if body["done"] == body["total"] else FAILED


def _accepted(office: "Office", who: Who, options: Namespace) -> str:
    from service.issue import batch

    body = batch.accept(office, who, _request(office, options), options.key).body
    say(f"批次 {body['id']}：{body['title']} {body['total']} 份")
    return str(body["id"])


def _request(office: "Office", options: Namespace) -> "BatchRequest":
    from service.issue import batch

    if options.form is None:
        raise _usage("请用 --form 写明表样名")
    form = office.catalogue.get(options.form)
    return batch.BatchRequest(
        form=form.name,
        lines=None if options.students is None else _lines(options.students, form),
        grade=options.grade,
        class_no=options.class_no,
        data={**given(options.given), **values_of(options.values)},
        school=options.school,
        dated=options.dated,
        mode="overprint" if options.overprint else "full",
        blank=options.blank,
    )


def _usage(message: str) -> Problem:
    return Problem("bad_usage", 422, "用法有误", f"{message}；加 --help 查看说明。")


def _lines(file: Path, form: Any) -> "Sequence[Line]":
    """The rows of a list: a table, or JSON with 学籍号 or with rows."""
    from service.issue import batch

    data = file.read_bytes()
    if file.suffix.lower() != ".json":
        return batch.lines_of(data, form)
    try:
        told = json.loads(data)
    except ValueError:
        told = None
    if not isinstance(told, list):
        raise refused([Objection("students", "json_invalid", "名单文件须是 JSON 列表；请改正文件")])
    return [
        batch.Line(item) if isinstance(item, str) else batch.line_from(item if isinstance(item, dict) else {})
        for item in told
    ]


def _worked_off(office: "Office", who: Who, options: Namespace, batch_id: str) -> dict[str, Any]:
    """Let worker processes take the jobs until the batch has ended, and tell how far it is."""
    from service.issue import batch
    from service.supervisor import Supervisor
    from service.worker import BATCH

    jobs = options.jobs or os.cpu_count() or 1
    workers = [Supervisor(options.data, BATCH) for _ in range(jobs)]
    display = _Display(sys.stderr)
    with _kept(workers), contextlib.ExitStack() as stack:
        stack.callback(display.end)
        while True:
            body = batch.counted(office, who, batch_id)
            display.show(body)
            if body["state"] in ENDED:
                return body
            if all(worker.failed_starts >= FAILED_STARTS for worker in workers):
                raise _no_worker(_resume(options, batch_id))
            time.sleep(POLL_SECONDS)


def _no_worker(resume: str) -> Problem:
    return Problem(
        "no_worker",
        500,
        "打印进程无法启动",
        f"打印进程多次启动失败，这一批停在原处，没有丢失；请看上面的错误，排除后接着办：{resume}",
    )


@contextlib.contextmanager
def _kept(workers: "Sequence[Supervisor]") -> Iterator[None]:
    from service.supervisor import stop

    try:
        for worker in workers:
            worker.start()
        yield
    finally:
        stop(workers)


class _Display:
    """A bar that moves on a terminal, a line now and then elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._bar = out.isatty()
        self._line = ""
        self._at = float("-inf")

    def show(self, body: dict[str, Any]) -> None:
        """Say how far a batch is, when there is news."""
        line = _bar(body) if self._bar else _told(body)
        due = self._bar or body["state"] in ENDED or time.monotonic() - self._at >= LINE_SECONDS
        if line == self._line or not due:
            return
        self._out.write(f"\r\x1b[K{line}" if self._bar else f"{line}\n")
        self._out.flush()
        self._line, self._at = line, time.monotonic()

    def end(self) -> None:
        """Leave the bar's line."""
        if self._bar:
            self._out.write("\n")


def _bar(body: dict[str, Any]) -> str:
    share = _share(body)
    full = int(share * BAR)
    return f"{'█' * full}{'░' * (BAR - full)} {share:4.0%} {_told(body)}"


def _share(body: dict[str, Any]) -> float:
    """How much is done, printing being most of it."""
    rows = body["rows"]
    ended = body["done"] + body["failed"] + body["cancelled"]
    begun = 0.1 * rows.get("ready", 0) + 0.2 * rows.get("numbered", 0)
    return float((ended + begun) / max(1, body["total"]))


def _told(body: dict[str, Any]) -> str:
    text = f"{STATES[body['state']]}：{body['done']}/{body['total']} 份"
    text += f"，未出具 {body['failed']} 份" if body["failed"] else ""
    return text + (f"，取消 {body['cancelled']} 份" if body["cancelled"] else "")


def _resume(options: Namespace, batch_id: str) -> str:
    out = "" if options.out is None else f" --out {options.out}"
    return f"yinzheng batch --resume {batch_id} --org {who_of(options).org} --data {options.data}{out}"


def _write_out(office: "Office", who: Who, batch_id: str, folder: Path) -> None:
    """The zip, the print file and the table of errors, each only when there is something in it."""
    from service.issue import batch

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    body = batch.counted(office, who, batch_id)
    if body["done"]:
        kinds: tuple[batch.Format, ...] = ("zip", "print")
        for kind in kinds:
            handing = batch.content(office, who, batch_id, kind)
            with _private(folder / handing.filename) as file:
                handing.write(file)
            say(str(folder / handing.filename))
    if body["failed"]:
        table = batch.errors_table(office, who, batch_id)
        with _private(folder / table.filename) as file:
            file.write(table.data)
        say(str(folder / table.filename))


def _private(path: Path) -> BinaryIO:
    """A file for its owner alone: it holds papers and names of many people."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(handle, 0o600)  # one that was there keeps its mode otherwise
    return os.fdopen(handle, "wb")
