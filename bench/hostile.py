"""Hands the hostile set to a whole service and writes what each file cost into docs/limits.md."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs" / "limits.md"
BEGIN, END = "<!-- hostile:begin -->\n", "<!-- hostile:end -->"


def table(story):
    """The figures as a table, dearest file first."""
    files = sorted(story["files"].items(), key=lambda one: -one[1]["decoders"])
    rows = [
        f"| `{name}` | {told['bytes'] / 1000:,.1f} | {told['outcome']} | {told['decoders']:.2f} | {told['seconds']:.2f} | {told['mb']} |"
        for name, told in files
    ]
    seconds = sorted(told["decoders"] for _, told in files)
    told = (
        f"{len(files)} files; decoders: median {seconds[len(seconds) // 2]:.2f} s, most {seconds[-1]:.2f} s."
    )
    return "\n".join(
        [
            told,
            "",
            "| file | KB | answer | decoders, s | all, s | MB |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def main():
    """Run the set as the test does, and put the table between its marks."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-W", "ignore", "-m", "tests.hostile_service", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    text = DOCS.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    found = table(json.loads(done.stdout.splitlines()[-1]))
    DOCS.write_text(before + BEGIN + found + END + after, "utf-8")
    print(found)


if __name__ == "__main__":
    main()
