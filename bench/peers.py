"""The servers of the benchmark: how each is started, and what it used of the machine."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = "nbd-rootserver"
START_SECONDS = 10
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.02


def ours(image, port, _folder):
    return [ROOT / "build/bin/nbd-rootserver", "-r", f"127.0.0.1:{port}", image], ""


def nbdkit(image, port, _folder):
    return ["nbdkit", "-f", "-r", "-i", "127.0.0.1", "-p", str(port), "file", image], ""


def nbdkit_one_thread(image, port, _folder):
    return ["nbdkit", "-f", "-r", "-t", "1", "-i", "127.0.0.1", "-p", str(port), "file", image], ""


def qemu_nbd(image, port, _folder):
    return ["qemu-nbd", "-r", "-f", "raw", "-t", "-e", "1024", "--aio=io_uring",
            "-b", "127.0.0.1", "-p", str(port), image], ""


def nbd_server(image, port, folder):
    config = Path(folder) / f"nbd-server-{port}.conf"
    config.write_text(f"[generic]\n\tlistenaddr = 127.0.0.1\n\tport = {port}\n"
                      f"[bench]\n\texportname = {image}\n\treadonly = true\n", encoding="utf-8")
    # -d keeps it in the foreground but serves one client only: it has to become a daemon.
    return ["nbd-server", "-C", config, "-p", folder / f"nbd-server-{port}.pid"], "bench"


PEERS = {
    OURS: ours,
    "nbdkit": nbdkit,
    "nbdkit -t 1": nbdkit_one_thread,
    "qemu-nbd": qemu_nbd,
    "nbd-server": nbd_server,
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children_of(pid):
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                for child in (thread / "children").read_text().split():
                    yield int(child)


class Server:
    """A running server. Its memory is sampled, since forked children are gone at the end."""

    def __init__(self, pid, port, export):
        self.pid, self.port, self.export = pid, port, export
        self._peak_kib = 0
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()

    def _sample(self):
        while not self._ended.wait(SAMPLE_SECONDS):
            total = sum(anonymous_kib(pid) for pid in [self.pid, *children_of(self.pid)])
            self._peak_kib = max(self._peak_kib, total)

    def peak_anonymous_kib(self):
        return self._peak_kib

    def cpu_seconds(self):
        """Of the server, its live children and those it has reaped."""
        return sum(ticks(pid) for pid in [self.pid, *children_of(self.pid)]) / TICKS_PER_SECOND

    def close(self):
        self._ended.set()
        self._sampler.join()


def anonymous_kib(pid):
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0


def ticks(pid):
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:15])  # utime stime cutime cstime
    return 0


def wait_until_listening(port, name):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
            probe.settimeout(START_SECONDS)
            if probe.recv(8) == b"NBDMAGIC":
                return
        threading.Event().wait(0.01)  # nothing tells when a foreign server has begun to listen
    raise RuntimeError(f"{name} does not answer on port {port} after {START_SECONDS} s")


@contextlib.contextmanager
def start(name, image, folder):
    """Starts the server NAME on a free loopback port; ends it when the block is left."""
    port = free_port()
    command, export = PEERS[name](image, port, Path(folder))
    if shutil.which(str(command[0])) is None:
        raise RuntimeError(f"{command[0]} is missing; make bench installs it")
    log = Path(folder) / f"{name.replace(' ', '')}.log"
    with open(log, "wb") as output:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output)
    pid = process.pid
    try:
        wait_until_listening(port, name)
        if name == "nbd-server":
            pid = int((Path(folder) / f"nbd-server-{port}.pid").read_text())
        server = Server(pid, port, export)
        try:
            yield server
        finally:
            server.close()
    finally:
        if pid != process.pid:
            stop_daemon(pid)
        process.terminate()
        process.wait(START_SECONDS)


def stop_daemon(pid):
    """Ends a daemon and the children that it has forked."""
    for victim in [*children_of(pid), pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
