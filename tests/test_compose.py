"""The image and the composition: valid, hardened, pinned, and the same processes work without Docker."""

import json
import re
import subprocess
from dataclasses import fields

import httpx
import pytest

from service.__main__ import parser
from service.settings import Settings
from tests.composed import COMPOSE, ROOT, Composed, composition, ours
from tests.conftest import CITY, COUNTY, SCHOOL, UNITS
from tests.test_verify import png

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
FINAL = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
SECONDS = re.compile(r"(\d+)s")


def test_compose_accepts_the_file():
    """`docker-compose config` finds no fault, and resolves what the file says."""
    told = subprocess.run(
        ["docker-compose", "-f", str(COMPOSE), "config"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert told.returncode == 0, told.stderr
    assert set(re.findall(r"^  (\w+):$", told.stdout, re.MULTILINE)) >= set(composition()["services"])


@pytest.mark.parametrize("name", composition()["services"])
def test_every_service_is_pinned_watched_and_hardened(name):
    """A version, a health check, a restart policy, a user that is not root, no privileges, a read-only root, a limit."""
    service = composition()["services"][name]
    assert re.fullmatch(r"[\w./\-]+:[\w.\-]*\d[\w.\-]*(@sha256:[0-9a-f]{64})?", service["image"])
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert not re.match(r"(root|0)\b", str(service["user"]))
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["mem_limit"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", ours(composition()))
def test_our_own_services_say_what_the_product_knows(name):
    """Commands parse, settings exist and hold, and there is time to stop before Docker kills."""
    service = ours(composition())[name]
    parser().parse_args(service["command"])
    known = {f"YINZHENG_{field.name.upper()}" for field in fields(Settings)}
    assert service["environment"].keys() <= known
    settings = Settings.from_env(ROOT, {key: str(value) for key, value in service["environment"].items()})
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
    """Service, scan worker and batch worker as the file starts them: a scan is read by the worker, all end with 0."""
    running = Composed(tmp_path)
    try:
        running.start()
        token = running.command("token", "create", "--role", "city", "--org", CITY, "--data", "/data")
        base, headers = f"http://127.0.0.1:{running.port}", {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=base, headers=headers, timeout=90, trust_env=False) as client:
            for code in (CITY, COUNTY, SCHOOL):
                client.put(f"/v1/organizations/{code}", json=UNITS[code]).raise_for_status()
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
        assert running.stop() == {"service": 0, "scans": 0, "batches": 0}
        assert not running.healthy("service")
    finally:
        running.kill()
