"""Two services and two workers, each a host with a folder of its own, one PostgreSQL and one object store: no shared disk."""

import json
import shutil
import signal
import sys
import time
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from service.demo.people import id_number
from storage.archive import Archive
from storage.check import HARMLESS, check
from storage.database import prepare
from storage.objects.place import Place
from tests import postgresql
from tests.bureau import BIRTH, SEALS, SIGNERS
from tests.conftest import CITY, COUNTY, DIPLOMA, OTHER_SCHOOL, SCHOOL, UNITS, diploma_block
from tests.hosts import Network
from tests.paper import Paper, level
from tests.postgresql import OWNER, SERVICE
from tests.proxy import Proxy
from tests.shelf import CHILD
from tests.stores import versity

SECONDS = 120
LEASE = 6
SERVICES, WORKERS = ("one", "two"), ("three", "four")
PORT = 8000
WORKER = f"""
import signal
import sys
from service import worker
from service.issue.batch import steps
worker.LEASE_SECONDS = steps.LEASE_SECONDS = {LEASE}
worker.BEAT_SECONDS = steps.BEAT_SECONDS = 1.0
worker.AWAY_SECONDS = 1.0
from service.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
"""A worker as it is, whose leases run out within a test."""


def until(met, seconds=SECONDS):
    """Wait for something, and give it."""
    end = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


class Cluster:
    """The hosts with their processes, what they share, and a way in through the proxy."""

    def __init__(self, network, folder, database, store):
        self.network = network
        self.folder = folder
        self.database = database
        self.store = store
        self.settings = {
            "YINZHENG_DATABASE": database,
            "YINZHENG_OBJECTS": "s3://cluster",
            "YINZHENG_OBJECTS_ENDPOINT": store.endpoint,
            "YINZHENG_OBJECTS_ACCESS_KEY": store.access_key,
            "YINZHENG_OBJECTS_SECRET_KEY": store.secret_key,
            "YINZHENG_WORKERS": "1",
        }
        self.ports = {name: PORT + place for place, name in enumerate(SERVICES)}
        self.processes = {}

    def run(self, name, *words, program=("-m", "service"), log=None):
        """Start a command of the product on a host, on the data folder there."""
        host = self.network.hosts[name]
        command = [sys.executable, *program, *words, "--data", str(host.folder)]
        return host.start(command, {**CHILD, **self.settings}, self.folder / f"{log or name}.log")

    def serve(self, name):
        """Start a service."""
        host = self.network.hosts[name]
        return self.run(
            name, "serve", "--no-workers", "--host", host.address, "--port", str(self.ports[name])
        )

    def base(self, name):
        """Where a service answers."""
        return f"http://{self.network.hosts[name].address}:{self.ports[name]}"

    def ready(self, name):
        """Whether a service could do the next thing."""
        try:
            return httpx.get(f"{self.base(name)}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def bring_keys(self, name):
        """What an operator does once for each host: the signing keys of the first, copied as they are."""
        shutil.copytree(self.network.hosts["one"].folder / "keys", self.network.hosts[name].folder / "keys")

    def token(self, role, org):
        """A fresh token."""
        log = f"token-{role}-{org}"
        assert self.run("one", "token", "create", "--role", role, "--org", org, log=log).wait(SECONDS) == 0
        return (self.folder / f"{log}.log").read_text("utf-8").split()[-1]

    def lines(self, name, **wanted):
        """The lines that a worker wrote about its jobs."""
        text = (self.folder / f"{name}.log").read_text("utf-8")
        told = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [line for line in told if line.items() >= wanted.items()]

    @contextmanager
    def archive(self):
        """The archive as one more host sees it, which has nothing of its own."""
        place = Place(self.store.endpoint, "cluster", self.store.access_key, self.store.secret_key)
        from service.app import utc_now

        opened = Archive.open(self.folder / "auditor", utc_now, self.database, place=place)
        try:
            yield opened
        finally:
            opened.close()

    def assert_sound(self):
        """Rows, objects, numbers and log agree."""
        with self.archive() as archive:
            assert [fault for fault in check(archive) if fault.code not in HARMLESS] == []


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, request):
    """Everything up: the first host makes the signing keys, the others get a copy."""
    folder = tmp_path_factory.mktemp("cluster")
    with ExitStack() as stack:
        network = stack.enter_context(Network(folder, [*SERVICES, *WORKERS]))
        server = stack.enter_context(postgresql.started(address=network.address))
        store = stack.enter_context(versity.served(network.address))
        name = server.create()
        prepare(server.url(OWNER, name), SERVICE)
        made = Cluster(network, folder, server.url(SERVICE, name), store)
        city = made.token("city", CITY)
        made.serve("one")
        until((network.hosts["one"].folder / "keys" / "keys.json").exists)
        for other in ("two", *WORKERS):
            made.bring_keys(other)
        made.serve("two")
        for other in WORKERS:
            made.processes[other] = made.run(other, "worker", program=("-c", WORKER))
        for other in SERVICES:
            until(lambda other=other: made.ready(other))
        made.proxy = stack.enter_context(
            Proxy(
                list(made.ports.values()),
                {port: network.hosts[one].address for one, port in made.ports.items()},
            )
        )
        until(lambda: len(made.proxy.ready) == 2)
        made.city = city
        settle(made)
        if not network.apart:
            said_aloud(
                request, "no network namespaces here: hosts are loopback addresses, cut off by SIGSTOP"
            )
        yield made


def said_aloud(request, text):
    """Write past what pytest captures: whoever reads the run is to know how much it proves."""
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        sys.stdout.write(f"\n{text}\n")


def caller(cluster, token, name=None):
    """Whoever has a token, through the proxy, with a new connection for each request; or straight to one service."""
    base = f"http://127.0.0.1:{cluster.proxy.port}" if name is None else cluster.base(name)
    limits = httpx.Limits(max_keepalive_connections=0)
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=base, headers=headers, limits=limits, timeout=90, trust_env=False)


def pupil(order):
    """A student's number and record."""
    number = id_number(BIRTH, order)
    record = {
        "name": "文勇俊",
        "sex": "1" if order % 2 else "2",
        "birth_date": BIRTH.isoformat(),
        "id_type": "1",
    }
    return f"G{number}", record | {
        "id_number": number,
        "ethnic": "01",
        "school": SCHOOL,
        "grade": "J3",
        "class_no": "6",
    }


