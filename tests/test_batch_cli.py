"""`yinzheng batch` as an operator runs it: real processes, a list, a folder with the results."""

import io
import signal
import stat
import subprocess
import sys
import zipfile

import pypdf
import pytest
from openpyxl import load_workbook

from service import supervisor
from service.__main__ import main
from service.issue import batch
from tests.batched import FORM, admit, states
from tests.conftest import DIPLOMA, SCHOOL, as_role
from tests.patience import until
from tests.test_batch_content import workbook

SET = ("study_from=2023-09", "study_to=2026-07", "issued_on=2026-07-01")
SECONDS = 120


def command(office, *arguments):
    """The command line of a batch on an office's folder."""
    shared = [part for value in SET for part in ("--set", value)] if "--form" in arguments else []
    data = ["--data", str(office.settings.data)]
    return [sys.executable, "-m", "service", "batch", *arguments, *shared, *data]


def run(office, *arguments):
    """Run it and give what it said."""
    return subprocess.run(
        command(office, *arguments), capture_output=True, text=True, timeout=SECONDS, check=False
    )


def numbered(office):
    """How many papers of the first batch have their number, and are not printed yet."""
    with office.archive.read() as reading:
        return reading.batch_counts(1).get("numbered", 0)


def test_a_list_becomes_a_folder(town, tmp_path):
    """Two workers; a zip, a print file and the table of errors; 1 since a row was refused."""
    students = admit(town, 5)
    admit(town, 1, start=2, grade="J2")
    listed, out = tmp_path / "list.xlsx", tmp_path / "out"
    listed.write_bytes(workbook(("学籍号",), *[(student,) for student in students]))
    ran = run(
        town, "--form", FORM, "--students", str(listed), "--school", SCHOOL, "--out", str(out), "--jobs", "2"
    )
    assert ran.returncode == 1, ran.stderr
    assert "办完：4/5 份，未出具 1 份" in ran.stdout
    assert sorted(path.name for path in out.iterdir()) == [
        "batch-1-errors.xlsx",
        "batch-1-print.pdf",
        "batch-1.zip",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert len(zipfile.ZipFile(out / "batch-1.zip").namelist()) == 4
    assert len(pypdf.PdfReader(out / "batch-1-print.pdf").pages) == 4
    lines = list(load_workbook(out / "batch-1-errors.xlsx").active.iter_rows(values_only=True))
    assert [line[:2] for line in lines[1:]] == [("4", students[2])]
    assert main(["check", "--data", str(town.settings.data)]) == 0


def test_interrupted_and_resumed(town, tmp_path):
    """Ctrl-C says how to go on; the same batch is then worked off, with every number once."""
    admit(town, 10)
    call = ("--form", FORM, "--grade", "J3", "--school", SCHOOL, "--jobs", "1")
    child = subprocess.Popen(command(town, *call), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline().startswith("批次 1：初中毕业证书 12 份")
    until(lambda: numbered(town))
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=SECONDS)
    assert child.returncode == 1
    assert "yinzheng batch --resume 1" in out
    ran = run(town, "--resume", "1", "--org", SCHOOL, "--out", str(tmp_path / "out"))
    assert ran.returncode == 0, ran.stderr
    assert "办完：12/12 份" in ran.stdout
    names = zipfile.ZipFile(io.BytesIO((tmp_path / "out" / "batch-1.zip").read_bytes())).namelist()
    assert [name[:18] for name in names] == [f"14042620262012{seq:04d}" for seq in range(1, 13)]
    assert main(["check", "--data", str(town.settings.data)]) == 0


def test_cancelled(town, capsys):
    """What is not printed gets no paper; a batch that was cancelled is not resumed."""
    request = batch.BatchRequest(FORM, [batch.Line(student) for student in admit(town, 2)], data=DIPLOMA)
    number = batch.accept(town, as_role("registrar", SCHOOL), request).body["id"]
    data = ["--org", SCHOOL, "--data", str(town.settings.data)]
    assert main(["batch", "--cancel", number, *data]) == 0
    assert '"cancelled": 2' in capsys.readouterr().out
    assert main(["batch", "--resume", number, *data]) == 1
    assert "已取消：0/2 份，取消 2 份" in capsys.readouterr().out


def test_workers_that_cannot_start(town, monkeypatch, capsys):
    """After some failed starts it ends with an error that says how to go on; nothing is lost."""
    monkeypatch.setattr(supervisor, "QUICK_DEATH_SECONDS", 0.1)
    monkeypatch.setattr(
        supervisor, "worker_command", lambda *_arguments: [sys.executable, "-c", "raise SystemExit(3)"]
    )
    admit(town, 2)
    call = ["batch", "--form", FORM, "--grade", "J3", "--school", SCHOOL, "--jobs", "2"]
    assert (
        main(
            [*call, *[part for value in SET for part in ("--set", value)], "--data", str(town.settings.data)]
        )
        == 1
    )
    told = capsys.readouterr().err
    assert "打印进程" in told
    assert "yinzheng batch --resume 1" in told
    assert states(town, 1) == {"waiting": 4}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--students", "x.json"],
        ["--grade", "J3"],
        ["--grade", "J3", "--school", SCHOOL],
        ["--grade", "J3", "--resume", "1", "--school", SCHOOL],
    ],
)
def test_wrong_use_ends_with_2(town, arguments, capsys):
    """Nobody's name, no form, two things at once."""
    try:
        code = main(["batch", *arguments, "--data", str(town.settings.data)])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert "用法有误" in capsys.readouterr().err


def test_a_json_list(town, tmp_path, capsys):
    """学籍号 or rows; anything else is refused before anything is queued."""
    listed = tmp_path / "list.json"
    listed.write_text('{"students": []}')
    call = ["batch", "--form", FORM, "--students", str(listed), "--org", SCHOOL]
    assert main([*call, "--data", str(town.settings.data)]) == 1
    assert "JSON 列表" in capsys.readouterr().err
