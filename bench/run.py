"""`make bench`: our service against what a user would pick instead, on the same documents, in one run, part by part."""

import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable

import batching
import checking
import copies
import decoding
import evidence
import growing
import load
import logged
import papers
import printing
import reading
import serving
import stacks
import stamping
import storing
import tampering
import verifying
from measuring import ROOT, Row

PARTS: dict[str, Callable[[list[Row]], None]] = {
    "printing": printing.single,
    "codes": printing.codes,
    "http": printing.over_http,
    "stamping": stamping.stamping,
    "batching": batching.batching,
    "issuing": serving.issuing,
    "checking": checking.checking,
    "copies": copies.copies,
    "evidence": evidence.evidence,
    "levels": reading.levels,
    "tampers": tampering.tampers,
    "decoding": decoding.decoding,
    "stacks": stacks.stacks,
    "verifying": verifying.verifying,
    "starting": serving.starting,
    "logged": logged.logged,
    "growing": growing.growing,
    "storing": storing.storing,
    "forms": papers.every_form,
}
"""In the order of the table. `BENCH_PARTS=printing,batching make bench` runs some: they replace their own rows."""
RESULT = ROOT / "bench" / "result.json"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def main() -> int:
    """Run the parts asked for (all), write bench/result.json and the README's table; 1 when a part failed."""
    wanted = os.environ.get("BENCH_PARTS", "")
    names = [name.strip() for name in wanted.split(",") if name.strip()] or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    print(f"machine: {load.machine()}, Python {platform.python_version()}\n")
    print("| what | measured | aim |\n|---|---|---|")
    measured, failed = {}, []
    for name in names:
        rows: list[Row] = []
        try:
            PARTS[name](rows)
        except Exception:  # the other parts are worth their minutes
            traceback.print_exc()
            failed.append(name)
            continue
        measured[name] = {"machine": _machine(), "at": time.strftime("%Y-%m-%d %H:%M"), "rows": rows}
    kept = {} if names == list(PARTS) else _result()
    _write({name: found for name in PARTS if (found := measured.get(name) or kept.get(name))})
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _machine() -> str:
    return f"{load.machine()}, Python {platform.python_version()}"


def _result() -> dict[str, dict]:
    return json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}


def _write(parts: dict[str, dict]) -> None:
    """Write bench/result.json, and put the table into the README, between its marks, with the machine named."""
    RESULT.write_text(json.dumps(parts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if set(parts) != set(PARTS):
        print("README.md is left as it is: not every part has been measured yet", file=sys.stderr)
        return
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    machines = dict.fromkeys(found["machine"] for found in parts.values())
    times = sorted(found["at"] for found in parts.values())
    lines = [
        f"Machine: {'; '.join(machines)}. Begun {times[0]}, ended {times[-1]}.",
        "",
        "| what | measured | aim |",
        "|---|---|---|",
    ]
    lines += [
        f"| {r['what']} | {r['value']} | {r['aim']} |" for found in parts.values() for r in found["rows"]
    ]
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    readme.write_text(f"{head}{BEGIN}\n{chr(10).join(lines)}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
