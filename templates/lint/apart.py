"""Judges a template of unknown origin: a limited child process opens it first, the printer only what passed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import templates
from templates.form import Form
from templates.lint import Finding, refused, trial
from templates.render import Printer

SECONDS = 90
"""Wall clock of the child: our own forms take three."""
_ROOT = Path(templates.__file__).parent.parent
_HEAVY = Finding(
    "template_too_heavy",
    "",
    "检查模板用的时间或内存超过了限度，没有采用。请删去大图片和多余的内容，用 Word 另存后再交。",
    "error",
)


def judged(form: Form, docx: bytes, printer: Printer) -> list[Finding]:
    """Give all findings on a file, errors first, as `templates.lint.findings` does; it takes seconds.

    Raises ConverterBusy, ConverterFailed.
    """
    told = opened_apart(form, docx)
    if not refused(told):
        told += trial.printed(form, docx, printer)
    return sorted(dict.fromkeys(told), key=lambda finding: finding.severity)


def opened_apart(form: Form, docx: bytes, seconds: float = SECONDS) -> list[Finding]:
    """Check, open and rehearse a file in the child; one that died of its limits is a finding too."""
    source = os.memfd_create("template")
    try:
        with os.fdopen(os.dup(source), "wb") as file:
            file.write(docx)
        os.lseek(source, 0, os.SEEK_SET)
        done = subprocess.run(
            [sys.executable, "-P", "-B", "-m", "templates.lint.child", str(form.folder), str(source)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(source,),
            env={
                "LC_ALL": "C.UTF-8",
                "PYTHONPATH": str(_ROOT),
                "OPENBLAS_NUM_THREADS": "1",
                "MALLOC_ARENA_MAX": "2",
            },
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [_HEAVY]
    finally:
        os.close(source)
    if done.returncode:
        return [_HEAVY]
    return [Finding(*parts) for parts in json.loads(done.stdout)]