def settle(cluster):
    """Units, students and numbers, each request to the service whose turn it is."""
    with caller(cluster, cluster.city) as city:
        for code in (CITY, COUNTY, SCHOOL):
            city.put(f"/v1/organizations/{code}", json=UNITS[code]).raise_for_status()
        other = {**UNITS[OTHER_SCHOOL], "parent": COUNTY}
        city.put(f"/v1/organizations/{OTHER_SCHOOL}", json=other).raise_for_status()
        for order in range(1, 101):
            number, record = pupil(order)
            city.put(f"/v1/students/{number}", json=record).raise_for_status()
        city.post("/v1/number-blocks", json=diploma_block()).raise_for_status()


def issued(cluster, order, name=None):
    """A diploma of a student."""
    body = {"form": "diploma_junior", "student": pupil(order)[0], "data": DIPLOMA}
    with caller(cluster, cluster.city, name) as city:
        return city.post("/v1/documents", json=body).raise_for_status().json()


def stamped(cluster, told, name):
    """The paper with its seals, scanned; bytes and places come from one of the services."""
    with caller(cluster, cluster.city, name) as city:
        pdf = city.get(told["links"]["content"]).raise_for_status().content
        layout = city.get(told["links"]["layout"]).raise_for_status().json()
    seed = int(told["number"][-4:])  # no two papers are stamped alike
    return Paper(pdf, layout, seed=seed).complete(SEALS, SIGNERS).scan(level("B", seed))


