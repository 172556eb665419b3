"""Names what makes a paper's geometry: another version of LibreOffice may break lines elsewhere."""

import re
import shutil
from pathlib import Path

_VERSION = re.compile(r"^(?:buildid|OOOBaseVersion|ReferenceOOoMajorMinor)=.*$", re.MULTILINE)


def engine() -> str:
    """Say which LibreOffice is installed, as its own `versionrc` tells; '' when there is none."""
    launcher = shutil.which("soffice")
    note = Path(launcher).resolve().with_name("versionrc") if launcher else None
    if note is None or not note.is_file():
        return ""
    return " ".join(_VERSION.findall(note.read_text("utf-8", "replace")))
