"""For tests of nbd-rootserver: the program started, and spoken to in raw NBD.

Only loopback is used. A test program has its cases marked with @case and ends with main().
"""
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

SERVER = os.path.abspath(
    sys.argv[1] if len(sys.argv) > 1 else os.environ.get("NBD_ROOTSERVER")
    or os.path.join(os.path.dirname(__file__), "../../build/bin/nbd-rootserver"))
TEST = os.path.basename(sys.argv[0])
DEADLINE = 20  # seconds for anything that should take none
READ, WRITE, DISC, FLUSH, TRIM, CACHE, ZEROES = range(7)
FUA, NO_HOLE = 1, 2
EPERM, EIO, EINVAL, ENOSPC = 1, 5, 22, 28
MIB = 1 << 20


class Impossible(Exception):
    """This machine does not let us make what a case needs: the case says so, aloud."""


class Server:
    """The program on a free port; stopped, and its end checked, when the block ends."""

    def __init__(self, *words, limits=None, expect=0):
        self.words, self.limits, self.expect = words, limits, expect
        self.log = []
        self.ended = False
        self.news = threading.Condition()

    def __enter__(self):
        self.process = subprocess.Popen(
            [SERVER, *self.words], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            preexec_fn=lambda: self.limits and resource.setrlimit(resource.RLIMIT_NOFILE, self.limits))
        self.begin_reading()
        self.port = int(self.wait_for(r"serving .* on .*:(\d+)$").group(1))
        return self

    def begin_reading(self):
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            with self.news:
                self.log.append(line.rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.ended = True
            self.news.notify_all()

    def wait_for(self, pattern, seconds=DEADLINE):
        def found():
            return next(filter(None, (re.search(pattern, line) for line in self.log)), None)
        with self.news:
            self.news.wait_for(lambda: found() or self.ended, seconds)
            assert found(), f"no log line matches {pattern!r}; the log: {self.log}"
            return found()

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.reader.join(DEADLINE)
        if kind is None:
            assert status == self.expect, f"exit status {status}, expected {self.expect}: {self.log}"

    def memory_mib(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) / 1024

    def client(self, name="", **more):
        return Client(self.port, name, **more)


class Client:
    def __init__(self, port, name="", handshake=True, receive_buffer=None, connection=None):
        self.canonical = None
        self.socket = connection or socket.socket()
        self.socket.settimeout(DEADLINE)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if not connection:
            self.socket.connect(("127.0.0.1", port))
        if handshake:
            self.greet()
            self.size, self.flags = self.go(name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Says good-bye. Whoever only closes the socket has lost its connection."""
        if self.canonical is not None and self.socket.fileno() >= 0:
            self.socket.setblocking(False)
            quietly(self.send, DISC)
        self.socket.close()

    def take(self, count):
        parts = bytearray()
        while len(parts) < count:
            part = self.socket.recv(min(count - len(parts), 1 << 20))
            if not part:
                raise EOFError(f"the server closed after {len(parts)} of {count} bytes")
            parts += part
        return bytes(parts)

    def greet(self):
        assert self.take(16) == b"NBDMAGICIHAVEOPT"
        flags, = struct.unpack(">H", self.take(2))
        self.socket.sendall(struct.pack(">I", flags & 3))

    def option(self, number, data):
        self.socket.sendall(b"IHAVEOPT" + struct.pack(">II", number, len(data)) + data)

    def option_reply(self):
        magic, option, kind, length = struct.unpack(">QIII", self.take(20))
        assert magic == 0x3E889045565A9
        return kind, self.take(length)

    def go(self, name, wants_name=True):
        self.ask_for(7, name, wants_name)
        return self.granted()

    def info(self, name):
        self.ask_for(6, name, True)
        return self.granted()

    def ask_for(self, option, name, wants_name):
        raw = name.encode()
        infos = struct.pack(">HHH", 2, 1, 3) if wants_name else struct.pack(">HH", 1, 3)
        self.option(option, struct.pack(">I", len(raw)) + raw + infos)

    def granted(self):
        """Size and flags of the export that was asked for; what it is called in self.canonical."""
        self.canonical = None
        while True:
            kind, data = self.option_reply()
            if kind == 1:
                return found
            if kind >> 31:
                raise PermissionError(data.decode())
            if kind == 3 and data[:2] == b"\0\0":
                found = struct.unpack(">QH", data[2:12])
            if kind == 3 and data[:2] == b"\0\1":
                self.canonical = data[2:].decode()
            if kind == 3 and data[:2] == b"\0\3":
                self.block_sizes = struct.unpack(">III", data[2:14])

    @staticmethod
    def request(command, offset=0, length=0, flags=0, cookie=7):
        return struct.pack(">IHHQQI", 0x25609513, flags, command, cookie, offset, length)

    def send(self, command, offset=0, length=0, flags=0, cookie=7, data=b""):
        self.socket.sendall(self.request(command, offset, length, flags, cookie) + data)

    def reply(self):
        magic, error, cookie = struct.unpack(">IIQ", self.take(16))
        assert magic == 0x67446698, hex(magic)
        return error, cookie

    def ask(self, command, offset=0, length=0, flags=0, data=b""):
        self.send(command, offset, length, flags, 0xC00C1E, data)
        error, cookie = self.reply()
        assert cookie == 0xC00C1E
        return error

    def read(self, offset, length):
        error = self.ask(READ, offset, length)
        assert error == 0, f"read at {offset}: error {error}"
        return self.take(length)

    def write(self, offset, data, flags=0):
        return self.ask(WRITE, offset, len(data), flags, data)

    def at_end(self):
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def image(name, size, contents=b""):
    with open(name, "wb") as file:
        file.truncate(size)
        file.write(contents)
    return name


def file_bytes(name, offset, length):
    with open(name, "rb") as file:
        file.seek(offset)
        return file.read(length)


def pattern(length, seed=1):
    return bytes((seed + i * 7 + (i >> 8)) & 0xFF for i in range(length))


class BlockDevice:
    """A file as a block device, by losetup(8)."""

    def __init__(self, file, *options):
        self.command = ["losetup", "--find", "--show", *options, file]

    def __enter__(self):
        done = subprocess.run(self.command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Impossible(done.stderr.strip())
        self.path = done.stdout.strip()
        return self.path

    def __exit__(self, *_):
        subprocess.run(["losetup", "--detach", self.path], check=True)


CASES = []


def case(function):
    CASES.append(function)
    return function


def quietly(function, *words):
    try:
        function(*words)
    except OSError:
        pass


def cpu_seconds(server):
    with open(f"/proc/{server.process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def refused(status, expected, *words):
    done = subprocess.run([SERVER, *words], capture_output=True, text=True, timeout=DEADLINE)
    lines = done.stderr.splitlines()
    assert done.returncode == status, (words, done)
    assert len(lines) == 1 and re.search(expected, lines[0]), (words, lines)


def main():
    if not os.access(SERVER, os.X_OK):
        sys.exit(f"{TEST}: no program {SERVER}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    only = os.environ.get("CASE", "")
    failed = passed = 0
    for function in CASES:
        if only not in function.__name__:
            continue
        name = function.__name__.replace("_", " ")
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"{TEST}.", dir=os.environ.get("TEST_DIR")) as folder:
            os.chdir(folder)
            try:
                function()
                passed += 1
                print(f"ok     {name} ({time.monotonic() - begin:.2f} s)", flush=True)
            except Impossible as reason:
                print(f"NOT RUN {name}: {reason}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
            os.chdir("/")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)

