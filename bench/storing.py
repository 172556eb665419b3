"""Putting and getting objects: a folder, and each real store against the plain client on the same objects."""

import io
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from measuring import ROOT, Row, line, timed
from minio import Minio

from storage.objects.bucket import Bucket
from storage.objects.canary import broken
from storage.objects.folder import Folder
from storage.objects.locked import Locked
from storage.objects.place import Place

sys.path.insert(0, str(ROOT))  # a distribution brings a package `tests` too

from tests.stores import rgw, versity

OBJECTS = int(os.environ.get("BENCH_OBJECTS", "100"))
BYTES = 60_000
"""A stamped diploma."""
THREADS = 8
STORES = {"Ceph RGW 16": rgw, "Versity 1.8.0": versity}


def storing(rows: list[Row]) -> None:
    """Objects a second, eight side by side: put with all that we promise, and get with its hash."""
    datas = [os.urandom(BYTES) for _ in range(OBJECTS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name) / "objects")
        put = OBJECTS / timed(lambda: folder.put_many(datas))
        names = [sha256(data).hexdigest() for data in datas]
        with ThreadPoolExecutor(THREADS) as pool:
            got = OBJECTS / timed(lambda: list(pool.map(folder.get, names)))
    rows.append(
        line(f"folder, {OBJECTS} × {BYTES // 1000} KB: put, get and hash", f"{put:.0f}/s, {got:.0f}/s")
    )
    for title, store in STORES.items():
        _store(rows, title, store, datas)


def _store(rows: list[Row], title: str, store: object, datas: list[bytes]) -> None:
    with store.served() as server, ThreadPoolExecutor(THREADS) as pool:
        place = Place(server.endpoint, f"bench-{time.time_ns()}", server.access_key, server.secret_key)
        bucket = Bucket(place)
        bucket.make()
        began = time.perf_counter()
        found = broken(bucket, datetime.now(UTC))
        canary = time.perf_counter() - began
        ours = Locked(bucket, lambda: datetime.now(UTC))
        ours.probe()
        plain = Minio(
            server.endpoint.partition("://")[2], server.access_key, server.secret_key, secure=False, region="us-east-1"
        )  # fmt: skip
        plain.make_bucket("plain")
        names = [sha256(data).hexdigest() for data in datas]

        def plainly(name: str, data: bytes) -> None:
            plain.put_object("plain", name, io.BytesIO(data), len(data))

        def fetched(name: str) -> bytes:
            answer = plain.get_object("plain", name)
            try:
                return answer.read()
            finally:
                answer.close()
                answer.release_conn()

        puts = [timed(lambda: list(pool.map(plainly, names, datas))), timed(lambda: ours.put_many(datas))]
        gets = [timed(lambda: list(pool.map(fetched, names))), timed(lambda: list(pool.map(ours.get, names)))]
    told = "holds" if not found else "breaks " + ", ".join(found)
    rows.append(line(f"{title}: canary", f"{told}, {canary:.1f} s", "holds"))
    for what, (theirs, mine) in {"put, read back and locked": puts, "get and hash": gets}.items():
        rows.append(
            line(
                f"{title}: {what}, against the plain client's",
                f"{len(datas) / mine:.0f}/s : {len(datas) / theirs:.0f}/s = {theirs / mine:.2f}×",
            )
        )
