"""Asks veraPDF, in one Java machine for a whole test run, which rules of PDF/A-2b a file breaks."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent / "verapdf"
SUMS, POM, SOURCE = HERE / "jars.sha256", HERE / "pom.xml", HERE / "Validate.java"
MACHINE = ("-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")  # 2 cores are shared with LibreOffice


class Broken(NamedTuple):
    """A rule a file breaks: clause and test of ISO 19005-2 as veraPDF counts them, how often, what it says."""

    clause: str
    test: int
    count: int
    says: str


@contextmanager
def validator(folder):
    """Start veraPDF; give a function that takes a PDF's bytes and answers the rules it breaks.

    `folder` takes the file while it is looked at. Without Java, Maven or the pinned libraries this fails: a test
    run that could not ask is not a green one.
    """
    command = ["java", *MACHINE, "-cp", f"{libraries()}/*", str(SOURCE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as java:
        yield lambda pdf: validated(java, folder / "asked.pdf", pdf)
        java.stdin.close()


def validated(java, file, pdf):
    file.write_bytes(pdf)
    java.stdin.write(f"{file}\n")
    java.stdin.flush()
    answer = json.loads(java.stdout.readline() or '{"error": "veraPDF is gone"}')
    if "error" in answer:
        raise ValueError(answer["error"])
    broken = [Broken(**{key: rule[key] for key in Broken._fields}) for rule in answer["failed"]]
    assert answer["compliant"] is not bool(broken)
    assert answer["assertions"] > 100  # it has looked at something
    return broken


def libraries():
    """Give the folder with the pinned libraries; Maven fetches them once for each list of them."""
    lines = [line.split() for line in SUMS.read_text().splitlines()]
    pinned = {name: digest for digest, name in lines}
    version = hashlib.sha256(POM.read_bytes() + SUMS.read_bytes()).hexdigest()[:16]
    folder = HERE / "target" / version
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=folder.parent))
        subprocess.run(
            [
                "mvn",
                "-q",
                "-B",
                "-C",
                "-f",
                POM,
                "dependency:copy-dependencies",
                f"-DoutputDirectory={beside}",
            ],
            env={**os.environ, "MAVEN_OPTS": "-XX:TieredStopAtLevel=1"},
            check=True,
        )
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.iterdir()}
    assert found == pinned, f"the libraries in {folder} are not those of {SUMS.name}"
    return folder
