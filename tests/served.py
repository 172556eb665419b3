"""Serves an application on loopback with the server it runs on in life, for as long as a block lasts."""

import contextlib
import logging
import socket
import threading
import time

import httpx
import uvicorn

SECONDS_TO_START = 20


@contextlib.contextmanager
def served(app):
    """Yield the base address of the running application."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_config=None)
        # caplog hangs itself on every logger, which wakes uvicorn's access log; the client's log is not ours.
        for name in ("uvicorn.access", "httpx"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        end = time.monotonic() + SECONDS_TO_START
        while not server.started and time.monotonic() < end:
            time.sleep(0.005)
        assert server.started
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@contextlib.contextmanager
def client_of(app, **settings):
    """Yield an HTTP client of the running application."""
    with served(app) as base, httpx.Client(base_url=base, timeout=60, trust_env=False, **settings) as client:
        yield client
