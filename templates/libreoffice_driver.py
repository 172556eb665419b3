"""Runs one LibreOffice of its own and turns .docx bytes into PDF/A-2b bytes, asked over stdin and stdout.

Started by templates/libreoffice.py under the system's Python (which has `uno`), so it uses nothing else of
this project. A question is a line {"size": n} and n bytes; the answer is a line {"ok": true, "size": m} and
m bytes, or {"ok": false, "why": word}. The first line it writes is {"ready": true, "soffice": pid}.
It never outlives its parent, and LibreOffice never outlives it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import uno

_PR_SET_PDEATHSIG = 1
_START_SECONDS = 30.0  # a cold disk on a small machine needs about ten
_MEMORY = 4 << 30  # address space: a normal document maps under 2 GiB
_CPU_SECONDS = 1800  # 250 documents before recycling need about 100, forty long rosters 600
_FILE_SIZE = 256 << 20  # no paper of ours comes near; stops a runaway export
_ARGUMENTS = (
    "--headless",
    "--invisible",
    "--nocrashreport",
    "--nodefault",
    "--nologo",
    "--nofirststartwizard",
    "--norestore",
)
_NO_MACROS = 0  # com.sun.star.document.MacroExecMode.NEVER_EXECUTE
_NO_UPDATE = 0  # com.sun.star.document.UpdateDocMode.NO_UPDATE: links stay as they are
_PDF_A_2B = 2


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the one that started it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _confine() -> None:
    """Run in the child before LibreOffice starts: limits, and death with the driver."""
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_SIZE, _FILE_SIZE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _property(name: str, value: Any) -> Any:
    item = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    item.Name, item.Value = name, value
    return item


def _properties(**named: Any) -> tuple[Any, ...]:
    return tuple(_property(name, value) for name, value in named.items())


def start(program: str, profile: Path, pipe: str) -> subprocess.Popen[bytes]:
    """Start LibreOffice listening on a named local pipe, with a profile folder of its own."""
    return subprocess.Popen(
        [
            program,
            *_ARGUMENTS,
            f"--accept=pipe,name={pipe};urp;",
            f"-env:UserInstallation={profile.as_uri()}",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_confine,
    )


def connect(pipe: str, office: subprocess.Popen[bytes]) -> Any:
    """Wait until LibreOffice answers on its pipe and give its component context."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:
            if office.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class Office:
    """A connected LibreOffice: `convert` turns one document into one PDF."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._services = context.ServiceManager
        self.desktop = self._make("com.sun.star.frame.Desktop")
        self._export = uno.Any(
            "[]com.sun.star.beans.PropertyValue",
            _properties(
                SelectPdfVersion=_PDF_A_2B,
                UseLosslessCompression=True,
                ReduceImageResolution=False,
                ExportBookmarks=False,
                ExportNotes=False,
                ExportFormFields=False,
                ExportLinksRelativeFsys=False,
                IsAddStream=False,
            ),
        )

    def _make(self, service: str, *arguments: Any) -> Any:
        if arguments:
            return self._services.createInstanceWithArgumentsAndContext(service, arguments, self._context)
        return self._services.createInstanceWithContext(service, self._context)

    def convert(self, docx: bytes) -> bytes:
        """Lay the document out and export it; raises whatever UNO raises."""
        source = self._make("com.sun.star.io.SequenceInputStream", uno.ByteSequence(docx))
        document = self.desktop.loadComponentFromURL(
            "private:stream",
            "_blank",
            0,
            _properties(
                InputStream=source,
                FilterName="MS Word 2007 XML",
                Hidden=True,
                ReadOnly=True,
                MacroExecutionMode=_NO_MACROS,
                UpdateDocMode=_NO_UPDATE,
            ),
        )
        if document is None:
            raise RuntimeError("LibreOffice could not open the document")
        try:
            return self._save(document)
        finally:
            document.close(True)

    def well(self) -> bool:
        """Tell whether LibreOffice still answers: a failure with a dead office is not the document's."""
        try:
            self.desktop.getFrames().getCount()
        except Exception:
            return False
        return True

    def _save(self, document: Any) -> bytes:
        sink = self._make("com.sun.star.io.Pipe")
        document.storeToURL(
            "private:stream",
            _properties(FilterName="writer_pdf_Export", FilterData=self._export, OutputStream=sink),
        )
        sink.closeOutput()
        _, data = sink.readBytes(None, _FILE_SIZE)
        sink.closeInput()
        return bytes(data.value)


def _answer(out: BinaryIO, head: dict[str, object], body: bytes = b"") -> None:
    out.write(json.dumps(head).encode() + b"\n" + body)
    out.flush()


def serve(office: Office, questions: BinaryIO, out: BinaryIO) -> None:
    """Answer questions until stdin ends; a lost LibreOffice ends it too."""
    while line := questions.readline():
        docx = questions.read(json.loads(line)["size"])
        try:
            pdf = office.convert(docx)
        except Exception as problem:
            if not office.well():
                return
            _answer(out, {"ok": False, "why": type(problem).__name__.rpartition(".")[2]})
        else:
            _answer(out, {"ok": True, "size": len(pdf)}, pdf)


def main(program: str, profile: str, pipe: str, parent: str) -> int:
    """Start LibreOffice, serve, and end it politely so that it removes its pipes."""
    die_with_parent()
    if os.getppid() != int(parent):
        return 1
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing a library prints may mix with the answers
    process = start(program, Path(profile), pipe)
    office = Office(connect(pipe, process))
    signal.signal(signal.SIGCHLD, lambda *_: os._exit(3))  # LibreOffice died while idle
    _answer(out, {"ready": True, "soffice": process.pid})
    serve(office, sys.stdin.buffer, out)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(Exception):
        office.desktop.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(2)
    process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
