"""Several machines on one: each a network namespace with an address and a folder of its own, on one switch.

Where the kernel lets nobody make namespaces, each is a loopback address, and to be cut off is to be stopped; `Network`
says which of both it is.
"""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

SUBNET = "10.213.{}.{}"
"""Private addresses (RFC 1918), a /24 for each network of a test run."""


class Host:
    """A machine: where it answers, its folder, and the processes that run on it."""

    def __init__(self, name, address, folder, *, apart):
        self.name = name
        self.address = address
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.children = []
        self._apart = apart

    def start(self, command, environment, log):
        """Run a command on it; its output goes to the end of a file."""
        prefix = ["ip", "netns", "exec", self.name] if self._apart else []
        with log.open("ab") as output:
            child = subprocess.Popen(
                [*prefix, *command], env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        self.children.append(child)
        return child

    def cut(self):
        """Pull its cable."""
        if self._apart:
            _ip("link", "set", self.name, "down")
        else:
            self._signal(signal.SIGSTOP)

    def join(self):
        """Plug it in again."""
        if self._apart:
            _ip("link", "set", self.name, "up")
        else:
            self._signal(signal.SIGCONT)

    def end(self):
        """Kill what runs on it."""
        for child in self.children:
            child.kill()
            child.wait(10)

    def _signal(self, number):
        for child in self.children:
            if child.poll() is None:
                child.send_signal(number)


class Network:
    """A switch with hosts on it; `apart` tells whether they are namespaces. `address` is this process's own there."""

    def __init__(self, folder, names):
        self._folder = Path(folder)
        self._names = names
        self._stack = contextlib.ExitStack()
        self.apart = permitted()
        self.address = SUBNET.format(os.getpid() % 250, 1) if self.apart else "127.0.0.1"
        self.hosts = {}

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            if self.apart:
                switch = f"yz{os.getpid() % 10**7}"
                _ip("link", "add", switch, "type", "bridge")
                stack.callback(_ip, "link", "del", switch)
                _ip("address", "add", f"{self.address}/24", "dev", switch)
                _ip("link", "set", switch, "up")
            for place, name in enumerate(self._names, 2):
                self.hosts[name] = self._host(stack, place, name)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _host(self, stack, place, name):
        if not self.apart:
            host = Host(name, f"127.0.0.{place}", self._folder / name, apart=False)
            stack.callback(host.end)
            return host
        switch, own = f"yz{os.getpid() % 10**7}", f"{name}{os.getpid() % 10**7}"
        address = SUBNET.format(os.getpid() % 250, place)
        _ip("netns", "add", own)
        stack.callback(_ip, "netns", "del", own)
        _ip("link", "add", own, "type", "veth", "peer", "name", "eth0", "netns", own)
        _ip("link", "set", own, "master", switch, "up")
        _ip("-n", own, "address", "add", f"{address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", own, "link", "set", device, "up")
        host = Host(own, address, self._folder / name, apart=True)
        stack.callback(host.end)
        return host


def permitted():
    """Tell whether this process may make network namespaces: try it."""
    name = f"yztry{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    if made.returncode:
        return False
    _ip("netns", "del", name)
    return True


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)
