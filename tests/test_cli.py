"""The `yinzheng` command as an operator runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from service import slips
from service.__main__ import main, parser
from tests.conftest import CITY, SCHOOL, STUDENT, UNITS, issue_diploma, layout_of, pdf_of
from tests.paper import Paper, level
from tests.patience import until
from tests.test_verify import png

COMMANDS = [
    ("serve",),
    ("upgrade",),
    ("worker",),
    ("health",),
    ("token", "create"),
    ("demo",),
    ("issue",),
    ("batch",),
    ("scan",),
    ("verify",),
    ("archive",),
    ("jobs",),
    ("forms", "lint"),
    ("forms", "print"),
    ("forms", "accept"),
    ("check",),
    ("backup",),
    ("restore",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_data(command, capsys):
    """Each takes --help, which names --data, and ends with 0."""
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    assert "--data" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["token", "create", "--role", "king", "--org", CITY],
        ["issue"],
        ["serve", "--port", "x"],
    ],
)
def test_wrong_use_ends_with_2(arguments, capsys):
    """A call that cannot be understood says so and ends with 2."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "用法有误" in capsys.readouterr().err


def test_a_token_is_printed_alone(tmp_path, capsys):
    """The data folder is made when missing; standard output is the token and nothing else."""
    data = tmp_path / "new" / "data"
    assert main(["token", "create", "--role", "city", "--org", CITY, "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("yz_")
    assert len(out.split()) == 1
    assert main(["token", "create", "--role", "city", "--org", "12", "--data", str(data)]) == 2


def test_the_default_data_folder():
    """Without --data it is ./data; the demo has its own."""
    assert parser().parse_args(["serve"]).data == Path("data")
    assert parser().parse_args(["demo"]).data == Path("data/demo")


@pytest.fixture
def paper(town, registrar, tmp_path):
    """An issued diploma: its body, the PDF as a file, and the published keys as a file."""
    body = issue_diploma(town, registrar).body
    (tmp_path / "diploma.pdf").write_bytes(pdf_of(town, body["serial"]))
    (tmp_path / "keys.json").write_text(town.keys.published())
    return body


def test_offline_verification(paper, town, tmp_path, capsys, monkeypatch):
    """With the key file alone: no data folder is looked at or made, no connection is opened."""
    monkeypatch.chdir(tmp_path)

    def no_network(*_arguments, **_named):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    for given in (paper["verify_url"], "diploma.pdf"):
        assert main(["verify", "--keys", "keys.json", given]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["signature"], answer["serial"]) == ("good", paper["serial"])
        assert (answer["form"], answer["reasons"]) == ("初中毕业证书", ["no_status_list"])
    assert not (tmp_path / "data" / "yinzheng.sqlite3").exists() or town.settings.data == tmp_path / "data"
    changed = paper["verify_url"][:-9] + "AAAAAAAAA"
    assert main(["verify", "--keys", "keys.json", changed]) == 1
    said = {"verdict": "unknown", "reasons": ["bad_signature"], "as_of": None}
    assert json.loads(capsys.readouterr().out) == said
    (tmp_path / "foreign.png").write_bytes(png("https://example.com"))
    assert main(["verify", "--keys", "keys.json", "foreign.png"]) == 1


def test_an_evidence_slip_is_no_paper_offline_either(paper, town, registrar, tmp_path, capsys):
    """Its signature is good, and whoever looks at the exit code alone must not take it for a diploma."""
    (tmp_path / "slip.pdf").write_bytes(slips.printed(town, registrar, paper["serial"], ["hukou_copy"]).data)
    assert main(["verify", "--keys", str(tmp_path / "keys.json"), str(tmp_path / "slip.pdf")]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["reasons"], answer["form"]) == (["cover_sheet"], "材料封面页")


def test_offline_with_everything_published(paper, town, county, tmp_path, capsys):
    """Keys, list and checkpoint say where a paper stands; a changed file is not believed; 0 only for a genuine one."""
    from service import issue, publish

    published = {"list": publish.status_list(town, long=True), "head": publish.checkpoint(town)}
    for name, text in published.items():
        (tmp_path / name).write_text(text)
    listed, head = str(tmp_path / "list"), str(tmp_path / "head")
    call = ["verify", "--keys", str(tmp_path / "keys.json"), "--max-age", "36500"]
    call += ["--status-list", listed, "--checkpoint", head, paper["verify_url"]]
    assert main(call) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verdict"], answer["reasons"]) == ("cannot_check", ["not_listed"])
    with town.archive.begin() as transaction:
        transaction.set_status(paper["serial"], "effective")
    (tmp_path / "list").write_text(publish.status_list(town, long=True))
    (tmp_path / "head").write_text(publish.checkpoint(town))
    assert main(call) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "genuine"
    (tmp_path / "list").write_text(publish.status_list(town))
    (tmp_path / "proof").write_text(json.dumps(publish.proof(town, paper["serial"])))
    assert main(call) == 1
    assert json.loads(capsys.readouterr().out)["reasons"] == ["short_list"]
    assert main([*call, "--proof", str(tmp_path / "proof")]) == 0
    capsys.readouterr()
    issue.revoke(town, county, paper["serial"], "错发")
    revoked = publish.status_list(town)
    (tmp_path / "list").write_text(revoked)
    assert main([*call, "--proof", str(tmp_path / "proof")]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "revoked"
    (tmp_path / "list").write_text(revoked.replace("revoked 1", "revoked 0"))
    assert main(call) == 1
    assert "签名不成立" in capsys.readouterr().err
    assert main(["verify", "--checkpoint", head, paper["verify_url"]]) == 1
    assert "--keys" in capsys.readouterr().err


def test_check_against_a_checkpoint_kept_elsewhere(paper, town, tmp_path, capsys):
    """A signed one, or size and root off a roster; another log's is refused, one that does not fit is named."""
    from service import publish

    note = publish.checkpoint(town)
    size, root = note.split("\n")[1:3]
    check = ["check", "--data", str(town.settings.data)]
    for name, text in (("signed", note), ("printed", f"{size} {root}\n"), ("wrong", f"{size} {'A' * 43}=\n")):
        (tmp_path / name).write_text(text)
    good = ["--checkpoint", str(tmp_path / "signed"), "--checkpoint", str(tmp_path / "printed")]
    assert main([*check, *good]) == 0
    assert main([*check, "--checkpoint", str(tmp_path / "wrong")]) == 1
    assert f"checkpoint_differs  0–{size}" in capsys.readouterr().out
    (tmp_path / "signed").write_text(note.replace("/log", "/other"))
    assert main([*check, "--checkpoint", str(tmp_path / "signed")]) == 1
    assert "签名不成立" in capsys.readouterr().err


def test_flows_without_http(paper, town, registrar, tmp_path, capsys):
    """scan, verify, archive and check work on the data folder; 1 when the paper fails."""
    data = ["--data", str(town.settings.data)]
    assert main(["verify", paper["verify_url"], *data]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "pending"
    sheet = Paper(pdf_of(town, paper["serial"]), layout_of(town, paper["serial"]), seed=1)
    bare, stamped = tmp_path / "bare.pdf", tmp_path / "stamped.pdf"
    bare.write_bytes(sheet.scan(level("B", 1)))
    seals = {"school": UNITS[SCHOOL]["name"], "validation": UNITS["140426"]["name"]}
    stamped.write_bytes(sheet.complete(seals, {"head": "钟涛"}).scan(level("B", 1)))
    assert main(["scan", str(bare), "--org", SCHOOL, *data]) == 1
    assert json.loads(capsys.readouterr().out)["documents"][0]["verdict"] == "pending"
    assert main(["scan", str(stamped), "--org", SCHOOL, *data]) == 0
    capsys.readouterr()
    assert main(["verify", paper["verify_url"], *data]) == 0
    capsys.readouterr()
    assert main(["archive", STUDENT, "--org", SCHOOL, *data]) == 0
    assert len(json.loads(capsys.readouterr().out)["entries"]) == 6
    assert main(["archive", STUDENT, "--org", SCHOOL, "--out", str(tmp_path / "a.zip"), *data]) == 0
    assert (tmp_path / "a.zip").read_bytes().startswith(b"PK")
    capsys.readouterr()
    index = ["archive", "index", STUDENT, "--org", SCHOOL]
    assert main([*index, *data]) == 1  # much is missing, and said
    told = json.loads(capsys.readouterr().out)
    assert [item["status"] for item in told["classes"][0]["items"]] == ["effective"]
    assert (
        main([*index[:2], SCHOOL, *index[3:], "--year", "2025", "--out", str(tmp_path / "i.html"), *data])
        == 1
    )
    assert "学校学籍档案目录" in (tmp_path / "i.html").read_text("utf-8")
    assert main(["archive", "other", STUDENT, "--org", SCHOOL, *data]) == 2
    assert main(["check", *data]) == 0
    damage(town)
    capsys.readouterr()
    assert main(["check", *data]) == 1
    assert "object_damaged" in capsys.readouterr().out


def damage(office):
    """Change one byte of one object, as a failing disk would."""
    victim = next(path for path in (office.settings.data / "objects").rglob("*") if path.is_file())
    victim.chmod(0o644)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)


def test_issue_from_the_command_line(town, tmp_path, capsys):
    """The same flow: a document as JSON, its PDF in a file; a refusal names its article and ends with 1."""
    call = ["issue", "diploma_junior", STUDENT, "--org", SCHOOL, "--data", str(town.settings.data)]
    values = ["--set", "study_from=2023-09", "--set", "study_to=2026-07", "--set", "issued_on=2026-07-01"]
    assert main([*call, *values, "--key", "k", "--out", str(tmp_path / "d.pdf")]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["number"] == "140426202620120001"
    assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF-")
    assert main([*call, *values]) == 1
    assert "第三十八条" in capsys.readouterr().err


def test_forms_lint(tmp_path, capsys):
    """Our own forms pass; a broken folder is named."""
    assert main(["forms", "lint", "--quick"]) == 0
    assert "diploma_junior" in capsys.readouterr().out
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "form.toml").write_text("title = 1")
    assert main(["forms", "lint", str(tmp_path), "--quick"]) == 1
    assert "broken" in capsys.readouterr().err


def test_the_demo_empties_no_strangers_folder(tmp_path, capsys):
    """A folder with something else in it is left alone."""
    (tmp_path / "letters.txt").write_text("mine")
    assert main(["demo", "--data", str(tmp_path)]) == 1
    assert (tmp_path / "letters.txt").exists()


def test_serve_supervises_its_workers(tmp_path):
    """The service comes up with a worker for scans, and then one for batches on each core; a killed one is replaced.

    All end together, even by kill -9.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--data", str(tmp_path / "d")]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: ready(port))
        until(lambda: len(workers(process.pid, "scan")) == 1)
        until(lambda: len(workers(process.pid, "batch")) == 2)
        time.sleep(5.5)  # a worker that dies sooner is given a pause
        for kind, count in (("scan", 1), ("batch", 2)):
            first = workers(process.pid, kind)
            os.kill(first[0], signal.SIGKILL)
            until(lambda: len(set(workers(process.pid, kind)) - {first[0]}) == count)  # noqa: B023 - waited for at once
        left = workers(process.pid)
        process.kill()
        process.wait(10)
        until(lambda: not any(Path("/proc", str(pid)).exists() for pid in left))
    finally:
        process.kill()
        process.wait(10)


def ready(port):
    """Whether the probe says so."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def workers(parent, only=""):
    """Process ids of the worker children of a process, of one kind when given."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            line = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if fields[1] == str(parent) and b"\0worker\0" in line and only.encode() in line and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found
