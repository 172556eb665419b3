"""A small proxy as stands before several services: asks each /readyz, and sends new connections only to those that are ready."""

import asyncio
import contextlib
import threading
import urllib.error
import urllib.request
from itertools import count

LOOK_SECONDS = 0.1


class Proxy:
    """Listens on a loopback port of its own and passes connections on, in turn, to the ready ones of some ports.

    They are ports of this machine, or of the `address` that is given for each.
    """

    def __init__(self, ports, addresses=None):
        self.addresses = addresses or dict.fromkeys(ports, "127.0.0.1")
        self.ready = set()
        self.passed = dict.fromkeys(ports, 0)
        self.port = 0
        self._turn = count()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, daemon=True),
            *(threading.Thread(target=self._look, args=(port,), daemon=True) for port in ports),
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_):
        self._over.set()
        self._loop.call_soon_threadsafe(self._loop.stop)
        for thread in self._threads:
            thread.join(10)

    def _look(self, port):
        while not self._over.wait(LOOK_SECONDS):
            try:
                with urllib.request.urlopen(f"http://{self.addresses[port]}:{port}/readyz", timeout=10):
                    self.ready.add(port)
            except OSError:
                self.ready.discard(port)

    def _serve(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.1))  # what was closed is gone by then
        self._loop.close()

    async def _pass(self, reader, writer):
        ports = sorted(self.ready)
        if not ports:
            writer.close()
            return
        port = ports[next(self._turn) % len(ports)]
        self.passed[port] += 1
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there, back = await asyncio.open_connection(self.addresses[port], port)
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))


async def _pipe(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # whoever hung up
    finally:
        writer.close()
