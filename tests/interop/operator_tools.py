"""For tests of nbd-rootserverctl and its socket, which is "control" in the case's directory."""
import json
import os
import socket
import subprocess
import threading

from raw_nbd import DEADLINE, READ, SERVER, Server, quietly

CTL = os.path.join(os.path.dirname(SERVER), "nbd-rootserverctl")


def serve(*words, **more):
    return Server("--control-socket", os.path.abspath("control"), *words, **more)


def ctl(*words, expect=0, control="control"):
    done = subprocess.run([CTL, "-s", control, *words], capture_output=True, text=True,
                          timeout=DEADLINE)
    assert done.returncode == expect, (words, done)
    assert expect == 0 or done.stderr.startswith("nbd-rootserverctl: "), done
    assert expect != 0 or not done.stderr, done
    return done.stderr if expect else done.stdout


def ask(*words):
    return json.loads(ctl(*words, "--json"))


def raw(request):
    """What the socket itself says to REQUEST, bytes as they are."""
    with socket.socket(socket.AF_UNIX) as asker:
        asker.settimeout(DEADLINE)
        asker.connect("control")
        answer = b""
        # It may close with bytes of ours unread: what it has said comes all the same.
        quietly(asker.sendall, request)
        quietly(asker.shutdown, socket.SHUT_WR)
        try:
            while part := asker.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
        return answer


def wait_until(condition):
    deadline = threading.Event()
    timer = threading.Timer(DEADLINE, deadline.set)
    timer.start()
    while not condition():
        assert not deadline.is_set(), "did not come true in time"
    timer.cancel()


class Reader(threading.Thread):
    """Reads and checks until its connection ends; at the end every request has its answer."""

    def __init__(self, client, contents):
        super().__init__(daemon=True)
        self.client, self.contents = client, contents
        self.answers, self.failure, self.closed = 0, None, False
        self.start()

    def run(self):
        try:
            while True:
                for i in range(8):
                    self.client.send(READ, 4096 * i, 4096, cookie=i)
                for i in range(8):
                    try:
                        error, cookie = self.client.reply()
                    except (EOFError, ConnectionResetError):
                        self.closed = True
                        return
                    data = self.client.take(4096)
                    assert error == 0 and data == self.contents[4096 * cookie:][:4096], (error, cookie)
                    self.answers += 1
        except (BrokenPipeError, ConnectionResetError):
            self.closed = True
        except Exception as failure:
            self.failure = failure

    def check_closed(self):
        self.join(DEADLINE)
        assert not self.is_alive() and self.failure is None, self.failure
        assert self.closed and self.answers > 0
        self.client.socket.close()
