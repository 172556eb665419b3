"""The public's questions: is this code genuine? How many a second, and how long one waits."""

import json

import house
import load
from measuring import Row, line


def verifying(rows: list[Row]) -> None:
    """Requests a second with eight open connections, then p95 at a steady 200 a second."""
    with house.opened() as service:
        body = json.dumps({"qr": service.transfer()["verify_url"]}).encode()
        rate = load.flood(service.base, "/v1/verifications", body, seconds=6, connections=8)
        rows.append(line("public verification, one process", f"{rate:.0f} requests/s", "≥ 800/s"))
        p50, p95 = load.steady(service.base, "/v1/verifications", [body] * 1200, per_second=200)
        value = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms"
        rows.append(line("public verification at 200/s", value, "p95 ≤ 15 ms"))
