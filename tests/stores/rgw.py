"""Starts a Ceph with one monitor, one disk that is a file, and its S3 gateway, on loopback: `python -m tests.stores.rgw FOLDER`."""

import base64
import contextlib
import secrets
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from tests.stores.served import HOST, Server, answers, free_port, running, stay, until

ACCESS, SECRET = "rgw-access", "rgw-secret-of-the-tests"
PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph")
DISK_BYTES = 4 << 30
"""Of a sparse file; the tests fill some megabytes."""
CONFIGURATION = """[global]
fsid = {fsid}
mon_initial_members = a
mon_host = [v2:{host}:{mon}]
mon_data_avail_warn = 2
mon_data_avail_crit = 1
# one disk: nothing is held twice, and one is enough to write
osd_pool_default_size = 1
osd_pool_default_min_size = 1
mon_allow_pool_size_one = true
osd_crush_chooseleaf_type = 0
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
rgw_rados_pool_pg_num_min = 1
osd_objectstore = bluestore
osd_memory_target = 939524096
bluestore_block_size = {disk}
run_dir = {folder}
admin_socket = {folder}/$name.asok
pid_file =
log_file = {folder}/$name.log
mon_data = {folder}/mon
osd_data = {folder}/osd
rgw_data = {folder}/rgw
keyring = {folder}/keyring
rgw_thread_pool_size = 32
rgw_enable_usage_log = false
[mon.a]
public_addrv = [v2:{host}:{mon}]
[osd]
public_addr = {host}
cluster_addr = {host}
"""

KEYRING = """[mon.]
key = {key}
caps mon = "allow *"
[client.admin]
key = {key}
caps mon = "allow *"
caps osd = "allow *"
[osd.0]
key = {key}
caps mon = "allow profile osd"
caps osd = "allow *"
"""
"""The gateway asks for a key even where none is required, so everybody has one."""


def installed() -> bool:
    """Tell whether the Debian packages are there."""
    return all(shutil.which(program) for program in PROGRAMS)


@contextlib.contextmanager
def served() -> Iterator[Server]:
    """Ceph's S3 gateway for as long as the block lasts; its folder goes with it."""
    with tempfile.TemporaryDirectory(prefix="rgw-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        conf, disk = folder / "ceph.conf", str(uuid.uuid4())
        port, mon = free_port(), free_port()
        conf.write_text(
            CONFIGURATION.format(fsid=uuid.uuid4(), host=HOST, mon=mon, folder=folder, disk=DISK_BYTES)
        )
        (folder / "keyring").write_text(KEYRING.format(key=_key()))
        (folder / "osd").mkdir()
        (folder / "rgw").mkdir()
        _done("ceph-mon", "-c", conf, "-i", "a", "--mkfs", "--keyring", folder / "keyring")
        log = folder / "output"
        monitor = stack.enter_context(running(["ceph-mon", "-c", conf, "-i", "a", "-f"], log))
        _done("ceph", "-c", conf, "--connect-timeout", "60", "osd", "new", disk)
        # The same UUID for both, or the disk never boots.
        _done("ceph-osd", "-c", conf, "-i", "0", "--mkfs", "--osd-uuid", disk)
        store = stack.enter_context(running(["ceph-osd", "-c", conf, "-i", "0", "-f"], log))
        _done(
            "radosgw-admin", "-c", conf, "user", "create", "--uid=tests", "--display-name=tests",
            f"--access-key={ACCESS}", f"--secret-key={SECRET}",
        )  # fmt: skip
        frontend = f"--rgw-frontends=beast endpoint={HOST}:{port}"
        gateway = stack.enter_context(
            running(["radosgw", "-c", conf, "-n", "client.admin", "-f", frontend], log)
        )
        until(lambda: answers(port), log)
        yield Server(f"http://{HOST}:{port}", ACCESS, SECRET, (monitor, store, gateway))


def _key() -> str:
    """A fresh cephx key: its type, when it was made, its length, and sixteen bytes that nobody knows."""
    return base64.b64encode(struct.pack("<HIIH", 1, 0, 0, 16) + secrets.token_bytes(16)).decode()


def _done(*command: str | Path) -> None:
    ran = subprocess.run([str(part) for part in command], capture_output=True, check=False, timeout=120)
    if ran.returncode:
        raise RuntimeError(f"{command[0]}: {ran.stderr.decode(errors='replace')[-2000:]}")


if __name__ == "__main__":
    with served() as server:
        stay(server)
    sys.exit(0)
