"""How much one caller may ask for: the token bucket, the body cap, and the places for images."""

import asyncio
import contextlib
import logging
import secrets
import select
import socket
import time

import httpx
import pytest
from fastapi import FastAPI, Request

from service.errors import Problem
from service.web import problems
from service.web.journal import Counts, Journal
from service.web.limits import FORM_OVERHEAD, MAX_CALLERS, SMALL_BODY, BodyCap, Buckets, Gate, network
from tests.served import client_of

UPLOAD = 100_000


class Clock:
    """A clock that is moved by hand."""

    seconds = 0.0

    def __call__(self):
        """Tell the time."""
        return self.seconds


def test_a_caller_gets_the_rate_at_once_and_then_as_time_passes():
    """Sixty a minute are sixty now, and one more for each second."""
    clock = Clock()
    buckets = Buckets(60, clock)
    for _ in range(60):
        buckets.take("192.0.2.1")
    with pytest.raises(Problem) as refused:
        buckets.take("192.0.2.1")
    assert refused.value.status == 429
    assert refused.value.extra["retry_after"] == 2
    buckets.take("192.0.2.2")
    clock.seconds = 1.1
    buckets.take("192.0.2.1")
    with pytest.raises(Problem):
        buckets.take("192.0.2.1")


def test_refused_requests_do_not_push_the_next_chance_away():
    """Whoever keeps knocking is let in as soon as one that waits."""
    clock = Clock()
    buckets = Buckets(60, clock)
    buckets.take("192.0.2.1", 60)
    for step in range(1, 10):
        clock.seconds = step / 10
        with pytest.raises(Problem):
            buckets.take("192.0.2.1")
    clock.seconds = 1.01
    buckets.take("192.0.2.1")


def test_a_cost_above_the_rate_is_still_payable():
    """A very low rate does not make images impossible."""
    Buckets(2, Clock()).take("192.0.2.1", 5)


def test_callers_are_remembered_up_to_a_limit():
    """A flood of addresses cannot fill the memory."""
    buckets = Buckets(1, Clock())
    for number in range(MAX_CALLERS + 10):
        buckets.take(str(number))
    assert len(buckets._levels) == MAX_CALLERS


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9%eth0", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("not:an:address", "not:an:address"),
        ("", ""),
    ],
)
def test_an_ipv6_subscriber_is_one_caller(address, caller):
    """A /64 belongs to one subscriber; an IPv4 address written in IPv6 is itself."""
    assert network(address) == caller


@pytest.fixture
def client():
    app = FastAPI()
    problems.register(app)

    @app.post("/echo")
    async def echo(request: Request):
        return {"bytes": len(await request.body())}

    @app.post("/json")
    def parsed(body: dict[str, str]):
        return body

    app.add_middleware(BodyCap, upload=UPLOAD)
    app.add_middleware(Journal, counts=Counts(), new_id=lambda: secrets.token_hex(8))
    with client_of(app) as client:
        yield client


PDF = {"Content-Type": "application/pdf"}


def test_an_upload_up_to_the_limit_is_taken(client):
    """The limit itself is allowed."""
    assert client.post("/echo", content=b"x" * UPLOAD, headers=PDF).json() == {"bytes": UPLOAD}


def test_a_declared_length_above_the_limit_is_refused_before_reading(client):
    """413 as problem+json, and the connection is given up."""
    answer = client.post("/echo", content=b"x" * (UPLOAD + FORM_OVERHEAD + 1), headers=PDF)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert answer.headers["connection"] == "close"


def test_an_undeclared_body_is_stopped_while_it_streams(client):
    """A chunked body that says no length is cut off at the limit."""
    sent = []

    def stream():
        for _ in range(1000):
            sent.append(1)
            yield b"x" * 10_000

    answer = client.post("/echo", content=stream(), headers=PDF)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_caller_who_hangs_up_is_no_error(client, caplog):
    """An upload that breaks off leaves no trace of an error, and the server goes on."""
    address = client.base_url.host, client.base_url.port
    with caplog.at_level(logging.INFO):
        with socket.create_connection(address) as caller:
            caller.sendall(
                b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\nab"
            )
            time.sleep(0.1)
        end = time.monotonic() + 5
        while '"status":499' not in caplog.text and time.monotonic() < end:
            time.sleep(0.01)
    assert '"status":499' in caplog.text
    assert "unexpected" not in caplog.text
    assert client.post("/echo", content=b"x", headers=PDF).status_code == 200


def test_a_body_that_trickles_is_given_up(client, monkeypatch):
    """408 when the time is over that what came so far deserves; the connection is closed, and the server goes on."""
    monkeypatch.setattr("service.web.limits.FIRST_SECONDS", 0.5)
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 90000\r\n\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=20) as caller:
        caller.sendall(head)
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < 10:
                caller.sendall(b"x")
                time.sleep(0.05)
                if select.select([caller], [], [], 0)[0]:
                    break
        answer = b"".join(iter(lambda: caller.recv(65536), b""))
    assert time.monotonic() - began < 10
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"too_slow" in answer
    assert client.post("/echo", content=b"x", headers=PDF).status_code == 200


def test_a_slow_line_that_keeps_coming_is_served(client, monkeypatch):
    """Whoever sends more than the least rate may take longer than the first seconds."""
    monkeypatch.setattr("service.web.limits.FIRST_SECONDS", 0.3)
    monkeypatch.setattr("service.web.limits.SLOWEST", 1000)

    def stream():
        for _ in range(10):
            yield b"x" * 5000
            time.sleep(0.1)

    assert client.post("/echo", content=stream(), headers=PDF).json() == {"bytes": 50_000}


def test_an_endless_body_costs_no_more_than_its_limit(client):
    """A chunked body without an end is cut off, and no more of it is read."""
    sent = []

    def stream():
        while len(sent) < 100_000:
            sent.append(1)
            yield b"x" * 10_000

    with contextlib.suppress(httpx.WriteError):
        assert client.post("/echo", content=stream(), headers=PDF).status_code == 413
    assert len(sent) < 5000


def test_json_may_not_be_as_long_as_an_upload(client):
    """A body that is no upload has a limit of its own, also where the framework parses it."""

    def stream():
        yield b'{"a":"'
        for _ in range(SMALL_BODY // 10_000 + 1):
            yield b"x" * 10_000
        yield b'"}'

    answer = client.post("/json", content=stream(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_a_full_gate_sends_the_next_one_away_and_opens_again():
    """Two run, one waits, the fourth is told when to come back; leaving makes room."""

    async def story():
        gate = Gate(2, 1)
        go = asyncio.Event()
        done = []

        async def image():
            async with gate:
                await go.wait()
            done.append(1)

        tasks = [asyncio.create_task(image()) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            async with gate:
                pass
        assert refused.value.status == 503
        tasks[2].cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert len(done) == 2
        async with gate:
            done.append(1)
        assert gate._inside == 0

    asyncio.run(story())
