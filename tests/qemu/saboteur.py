"""A server that lies, resets and stalls: sabotage_proxy.py before a real one, on the same host."""

import json
import subprocess
from pathlib import Path

import process
from failure import expect
from lines import Lines

PROGRAM = Path(__file__).with_name("sabotage_proxy.py")
PORT = 10810


class Saboteur:
    """Use as context manager. Sabotages are words of sabotage_proxy.py."""

    def __init__(self, host, server_port, log):
        self.port = PORT
        self._server = f"{host.listen}:{server_port}"
        self._command = host.for_server([PROGRAM, f"{host.listen}:{PORT}", self._server])
        self._log = log
        self._errors = log.with_suffix(".errors")
        self._process = None
        self._lines = None

    def __enter__(self):
        with open(self._errors, "wb") as errors:
            self._process = process.start(self._command, stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=errors, text=True)
        self._lines = Lines(self._process.stdout, open(self._log, "w", encoding="utf-8"))
        self._lines.wait_for("listening")
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def plan(self, *sabotages):
        """What the next connections get, one each; afterwards all are passed on."""
        self._order("plan", *sabotages)

    def now(self, sabotage):
        """What the newest connection gets."""
        self._order("now", sabotage)

    def read_on(self):
        self._order("read-on")

    def expect_alive(self):
        expect(self._process.poll() is None,
               "the saboteur ended by itself: " + " ".join(process.tail(self._errors, 1)))

    def _order(self, *words):
        self.expect_alive()
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()

    def events(self, name):
        """The events of that name so far."""
        found = [json.loads(line) for line in self._lines.text.splitlines()]
        return [event for event in found if event["event"] == name]
