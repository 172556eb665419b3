"""A sample of every batch is proved equal to what LibreOffice prints, before anything of its chunk is kept."""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from service.issue.keeping import Proof
from service.office import Office
from storage.objects.folder import system_errors
from templates.errors import StampDiffers

EVERY = 500
"""One of so many rows is proved, whatever its layout classes."""
SAME, DIFFERS = "same", "differs"

log = logging.getLogger("yinzheng.batch")


class Sample:
    """What was proved of one batch, shared by all its workers: a line for each proof in a file of the data folder.

    The file saves work, it proves nothing: were it lost, classes would be proved once more. It goes with the batch;
    of all proofs ever made only the tallies stay.
    """

    def __init__(self, office: Office, batch: int) -> None:
        self._office = office
        self._file = folder(office) / f"batch-{batch}"
        self._proved: set[str] = set()

    def prove(self, rows: Sequence[tuple[int, Proof]], beat: Callable[[], None]) -> bool:
        """Prove what is due among these printed rows (row, proof); False when a stamped paper differs.

        From then on the printer itself stamps nothing more of that template version. `beat` is called between
        proofs, each of which takes LibreOffice's time, and may end the work. Raises ConverterBusy and ConverterFailed
        when LibreOffice cannot be asked.
        """
        for row, proof in rows:
            if not self._due(row, proof):
                continue
            beat()
            same = proof.paper.compared or self._same(proof)
            self._note(SAME if same else DIFFERS, proof)
            if not same:
                log.error("stamp differs from LibreOffice, template %s", proof.paper.template_hash)
                return False
        return True

    def _same(self, proof: Proof) -> bool:
        try:
            self._office.printer.prove(proof.order, proof.paper)
        except StampDiffers:
            return False
        return True

    def _due(self, row: int, proof: Proof) -> bool:
        if proof.paper.tier != 1:
            return False
        if row % EVERY == 0:
            return True
        classes = set(proof.paper.layout_classes)
        if not classes <= self._proved:
            self._proved = {
                name for result, *names, _ in _lines(self._file) if result == SAME for name in names
            }
        return not classes <= self._proved

    def _note(self, result: str, proof: Proof) -> None:
        classes = proof.paper.layout_classes
        with system_errors():
            self._file.parent.mkdir(mode=0o700, exist_ok=True)
            with self._file.open("a", encoding="ascii") as file:
                file.write(" ".join([result, *classes, proof.paper.template_hash]) + "\n")
            with (self._file.parent / result).open("ab") as tally:
                tally.write(b"|")
        if result == SAME:
            self._proved.update(classes)


def folder(office: Office) -> Path:
    """Where the proofs of batches are noted."""
    return office.settings.data / "proofs"


def forget(office: Office, batch: int) -> None:
    """Remove what was proved of a batch that has ended."""
    with system_errors():
        (folder(office) / f"batch-{batch}").unlink(missing_ok=True)


def counts(office: Office) -> dict[str, int]:
    """How many stamped papers were ever proved the same, and how many differed: each is one byte of a tally."""
    return {result: _size(folder(office) / result) for result in (SAME, DIFFERS)}


def _size(file: Path) -> int:
    with system_errors():
        return file.stat().st_size if file.exists() else 0


def _lines(file: Path) -> Iterator[list[str]]:
    """Result, layout classes and template of each proof; what somebody was killed over is passed by."""
    with system_errors():
        text = file.read_text("ascii") if file.exists() else ""
    whole = (line.removesuffix("\n") for line in text.splitlines(keepends=True) if line.endswith("\n"))
    return (parts for line in whole if len(parts := line.split(" ")) > 1)
