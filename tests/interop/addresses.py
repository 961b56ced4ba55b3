"""For tests of nbd-rootserver: a server with a configuration file, and clients from various addresses."""
import re
import socket
import time

from raw_nbd import DEADLINE, Client

ERROR_POLICY = (1 << 31) + 2


def configured(text, **generic):
    lines = ["[generic]", "port = 0"]
    lines += [f"{name.replace('_', '-')} = {value}" for name, value in generic.items()]
    with open("server.ini", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n" + text)
    return "-c", "server.ini"


def connect(server, address="127.0.0.1", to=None):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family)
    connection.bind((address, 0))
    connection.settimeout(DEADLINE)
    connection.connect((to or ("::1" if family == socket.AF_INET6 else "127.0.0.1"), server.port))
    return connection


def client(server, name, address="127.0.0.1", to=None, **more):
    return Client(0, name, connection=connect(server, address, to), **more)


def refused(server, name, expected, address="127.0.0.1", to=None):
    with client(server, name, address, to, handshake=False) as one:
        one.greet()
        try:
            one.go(name)
        except PermissionError as error:
            assert re.search(expected, str(error)), error
            return
    raise AssertionError(f"'{name}' was let in from {address}")


def listed(server, address="127.0.0.1"):
    with client(server, "", address, handshake=False) as one:
        one.greet()
        one.option(3, b"")
        names = []
        while True:
            kind, data = one.option_reply()
            if kind == 1:
                return names
            if kind >> 31:
                return kind
            names.append(data[4:].decode())


def eventually(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def let_in(server, name, address="127.0.0.1"):
    """A place that has just been left is free once the server has seen it."""
    def try_it():
        try:
            found.append(client(server, name, address))
        except PermissionError:
            return False
        return True
    found = []
    eventually(try_it, f"'{name}' lets nobody in any more")
    return found[0]
