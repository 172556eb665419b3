"""One LibreOffice process with its driver: started, asked, watched and ended here."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from templates.errors import ConverterMissing

SYSTEM_PYTHON = Path("/usr/bin/python3")  # Debian's, the only one that has LibreOffice's `uno`
_DRIVER = Path(__file__).with_name("libreoffice_driver.py")
_START_SECONDS = 40.0  # more than the driver itself waits, so that its own message comes first
_END_SECONDS = 3.0
_PIPES = Path("/tmp")  # noqa: S108 - where LibreOffice itself puts its local sockets
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SETTINGS = """
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Recovery/AutoSave"><prop oor:name="Enabled" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Linguistic/SpellChecking"><prop oor:name="IsSpellAuto" oor:op="fuse"><value>false</value></prop></item>
"""


class WorkerLost(Exception):
    """LibreOffice died, hung past the deadline or did not start; the question may be asked elsewhere."""


class WorkerRefused(Exception):
    """LibreOffice is well and says that it cannot convert this document."""


@dataclass(frozen=True, slots=True)
class Program:
    """Where LibreOffice is and what its processes may see of our environment (an allow-list)."""

    binary: Path
    environment: Mapping[str, str]

    @classmethod
    def find(cls, home: Path, fonts_conf: Path | None) -> Self:
        """Find LibreOffice on PATH; raises ConverterMissing naming the Debian package."""
        launcher = shutil.which("soffice")
        binary = Path(launcher).resolve().with_name("soffice.bin") if launcher else None
        if binary is None or not binary.exists():
            raise ConverterMissing("soffice", "libreoffice-writer-nogui")
        if not SYSTEM_PYTHON.exists():
            raise ConverterMissing(str(SYSTEM_PYTHON), "python3-uno")
        seen = {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
        if fonts_conf is not None:
            seen["FONTCONFIG_FILE"] = str(fonts_conf)
        return cls(binary, seen)


def make_skeleton(program: Program, folder: Path) -> Path:
    """Give a profile folder to copy: a first start on an empty profile would restart itself."""
    skeleton = folder / f"profile-{program.binary.stat().st_mtime_ns}"
    if skeleton.exists():
        return skeleton
    fresh = folder / f"worker-{os.getpid()}-skeleton"
    shutil.rmtree(fresh, ignore_errors=True)
    command = [str(program.binary), "--headless", "--nologo", "--norestore", "--nofirststartwizard"]
    command += ["--terminate_after_init", f"-env:UserInstallation={fresh.as_uri()}"]
    try:
        subprocess.run(
            command,
            env=dict(program.environment),
            timeout=_START_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        settings = fresh / "user" / "registrymodifications.xcu"
        settings.write_text(settings.read_text().replace("</oor:items>", f"{_SETTINGS}</oor:items>"))
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise WorkerLost("no_profile") from problem
    with contextlib.suppress(OSError):  # another process was faster: use its skeleton
        fresh.rename(skeleton)
    return skeleton


def remove_traces(profile: Path) -> None:
    """Remove a worker's profile and the local sockets that a killed LibreOffice leaves in their fixed place."""
    digest = hashlib.md5(profile.as_uri().encode("utf-16le"), usedforsecurity=False).digest()
    single = "".join(f"{byte:x}" for byte in digest)  # LibreOffice does not pad the bytes
    for name in (_pipe(profile), f"SingleOfficeIPC_{single}"):
        (_PIPES / f"OSL_PIPE_{os.getuid()}_{name}").unlink(missing_ok=True)
    shutil.rmtree(profile, ignore_errors=True)


def _pipe(profile: Path) -> str:
    """Name a worker's socket after its profile, so that a later start can find what was left."""
    return f"yinzheng{hashlib.sha256(bytes(profile)).hexdigest()[:16]}"


class Worker:
    """A running LibreOffice. Used by the one thread that made it, which must live as long as it does."""

    def __init__(self, program: Program, skeleton: Path, profile: Path) -> None:
        """Start it on a fresh copy of the skeleton; raises WorkerLost when it does not come up."""
        self._profile = profile
        remove_traces(profile)
        shutil.copytree(skeleton, profile)
        (profile / "tmp").mkdir()
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, "-I", "-B", _DRIVER, program.binary, profile, _pipe(profile), str(os.getpid())],
            env={**program.environment, "TMPDIR": str(profile / "tmp")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions = self._process.stdin
        self._answers = self._process.stdout
        try:
            with self._killed_after(_START_SECONDS):
                self.pid = int(self._read_head()["soffice"])
        except WorkerLost:
            self.end()
            raise

    def ask(self, docx: bytes, seconds: float) -> bytes:
        """Convert one document within a wall-clock deadline; raises WorkerLost or WorkerRefused."""
        with self._killed_after(seconds):
            try:
                self._questions.write(json.dumps({"size": len(docx)}).encode() + b"\n" + docx)
                self._questions.flush()
            except OSError as problem:
                raise WorkerLost("died") from problem
            head = self._read_head()
            if not head["ok"]:
                raise WorkerRefused(head["why"])
            pdf = self._answers.read(head["size"])
        if len(pdf) != head["size"]:
            raise WorkerLost("died")
        return pdf

    def alive(self) -> bool:
        """Tell whether the driver still runs (it ends as soon as its LibreOffice does)."""
        return self._process.poll() is None

    def resident(self) -> int:
        """Bytes of memory LibreOffice holds now; 0 when it is gone."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE
        except (OSError, IndexError):
            return 0

    def kill(self) -> None:
        """Kill driver and LibreOffice at once."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End LibreOffice politely, then by force, and remove its profile."""
        with contextlib.suppress(OSError):
            self._questions.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        with contextlib.suppress(ProcessLookupError):  # whatever of the group is left
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._answers.close()
        remove_traces(self._profile)

    def _read_head(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise WorkerLost("died")
        head: dict[str, Any] = json.loads(line)
        return head

    @contextlib.contextmanager
    def _killed_after(self, seconds: float) -> Iterator[None]:
        """Kill the process when the block lasts too long: a blocked read then ends by itself."""
        timer = threading.Timer(seconds, self.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
