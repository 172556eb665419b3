"""The child process that opens a template of unknown origin under limits, and answers with its findings as JSON.

Started by `templates.lint.apart` with the form's folder and the descriptor of the file.
"""

import json
import os
import resource
import sys
from dataclasses import astuple
from pathlib import Path

from templates.catalogue import load_form
from templates.lint import findings

MEMORY_LIMIT = 2_000_000_000  # of address space; the libraries alone map a third of it
CPU_SECONDS = 60  # the largest of our own forms takes two, most of them to start


def limit_this_process() -> None:
    """Take away memory, time, files and core dumps before the first byte of the file is looked at."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read the file, judge it, and write what was found."""
    form = load_form(Path(sys.argv[1]))
    limit_this_process()
    with os.fdopen(int(sys.argv[2]), "rb") as file:
        docx = file.read()
    json.dump([astuple(finding) for finding in findings(form, docx)], sys.stdout)


if __name__ == "__main__":
    main()
