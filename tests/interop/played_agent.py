"""The resident agent as nbdrootctl sees it: a socket that answers its status."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
CTL = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else os.environ.get("NBDROOTCTL")
                      or os.path.join(HERE, "../../build/bin/nbdrootctl"))
DONE_STATUS, FAILED_STATUS, USAGE, NOT_SUPPORTED, REFUSED_STATUS = range(5)


class Agent:
    """Answers `status` at DIRECTORY/control as the resident agent does."""

    def __init__(self, port, name, state="connected"):
        self.status = {"host": "127.0.0.1", "port": port, "name": name, "export": name,
                       "state": state}

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.directory.name, "control"))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.directory.cleanup()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                client.recv(512)
                client.sendall(json.dumps(self.status).encode() + b"\n")

    def run(self, *words, expect=DONE_STATUS):
        done = subprocess.run([CTL, "--run", self.directory.name, *words], capture_output=True,
                              text=True, timeout=60, check=False)
        assert done.returncode == expect, (words, done)
        if expect:
            assert done.stderr.startswith("nbdrootctl: ") and done.stderr.count("\n") == 1, done
        return done.stdout, done.stderr
