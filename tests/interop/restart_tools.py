"""For tests of restarts: a server whose program can be replaced, and clients that come back to it."""
import os
import shutil
import socket
import struct
import subprocess
import threading
import time

from operator_tools import ctl, wait_until
from raw_nbd import DEADLINE, FUA, MIB, SERVER, WRITE, Client, Server, image

BLOCK = 4096


class Restartable(Server):
    """The server as a copy of its program, "program" in the working directory; its socket is "control".

    PASSED are open sockets that it is started with, as WRAPPED wants them."""

    def __init__(self, *words, environment=None, **more):
        super().__init__("--control-socket", os.path.abspath("control"), *words, **more)
        self.environment = {**os.environ, **(environment or {})}

    def __enter__(self):
        if not os.path.exists("program"):
            install()
        self.process = subprocess.Popen([os.path.abspath("program"), *self.words], stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True, env=self.environment)
        self.begin_reading()
        self.where = self.wait_for(r"serving .*, on (.*)$").group(1)
        self.port = int(self.where.rsplit(":", 1)[-1]) if self.where[-1].isdigit() else None
        return self

    def starts(self):
        """How often a program has begun to serve."""
        return sum("serving" in line for line in self.log)

    def descriptors(self):
        return sorted(os.readlink(f"/proc/{self.process.pid}/fd/{one}").split("[")[0]
                      for one in os.listdir(f"/proc/{self.process.pid}/fd"))

    def children(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return file.read().split()

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))


class Configured(Restartable):
    """The same with a file, "server.ini"."""

    def __init__(self, **more):
        super().__init__(**more)
        self.words = ("-c", "server.ini")


def configure(exports, **generic):
    """EXPORTS: lines of sections; keys of GENERIC with _ for -."""
    generic = {"control_socket": os.path.abspath("control"), **generic}
    with open("server.ini", "w", encoding="utf-8") as file:
        file.write("[generic]\n")
        file.writelines(f"{key.replace('_', '-')} = {value}\n" for key, value in generic.items())
        file.write(exports)


def install(script=None):
    """A new version, as a package manager puts it in place; or SCRIPT, a shell's, instead."""
    if script is None:
        shutil.copy(SERVER, "program.new")
    else:
        with open("program.new", "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod("program.new", 0o755)
    os.rename("program.new", "program")


def served(*words, size=64 * MIB, **more):
    image("disk.img", size)
    os.makedirs("state", exist_ok=True)
    return Restartable("--state-directory", "state", *words, "127.0.0.1:0", "disk.img", **more)


def restart(expect=0):
    return ctl("restart", expect=expect)


class Knocker(threading.Thread):
    """Connects all the time, by CONNECT. A refusal is what must not be."""

    def __init__(self, connect):
        super().__init__(daemon=True)
        self.connect, self.failure = connect, None
        self.connected = self.greeted = 0
        self.ends = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.ends.is_set():
                with self.connect() as connection:
                    self.connected += 1
                    connection.settimeout(DEADLINE)
                    try:
                        self.greeted += connection.recv(8) == b"NBDMAGIC"
                    except ConnectionResetError:
                        pass
        except Exception as failure:  # pylint: disable=broad-exception-caught
            self.failure = failure

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.ends.set()
        self.join(DEADLINE)
        if kind is None:
            assert self.failure is None, self.failure
            assert self.connected > 0 and self.greeted > 0, (self.connected, self.greeted)


def knock_at(port):
    return Knocker(lambda: socket.create_connection(("127.0.0.1", port), DEADLINE))


class Machine(threading.Thread):
    """Writes as a kernel does whose connection the agent renews: what has no answer is sent again."""

    def __init__(self, port, name="", blocks=16384, depth=8):
        super().__init__(daemon=True)
        self.port, self.blocks, self.depth = port, blocks, depth
        self.client = Client(port, name)
        self.name = self.client.canonical
        self.pending = {}  # cookie: (block, contents)
        self.acknowledged = {}  # block: contents
        self.sequence = self.reconnects = 0
        self.ends = threading.Event()
        self.failure = None
        self.start()

    def run(self):
        try:
            while not self.ends.is_set() or self.pending:
                try:
                    self.step()
                except (EOFError, ConnectionError):
                    self.reconnect()
        except Exception as failure:  # pylint: disable=broad-exception-caught
            self.failure = failure

    def step(self):
        busy = {block for block, _ in self.pending.values()}
        while len(self.pending) < self.depth and not self.ends.is_set():
            self.sequence += 1
            block = self.sequence * 7919 % self.blocks
            if block in busy:  # two writes of one block have no order
                continue
            busy.add(block)
            self.pending[self.sequence] = block, struct.pack(">Q", self.sequence) * (BLOCK // 8)
            self.submit(self.sequence)
        error, cookie = self.client.reply()
        assert error == 0, f"error {error}"
        block, contents = self.pending.pop(cookie)
        self.acknowledged[block] = contents

    def submit(self, cookie):
        block, contents = self.pending[cookie]
        self.client.send(WRITE, block * BLOCK, BLOCK, FUA if cookie % 16 == 0 else 0, cookie, contents)

    def reconnect(self):
        self.client.socket.close()
        self.reconnects += 1
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                self.client = Client(self.port, self.name)
                assert self.client.canonical == self.name, (self.client.canonical, self.name)
                for cookie in self.pending:
                    self.submit(cookie)
                return
            except (EOFError, ConnectionResetError, BrokenPipeError):
                assert time.monotonic() < deadline, "not let in again in time"

    def goes_on(self):
        """Something more is acknowledged."""
        before = self.sequence
        wait_until(lambda: self.failure or self.sequence > before + 2 * self.depth)
        assert self.failure is None, self.failure

    def check(self):
        """Ends the writing. Each block that was acknowledged reads back: (block, contents) of all."""
        self.ends.set()
        self.join(DEADLINE)
        assert not self.is_alive() and self.failure is None, self.failure
        for block, contents in self.acknowledged.items():
            assert self.client.read(block * BLOCK, BLOCK) == contents, block
        self.client.__exit__()
        assert self.acknowledged
        return self.acknowledged.items()
