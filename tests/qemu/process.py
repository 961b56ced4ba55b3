"""Child processes that do not outlive us, and whose failures carry their own words."""

import fcntl
import os
import subprocess

from failure import Failure

# e2fsprogs live there, and a plain user's PATH need not say so.
os.environ["PATH"] += ":/usr/sbin:/sbin"


def start(command, signal_at_our_death="KILL", **options):
    """Popen; the kernel sends the child a signal when the thread that started it ends."""
    return subprocess.Popen(["setpriv", "--pdeathsig", signal_at_our_death, "--",
                             *map(str, command)], stdin=options.pop("stdin", subprocess.DEVNULL),
                            **options)


def run(*command, text=""):
    """Standard output of a command that must succeed; the text is its standard input."""
    try:
        done = subprocess.run(list(map(str, command)), input=text,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", check=False)
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        words = " ".join((done.stderr or done.stdout).split()[-40:])
        raise Failure(f"{command[0]} ended with {done.returncode}: {words}")
    return done.stdout


def only_one(path):
    """Hold on to what this returns: until then another call with this path fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = open(path, "wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise Failure(f"another run in this tree goes on (it holds {path})") from error
    return lock


def tail(path, lines):
    """The last lines of a log, for people."""
    try:
        return path.read_text(errors="replace").replace("\r", "").splitlines()[-lines:]
    except OSError:
        return []