def test_the_four_stories_on_hosts_that_share_no_disk(cluster):
    """Issued on one, fetched from the other, read by a worker on a third, verified by both, retrieved with an approval."""
    key = {"Idempotency-Key": "cluster-1"}
    body = {"form": "diploma_junior", "student": pupil(1)[0], "data": DIPLOMA}
    with caller(cluster, cluster.city, "one") as one, caller(cluster, cluster.city, "two") as two:
        told = one.post("/v1/documents", json=body, headers=key).raise_for_status().json()
        again = two.post("/v1/documents", json=body, headers=key)
        assert (again.json(), again.headers["idempotent-replayed"]) == (told, "true")
        contents = {one.get(told["links"]["content"]).content, two.get(told["links"]["content"]).content}
        assert len(contents) == 1
        keys = {each.get("/.well-known/yinzheng-keys.json").text for each in (one, two)}
        assert len(keys) == 1
        for each in (one, two):
            verdict = each.post("/v1/verifications", json={"qr": told["verify_url"]}).json()
            assert verdict["verdict"] == "pending"
        scan = one.post(
            "/v1/scans", files={"file": ("a.pdf", stamped(cluster, told, "two"), "application/pdf")}
        )
        read = two.get(f"/v1/scans/{scan.raise_for_status().json()['id']}?wait=60").json()
        assert [(one["verdict"], one["reasons"]) for one in read["documents"]] == [("genuine", [])], read
        for each in (one, two):
            verdict = each.post("/v1/verifications", json={"qr": told["verify_url"]}).json()
            assert verdict["verdict"] == "genuine"
            assert each.get(f"/v1/scans/{read['id']}/original").status_code == 200
    stranger, county = cluster.token("registrar", OTHER_SCHOOL), cluster.token("county", COUNTY)
    path, approval = f"/v1/archives/{pupil(1)[0]}", {"approval": "黎教函〔2026〕7号"}
    for name in SERVICES:
        with caller(cluster, stranger, name) as other, caller(cluster, county, name) as above:
            assert other.get(path).json()["code"] == "approval_needed"
            shown = above.get(path, params=approval).raise_for_status().json()
            assert {entry["kind"] for entry in shown["entries"]} >= {"document", "scan", "check"}
    with cluster.archive() as archive, archive.read() as reading:
        looks = [look for look in reading.accesses(pupil(1)[0]) if look.approval == approval["approval"]]
    assert len(looks) == 2


def test_a_batch_is_shared_by_workers_of_two_hosts(cluster):
    """Sixty papers, each once, in order, printed on both; fetched through the proxy."""
    students = [pupil(order)[0] for order in range(2, 61)]
    with caller(cluster, cluster.city) as city:
        body = {"form": "diploma_junior", "students": students, "data": DIPLOMA, "school": SCHOOL}
        batch = city.post("/v1/batches", json=body).raise_for_status().json()
        told = until(lambda: ended(city, batch["id"]))
        assert (told["done"], told["failed"]) == (len(students), 0), told
        assert (
            city.get(f"/v1/batches/{batch['id']}/content?format=zip").raise_for_status().content[:2] == b"PK"
        )
    assert all(cluster.lines(name, kind="batch", outcome="done") for name in WORKERS)
    with cluster.archive() as archive, archive.read() as reading:
        papers = [paper for paper in reading.documents() if paper.student_no in set(students)]
    assert (
        len(papers) == len({paper.number for paper in papers}) == len({paper.student_no for paper in papers})
    )
    assert len(papers) == len(students)
    cluster.assert_sound()


def ended(client, batch):
    told = client.get(f"/v1/batches/{batch}").raise_for_status().json()
    return told if told["state"] in {"done", "cancelled"} else None


@contextmanager
def asleep(cluster, name):
    """One worker that does nothing meanwhile, so that the other takes the next job."""
    child = cluster.processes[name]
    child.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        child.send_signal(signal.SIGCONT)


@contextmanager
def cut_off(cluster, name):
    """A host without its network."""
    host = cluster.network.hosts[name]
    host.cut()
    try:
        yield
    finally:
        host.join()


def running(cluster, kind):
    """The job of a kind that a worker has in hand."""
    with cluster.archive() as archive, archive.read() as reading:
        return next((job for job in reading.open_jobs(kind) if job.state == "running"), None)


