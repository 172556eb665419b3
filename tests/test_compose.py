"""The image and the composition: valid, hardened, pinned, and the same processes work without Docker."""

import json
import os
import re
import subprocess
from dataclasses import fields

import httpx
import pytest

from service.__main__ import parser
from service.settings import Settings, database_owner
from tests.composed import COMPOSE, ROOT, Composed, composition, fresh_secrets, lasting, ours
from tests.conftest import CITY
from tests.test_rolling import settle
from tests.test_verify import png

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
FINAL = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
SECONDS = re.compile(r"(\d+)s")


def test_compose_accepts_the_file():
    """`docker-compose config` finds no fault, and resolves what the file says."""
    told = subprocess.run(
        ["docker-compose", "-f", str(COMPOSE), "config"],
        env={**os.environ, **fresh_secrets()},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert told.returncode == 0, told.stderr
    assert set(re.findall(r"^  (\w+):$", told.stdout, re.MULTILINE)) >= set(composition()["services"])


def test_compose_insists_on_every_password():
    """Without .env nothing is started with a password that everybody knows."""
    told = subprocess.run(
        ["docker-compose", "-f", str(COMPOSE), "config"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert told.returncode != 0
    assert "docs/operations.md" in told.stderr
    made = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert all(name in made for name in fresh_secrets())


@pytest.mark.parametrize("name", composition()["services"])
def test_every_service_is_pinned_watched_and_hardened(name):
    """A version, a health check, a restart policy, a user that is not root, no privileges, a read-only root, a limit."""
    service = composition()["services"][name]
    assert re.fullmatch(r"[\w./\-]+:[\w.\-]*\d[\w.\-]*(@sha256:[0-9a-f]{64})?", service["image"])
    if name in lasting(composition()["services"]):
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"
        assert SECONDS.fullmatch(service["stop_grace_period"])
    assert not re.match(r"(root|0)\b", str(service["user"]))
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["mem_limit"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert ("outside" in service["networks"]) == (name == "service")


def test_only_the_service_is_reached_from_outside():
    """The database and the store stand in a network that leads nowhere."""
    assert composition()["networks"] == {"inside": {"internal": True}, "outside": {}}


@pytest.mark.parametrize("name", ours(composition()))
def test_our_own_services_say_what_the_product_knows(name):
    """Commands parse, settings exist and hold, and there is time to stop before Docker kills."""
    service = ours(composition())[name]
    parser().parse_args(service["command"])
    known = {f"YINZHENG_{field.name.upper()}" for field in fields(Settings)}
    owner = {"YINZHENG_DATABASE_OWNER"} if name == "tables" else set()
    assert service["environment"].keys() <= known | owner
    settings = Settings.from_env(ROOT, {key: str(value) for key, value in service["environment"].items()})
    assert settings.place() is not None
    assert owner == set() or database_owner(service["environment"])
    if name not in lasting(composition()["services"]):
        return
    (stop,) = SECONDS.fullmatch(service["stop_grace_period"]).groups()
    assert int(stop) > settings.drain + settings.grace


def test_the_image_holds_what_runs_and_nothing_that_builds():
    """The packages are the Makefile's; no pip, compiler or venv in the end; not root; imports from nowhere else."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (packages,) = re.findall(r"^PACKAGES := ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    wanted = set(packages.replace("\\", " ").split()) - {"python3-venv"} | {"python3"}
    (installed,) = re.findall(r"--no-install-recommends((?: *\\\n +[\w.\-]+)+)", FINAL)
    assert set(installed.replace("\\", " ").split()) == wanted
    assert "pip uninstall -y uv-build setuptools pip" in DOCKERFILE
    assert not re.search(r"\b(pip|gcc|build-essential|curl|wget)\b", FINAL)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", FINAL, re.MULTILINE)
    assert "PYTHONSAFEPATH=1" in FINAL
    assert "HEALTHCHECK" in FINAL
    assert re.findall(r"^ARG DEBIAN=(\S+)$", DOCKERFILE, re.MULTILINE) == ["debian:12.11-slim"]
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${DEBIAN}"}
    parser().parse_args(json.loads(re.findall(r"^CMD (\[.*\])$", FINAL, re.MULTILINE)[0]))
    (health,) = re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", FINAL, re.MULTILINE)
    parser().parse_args(json.loads(health)[1:])


def test_every_module_goes_into_the_image():
    """What the wheel is built of is copied, and let through by .dockerignore."""
    modules = re.findall(r"module-name = \[(.*)\]", (ROOT / "pyproject.toml").read_text("utf-8"))[0]
    ignore = (ROOT / ".dockerignore").read_text("utf-8").split()
    for module in re.findall(r'"(\w+)"', modules):
        assert f"COPY {module} ./{module}\n" in DOCKERFILE
        assert f"!{module}" in ignore


def test_the_same_processes_work_without_docker(tmp_path):
    """All of the file: rows on PostgreSQL, files in a bucket whose lock holds, a paper issued, a scan read by the worker."""
    running = Composed(tmp_path)
    try:
        running.start()
        assert [running.again(name) for name in ("logins", "tables")] == [0, 0]
        token = running.command("token", "create", "--role", "city", "--org", CITY, "--data", "/data")
        base, headers = f"http://127.0.0.1:{running.port}", {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=base, headers=headers, timeout=90, trust_env=False) as client:
            code = settle(client)
            assert client.post("/v1/verifications", json={"qr": code}).json()["verdict"] == "pending"
            (paper,) = client.get("/v1/documents").json()["documents"]
            assert client.get(f"/v1/documents/{paper['serial']}/content").content[:5] == b"%PDF-"
            sent = client.post(
                "/v1/scans", files={"file": ("a.png", png("https://example.com"), "image/png")}
            )
            scan = sent.raise_for_status().json()["id"]
            told = client.get(f"/v1/scans/{scan}?wait=60").json()
            figures = client.get("/metrics").text
        assert told["state"] == "done"
        assert 'yinzheng_worker_jobs_total{kind="scan",outcome="done"} 1' in figures
        lines = [json.loads(line) for line in running.log("scans") + running.log("service")]
        request = sent.headers["x-request-id"]
        assert {line["logger"] for line in lines if line.get("id") == request} == {
            "yinzheng.access",
            "yinzheng.worker",
        }
        assert not {"yinzheng.sqlite3", "objects"} & {path.name for path in (tmp_path / "data").iterdir()}
        codes = running.stop()
        assert codes == dict.fromkeys(running.services, 0)
        assert not running.healthy("service")
    finally:
        running.kill()
