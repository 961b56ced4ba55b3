"""A folder, servers and the agent's probe (build/*/bin/negotiate_probe), for the tests that show it
one server after the other."""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/qemu"))

import process  # noqa: E402
from failure import Failure, expect  # noqa: E402
from guest import default_signals  # noqa: E402

MIB = 1024 * 1024
PROBE_LIMIT_S = 60


def free_port():
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return candidate.getsockname()[1]


class Answer:
    """What a probe printed: its "key value" lines, and what it logged meanwhile."""

    def __init__(self, code, output, log):
        self.code = code
        self.log = log
        self.values = dict(line.split(" ", 1) for line in output.splitlines() if " " in line)

    def value(self, key):
        expect(self.code == 0, f"not connected: {self.values.get('error')}; log: {self.log}")
        expect(key in self.values, f"no {key} in {self.values}")
        return self.values[key]

    def flags(self):
        return int(self.value("flags"), 0)

    def error(self):
        expect(self.code == 1, f"exit {self.code}, not 1: {self.values}")
        return self.values["error"]


class Bench:
    """A folder, peers that end with the case, and the probe."""

    def __init__(self, folder, probe):
        self.folder = folder
        self._probe = probe
        self._peers = []

    def close(self):
        for peer in self._peers:
            peer.kill()
            peer.wait()

    def image(self, name="disk.img", size=4 * MIB):
        path = self.folder / name
        with open(path, "wb") as file:
            file.truncate(size)
        return path

    def peer(self, *command):
        """Not waited for: a client that waits for its server is what is being tested."""
        log = open(self.folder / "peer.log", "ab")
        self._peers.append(process.start(command, stdout=log, stderr=log))

    def nbdkit(self, *words, port=None):
        port = port or free_port()
        self.peer("nbdkit", "-f", "-p", port, "-i", "127.0.0.1", *words)
        return port

    def qemu_nbd(self, *words):
        port = free_port()
        self.peer("qemu-nbd", "-t", "-b", "127.0.0.1", "-p", port, "-f", "raw", *words)
        return port

    def nbd_server(self, generic, **exports):
        port = free_port()
        text = f"[generic]\nlistenaddr = 127.0.0.1\nport = {port}\n{generic}\n"
        for name, image in exports.items():
            text += f"[{name}]\nexportname = {image}\n"
        (self.folder / "config").write_text(text)
        self.peer("nbd-server", "-d", "-C", self.folder / "config")
        return port

    def start_probe(self, *words, give_up_ms=20000):
        return process.start([self._probe, "--give-up", give_up_ms, *words],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def probe(self, *words, **options):
        return finish(self.start_probe(*words, **options))

    def refusal(self, port, export="", also=()):
        """The first line about a negotiation that failed. Only the first: nbd-server -d serves one
        client and ends."""
        probe = self.start_probe(*also, "127.0.0.1", port, export)
        guard = threading.Timer(PROBE_LIMIT_S, probe.kill)
        guard.start()
        try:
            for line in probe.stderr:
                if line.startswith("attach: negotiate "):
                    return line.removeprefix("attach: ").strip()
            raise Failure(f"not refused: {probe.stdout.read()}")
        finally:
            guard.cancel()
            probe.kill()
            probe.communicate()


def finish(probe):
    output, log = probe.communicate(timeout=PROBE_LIMIT_S)
    return Answer(probe.returncode, output, log)


@contextmanager
def listener(answer):
    """A server that gives each client to ANSWER."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve():
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                kept.append(client)
                answer(client)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for client in kept:
            client.close()


def find_probe():
    """The probe of whichever build is newest; where there is none, of the dev preset."""
    built = list((TOP / "build").glob("*/bin/negotiate_probe"))
    if not built:
        process.run("cmake", "--preset", "dev", "-S", TOP)
        process.run("cmake", "--build", TOP / "build/dev", "--target", "negotiate_probe")
        return TOP / "build/dev/bin/negotiate_probe"
    return max(built, key=lambda path: path.stat().st_mtime)


def run_one(function, probe):
    name = function.__name__.replace("_", "-")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=TOP / "build", prefix="interop-") as folder:
        bench = Bench(Path(folder), probe)
        try:
            function(bench)
            reason = None
        except (Failure, KeyError, subprocess.TimeoutExpired) as failure:
            reason = f"{type(failure).__name__}: {failure}"
        finally:
            bench.close()
        seconds = time.monotonic() - began
        print(f"ok    {name}  {seconds:.1f} s" if reason is None
              else f"FAIL  {name}  {seconds:.1f} s: {reason}", flush=True)
        if reason is not None:
            for line in process.tail(Path(folder) / "peer.log", 10):
                print(f"    | {line}")
    return reason is None


def main(description, cases):
    """Runs those of CASES that the command line chooses."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--probe", type=Path, help="negotiate_probe; else the newest in build/")
    parser.add_argument("--case", help="only this one")
    options = parser.parse_args()
    default_signals()
    os.chdir(TOP)
    probe = options.probe.resolve() if options.probe else find_probe()
    chosen = [function for function in cases
              if options.case in (None, function.__name__.replace("_", "-"))]
    passed = [run_one(function, probe) for function in chosen]
    print(f"{passed.count(True)} passed, {passed.count(False)} failed")
    return 0 if passed and all(passed) else 1

