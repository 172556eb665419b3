"""Builds everything once: settings in, an Office out."""

import functools
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from intake.errors import IntakeError, RecogniserMissing
from intake.foreign.detector import MODEL, installed
from intake.recognise import Recogniser
from intake.recognise.apart import Apart, command
from intake.recognise.engines import load
from intake.recognise.guard import Guarded
from service.office import Office
from service.regulation.edition import Editions
from service.settings import Settings
from service.signing import shared
from storage.archive import MOST_SKEW, Archive
from storage.errors import StorageError
from templates.catalogue import Catalogue
from templates.fonts import Fonts
from templates.libreoffice import Converter
from templates.render import Printer
from templates.stamp.engine import engine
from templates.stamp.press import Press

GAVE_UP = 70
"""Exit status of a process whose recogniser hung: its supervisor starts another, which tries the scan once more."""

log = logging.getLogger("yinzheng.app")


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


@contextmanager
def opened(
    settings: Settings, *, printing: bool, lazy: bool = False, apart: bool = False
) -> Iterator[Office]:
    """An office that is closed again; without `printing` no soffice is started, and a `lazy` one by need."""
    office, close = build(settings, printing=printing, lazy=lazy, apart=apart)
    try:
        yield office
    finally:
        close()


def build(
    settings: Settings,
    *,
    printing: bool = True,
    lazy: bool = False,
    apart: bool = False,
    now: Callable[[], datetime] = utc_now,
) -> tuple[Office, Callable[[], None]]:
    """Everything the flows need, on the data folder of the settings, and what closes it.

    The data folder is made when missing. Raises the packages' own errors when fonts, LibreOffice, database
    or keys are not usable. soffice comes up in the background; with `lazy` a single one comes with the first paper
    that needs it, and goes when it has nothing to do. The reading models load on first use; with `apart` in a child
    process, for a service that must outlive them.
    """
    fonts = Fonts.find(settings.workshop() / "fonts")
    count = 1 if lazy else settings.workers
    converter = Converter(settings.workshop() / "soffice", count, fonts.conf, queue=settings.queue, lazy=lazy)
    if printing and not lazy:  # before everything else: LibreOffice takes longest to come up
        converter.start()
    try:
        archive = Archive.open(
            settings.data, now, settings.database, place=settings.place(), copy=settings.copy_place()
        )
        try:
            keys = shared.ring(archive, settings.data / "keys", now)
        except BaseException:
            archive.close()
            raise
    except BaseException:
        converter.close()
        raise
    catalogue = Catalogue.load()
    recogniser, close_recogniser = _loaded_once(settings.recogniser, apart=apart)
    office = Office(
        settings=settings,
        archive=archive,
        catalogue=catalogue,
        printer=Printer(catalogue, converter, fonts, Press(settings.data / "stamps", fonts, engine())),
        keys=keys,
        recogniser=recogniser,
        editions=Editions.load(),
        now=now,
        randbytes=secrets.token_bytes,
        sleep=time.sleep,
        faults=functools.partial(faults, archive, converter, recogniser),
    )

    def close() -> None:
        close_recogniser()
        converter.close()
        archive.close()

    return office, close


def _loaded_once(name: str, *, apart: bool) -> tuple[Callable[[], Recogniser], Callable[[], None]]:
    """The reading models: one set for all threads, loaded by whoever asks first; and what ends their child."""
    lock = threading.Lock()
    children: list[Apart] = []

    @functools.cache
    def loaded() -> Recogniser:
        if not apart:
            return Guarded(load(name), _give_up)
        children.append(Apart(command(name)))
        return children[0]

    def recogniser() -> Recogniser:
        with lock:
            return loaded()

    def close() -> None:
        for child in children:
            child.close()

    return recogniser, close


def _give_up() -> None:
    """End this process: nothing else ends a thread that hangs in a library."""
    log.critical("the recogniser hangs, ending this process")
    os._exit(GAVE_UP)


def faults(archive: Archive, converter: Converter, recogniser: Callable[[], Recogniser]) -> list[str]:
    """What would make the next request fail, in Chinese; empty when ready."""
    found = [] if converter.ready() else ["排版程序 LibreOffice 尚未就绪"]
    try:
        recogniser()
    except IntakeError as error:
        found.append(error.message_zh)
    if not installed():
        found.append(RecogniserMissing(MODEL).message_zh)
    try:
        archive.probe()
        if abs(ahead := archive.skew()) > MOST_SKEW:
            found.append(clock_fault(ahead))
    except StorageError as error:
        found.append(error.message_zh)
    return found


def clock_fault(ahead: float) -> str:
    """Say that the clock of this machine is not that of the database's."""
    return f"本机时钟比数据库的{'快' if ahead > 0 else '慢'} {abs(ahead):.0f} 秒，请校准时钟（NTP）"
