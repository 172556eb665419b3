"""Tells an auditor how far the scrub of the files is, and what it found."""

from dataclasses import asdict
from typing import Any

from service.access import Action, Who, may
from service.office import Office
from storage.scrub import HARMLESS, MESSAGES, PROMISED, Finding, Progress


def report(office: Office, who: Who | None) -> dict[str, Any]:
    """The present round and the last, whether both keep to what is promised, and each finding with its words.

    Files are named by their sha256, never by a person. Raises `role_not_allowed` for all but the city and auditors.
    """
    may(who, Action.AUDIT)
    progress = office.archive.scrub.progress()
    told = asdict(progress)
    told["findings"] = [
        {**asdict(one), "message": MESSAGES[one.kind], "open": is_open(one)} for one in progress.findings
    ]
    return {
        **told,
        "open": sum(map(is_open, progress.findings)),
        "promised_days": PROMISED.days,
        "late": office.archive.scrub.late(progress),
        "second_copy": bool(office.settings.copy),
    }


def is_open(finding: Finding) -> bool:
    """Tell whether somebody has to do something about a finding."""
    return finding.repaired is None and finding.kind not in HARMLESS


def figures(progress: Progress) -> dict[str, float]:
    """What machines watch: objects read and to read, findings that are open and repaired."""
    return {
        "seen": progress.seen,
        "total": progress.total,
        "open": sum(map(is_open, progress.findings)),
        "repaired": sum(one.repaired is not None for one in progress.findings),
        "copied": progress.copied,
    }