def test_a_host_that_is_cut_off_while_it_reads(cluster):
    """Its lease runs out, another host reads the scan once; when it is back it doubles nothing, and works again."""
    told = issued(cluster, 61)
    data = stamped(cluster, told, "one")
    with caller(cluster, cluster.city) as city:
        with asleep(cluster, "four"):
            scan = city.post("/v1/scans", files={"file": ("a.pdf", data, "application/pdf")}).json()["id"]
            job = until(lambda: running(cluster, "scan"))
            host = cluster.network.hosts["three"]
            host.cut()
        try:
            read = city.get(f"/v1/scans/{scan}?wait=60").json()
            assert [document["verdict"] for document in read["documents"]] == ["genuine"]
        finally:
            host.join()
        until(lambda: cluster.processes["three"].poll() is None and spoken(cluster, "three", job.id))
        with asleep(cluster, "four"):
            again = stamped(cluster, issued(cluster, 62), "two")
            other = city.post("/v1/scans", files={"file": ("b.pdf", again, "application/pdf")}).json()["id"]
            assert until(lambda: finished(city, other))["state"] == "done"
    with cluster.archive() as archive, archive.read() as reading:
        kinds = [entry.kind for entry in reading.entries_of(told["serial"])]
        assert (kinds.count("scan"), kinds.count("check")) == (2, 2)  # the student's file and the school's
        assert reading.job(job.id).state == "done"
        assert reading.job(job.id).attempts == 2
    assert [line["job"] for line in cluster.lines("four", kind="scan", outcome="done")].count(job.id) == 1
    cluster.assert_sound()


def spoken(cluster, name, job):
    """Whether a worker has said how a job ended for it."""
    text = (cluster.folder / f"{name}.log").read_text("utf-8")
    return "cannot ask for work" in text or any(line.get("job") == job for line in cluster.lines(name))


def finished(client, scan):
    """A scan that has been read, or was set aside."""
    told = client.get(f"/v1/scans/{scan}").raise_for_status().json()
    return told if told["state"] in {"done", "failed"} else None


def test_a_host_that_is_cut_off_while_it_prints(cluster):
    """The rest of the batch is printed by the other host; every pupil has one paper, every number one pupil."""
    students = [pupil(order)[0] for order in range(63, 93)]
    with caller(cluster, cluster.city) as city:
        body = {"form": "diploma_junior", "students": students, "data": DIPLOMA, "school": SCHOOL}
        with asleep(cluster, "four"):
            batch = city.post("/v1/batches", json=body).raise_for_status().json()["id"]
            until(lambda: running(cluster, "batch") and printing(city, batch))
            cluster.network.hosts["three"].cut()
        try:
            told = until(lambda: ended(city, batch))
        finally:
            cluster.network.hosts["three"].join()
        assert (told["done"], told["failed"]) == (len(students), 0)
    with cluster.archive() as archive, archive.read() as reading:
        papers = [paper for paper in reading.documents() if paper.student_no in set(students)]
    assert (
        len(papers) == len({paper.number for paper in papers}) == len({paper.student_no for paper in papers})
    )
    assert len(papers) == len(students)
    cluster.assert_sound()


def printing(client, batch):
    """Whether a batch has its numbers and is being printed."""
    return client.get(f"/v1/batches/{batch}").json()["state"] in {"printing", "done", "cancelled"}


def test_a_service_that_is_cut_off_is_left_out_and_comes_back(cluster):
    """The proxy asks /readyz; every request is answered by the other one meanwhile."""
    port = cluster.ports["one"]
    with cut_off(cluster, "one"):
        until(lambda: port not in cluster.proxy.ready)
        with caller(cluster, cluster.city) as city:
            for _ in range(4):
                city.put(f"/v1/organizations/{COUNTY}", json=UNITS[COUNTY]).raise_for_status()
    until(lambda: port in cluster.proxy.ready)
    with caller(cluster, cluster.city, "one") as one:
        one.put(f"/v1/organizations/{COUNTY}", json=UNITS[COUNTY]).raise_for_status()
