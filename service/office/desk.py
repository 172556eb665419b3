"""The office itself: everything the flows work with, built once by `service.app`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import BinaryIO

from intake.foreign import Finder
from intake.foreign.detector import detector
from intake.recognise import Recogniser
from service.regulation.edition import Editions
from service.settings import Settings
from service.signing import KeyRing
from storage.archive import Archive
from templates.catalogue import Catalogue
from templates.render import Printer

CHINA = timezone(timedelta(hours=8))
"""The day on a paper is the day in China, wherever the machine stands."""


@dataclass(frozen=True, slots=True)
class Office:
    """The collaborators of every flow.

    `recogniser()` loads the reading models on first use, `finder()` the one that finds print on foreign pages; `now` gives aware datetimes; `randbytes(n)` gives
    bytes nobody can guess; `sleep` waits for seconds; `faults()` says in Chinese what would make the next
    request fail, nothing when ready.
    """

    settings: Settings
    archive: Archive
    catalogue: Catalogue
    printer: Printer
    keys: KeyRing
    recogniser: Callable[[], Recogniser]
    editions: Editions
    now: Callable[[], datetime]
    randbytes: Callable[[int], bytes]
    sleep: Callable[[float], None]
    faults: Callable[[], list[str]]
    finder: Callable[[], Finder] = detector

    def today(self) -> date:
        """The day in China."""
        return self.now().astimezone(CHINA).date()


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes on their way out: media type, and a file name without personal data.

    `foreign` is what somebody handed in, as it came: a PDF of that kind may hold programs, and is never shown in place.
    """

    data: bytes
    media_type: str
    filename: str
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Handing:
    """Much on its way out: media type, a file name without personal data, and what writes it piece by piece."""

    media_type: str
    filename: str
    write: Callable[[BinaryIO], None]
