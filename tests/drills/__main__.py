"""`make drill`: runs every drill, or those whose names contain a word given, at full scale; prints a line each and writes bench/out/drills.json."""

import json
import os
import platform
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack
from pathlib import Path

from tests.drills.every import DRILLS, Room
from tests.drills.outcome import scale

OUT = Path(__file__).parents[2] / "bench" / "out"


def main(words: list[str]) -> int:
    """Run them one after the other; 1 when one does not hold."""
    os.environ.setdefault("DRILL", "full")
    names = [name for name in DRILLS if not words or any(word in name for word in words)]
    told, failed = _earlier(), []
    with tempfile.TemporaryDirectory(prefix="yinzheng-drill-") as folder, ExitStack() as stack:
        room = Room(Path(folder), stack)
        for name in names:
            began = time.monotonic()
            try:
                outcome = DRILLS[name](room, scale())
            except Exception:  # the others are worth their minutes
                traceback.print_exc()
                failed.append(name)
                continue
            seconds = time.monotonic() - began
            _say(f"{'ok  ' if outcome.holds else 'FAIL'} {name}: {outcome.line()} ({seconds:.0f} s)")
            failed += [] if outcome.holds else [name]
            told[name] = {
                "done": dict(outcome.done),
                "bad": dict(outcome.bad),
                "told": dict(outcome.told),
                "seconds": round(seconds, 1),
                "at": time.strftime("%Y-%m-%d %H:%M"),
                "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
            }
            OUT.mkdir(exist_ok=True)
            (OUT / "drills.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    _say(
        f"{len(names) - len(failed)} of {len(names)} drills hold"
        + "".join(f"; not: {name}" for name in failed)
    )
    return 1 if failed else 0


def _earlier() -> dict[str, object]:
    """What drills told that are not run now."""
    file = OUT / "drills.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
