"""A network namespace without a name: a process holds it, and it vanishes with its last process,
whatever happens to the test. Root makes it at once, a plain user together with a user namespace."""

import os
import subprocess

import process
from failure import Failure


class Namespace:
    """parent: the namespace whose user namespace this one shall belong to, if any."""

    def __init__(self, parent=None):
        self._user = [] if os.geteuid() == 0 else ["--user"]
        making = ["unshare", "--net"]
        if self._user and not parent:
            making += ["--user", "--map-root-user"]
        entering = parent.command() if parent else []
        # Its end of file ends the process, should nobody be left to close this.
        self._holder = process.start([*entering, *making, "--", "cat"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self._holder.pid
        self._wait_for_it()

    def _wait_for_it(self):
        """Once cat answers, the namespace is there."""
        try:
            self._holder.stdin.write(b"ready\n")
            self._holder.stdin.flush()
        except BrokenPipeError:
            pass
        if self._holder.stdout.readline() != b"ready\n":
            words = " ".join(self._holder.stderr.read().decode(errors="replace").split())
            self.close()
            raise Failure("this machine refuses network namespaces, which this test needs (as root,"
                          f" or as a user who may make user namespaces): {words}")

    def command(self, *words):
        """The same command, inside."""
        entering = ["nsenter", *self._user, "--net", f"--target={self.pid}"]
        if self._user:
            # New credentials make the kernel forget the signal that process.start() asked for.
            entering += ["--preserve-credentials", "--", "setpriv", "--pdeathsig", "KILL"]
        return [*entering, "--", *words]

    def start(self, *words, **options):
        return process.start(self.command(*words), **options)

    def run(self, *words):
        return process.run(*self.command(*words))

    def close(self):
        """It is gone once nothing else runs inside."""
        self._holder.kill()
        self._holder.wait()
        for stream in (self._holder.stdin, self._holder.stdout, self._holder.stderr):
            stream.close()
