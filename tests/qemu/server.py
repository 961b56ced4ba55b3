"""nbd-rootserver, or another project's server, where the case's network has its servers."""

import re
import signal
import socket
import struct
import subprocess
import threading
import time

import process
from failure import Failure, expect

START_LIMIT_S = 20
STOP_LIMIT_S = 20
PATIENCE_S = 5  # with somebody else's server


class SilentPort:
    """A port that nobody else can take and where nobody serves: connections are refused."""

    def __init__(self):
        self._socket = None
        self.number = 0
        self._bind()

    def _bind(self):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self.number))
        self.number = self._socket.getsockname()[1]

    def listen(self):
        """The socket becomes readable with the first attempt, which refuse() then ends."""
        self._socket.listen()
        return self._socket

    def refuse(self):
        """Resets the attempt that listen() waited for, and refuses those that follow."""
        attempt, _ = self._socket.accept()
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        attempt.close()
        self.release()
        self._bind()

    def release(self):
        """A server may listen there even without this: it may share a port nobody listens on."""
        self._socket.close()


def one_image(image, read_only=False):
    """The server's arguments for one image, as a function of where it is to listen."""
    options = ["-r"] if read_only else []
    return lambda address, port: [*options, f"{address}:{port}", image]


def one_export(name, image, config, read_only=False):
    """The same for one export with a name, by way of a configuration file."""

    def arguments(address, port):
        config.write_text(f"[generic]\nlistenaddr = {address}\nport = {port}\n\n[{name}]\n"
                          f"exportname = {image}\nreadonly = {str(read_only).lower()}\n")
        return ["-c", config]

    return arguments


class Server:
    """Use as context manager: start() when it shall listen, stop() checks its exit code."""

    def __init__(self, program, arguments, log, network):
        self._program = program
        self._arguments = arguments  # of address and port
        self._log = log
        self._network = network
        self._says_port = re.compile(rb" on %s:(\d+)\b" % re.escape(network.listen.encode()))
        self._process = None
        self._port = None
        self._listening = None
        self._reader = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self, port=0):
        """Returns the port once the server listens. Also after kill() and stop()."""
        self._listening, self._port = threading.Event(), None
        self._process = process.start(
            self._network.for_server([self._program, *self._arguments(self._network.listen, port)]),
            signal_at_our_death="TERM", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._copy_log, daemon=True)
        self._reader.start()
        expect(self._wait_until_it_listens(port), f"{self._program.name} does not listen: "
               + " ".join(process.tail(self._log, 2)))
        return self._port

    def _wait_until_it_listens(self, _):
        return self._listening.wait(START_LIMIT_S) and self._port

    def stop(self):
        """SIGTERM; the server has to end by itself with 0."""
        if not self._process:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"the server runs on {STOP_LIMIT_S} s after SIGTERM") from error
        self._ended()
        expect(code == 0, f"the server ended with {code} after SIGTERM (log: {self._log})")

    def kill(self):
        """SIGKILL, if it runs."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._ended()

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        """Also where it was not paused, or does not run."""
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def _ended(self):
        self._reader.join()
        self._process = None

    def _copy_log(self):
        with open(self._log, "ab") as log, self._process.stderr as lines:
            for line in lines:
                log.write(line)
                log.flush()
                found = self._says_port.search(line)
                if found and not self._listening.is_set():
                    self._port = int(found.group(1))
                    self._listening.set()
        self._listening.set()  # the end of the log: nothing more to wait for


class Peer(Server):
    """A server that does not say when it listens; it is given its port."""

    def stop(self):
        """SIGTERM; one that waits for its clients to leave is killed, as a service manager does."""
        if not self._process:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def _wait_until_it_listens(self, port):
        self._port = port
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((self._network.listen, port), timeout=1).close()
                return True
            except OSError:
                time.sleep(0.02)
        return False
