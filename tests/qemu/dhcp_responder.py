#!/usr/bin/env python3
"""A DHCP server with one address to give, for what no real one does to order: it refuses so many
requests before it agrees, or gives leases that are shorter than dnsmasq's. Says a line for each
message that it gets, as TYPE XID.

usage: dhcp_responder.py INTERFACE SERVER ADDRESS [--nak N] [--lease SECONDS]
"""

import argparse
import ipaddress
import socket
import struct

HEADER = struct.Struct("!4B I 2H 4s 4s 4s 4s 16s 64s 128s 4s")
COOKIE = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = range(1, 8)
NAMES = {DISCOVER: "discover", REQUEST: "request", DECLINE: "decline", RELEASE: "release"}


def options_of(data):
    found = {}
    while data and data[0] != 255:
        if data[0] == 0:
            data = data[1:]
            continue
        found[data[0]] = data[2:2 + data[1]]
        data = data[2 + data[1]:]
    return found


def option(code, value):
    return bytes((code, len(value))) + value


class Responder:
    def __init__(self, words):
        self._server = ipaddress.ip_address(words.server).packed
        self._address = ipaddress.ip_address(words.address).packed
        self._naks = words.nak
        self._lease = words.lease
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                                words.interface.encode())
        self._socket.bind(("", 67))

    def run(self):
        print("ready", flush=True)
        while True:
            message, sender = self._socket.recvfrom(4096)
            if len(message) > HEADER.size:
                self._answer(message, sender)

    def _answer(self, message, sender):
        fields = HEADER.unpack_from(message)
        kind = options_of(message[HEADER.size:]).get(53, b"\0")[0]
        cast = "broadcast" if sender[0] == "0.0.0.0" else "unicast"
        print(f"{NAMES.get(kind, kind)} {fields[4]:08x} from {sender[0]} {cast}", flush=True)
        if kind == DISCOVER:
            self._reply(fields, OFFER, sender)
        elif kind == REQUEST and self._naks > 0:
            self._naks -= 1
            self._reply(fields, NAK, sender)
        elif kind == REQUEST:
            self._reply(fields, ACK, sender)

    def _reply(self, fields, kind, sender):
        gives = kind != NAK
        header = HEADER.pack(2, 1, 6, 0, fields[4], 0, fields[6], b"\0" * 4,
                             self._address if gives else b"\0" * 4, b"\0" * 4, b"\0" * 4,
                             fields[11], b"", b"", COOKIE)
        options = option(53, bytes((kind,))) + option(54, self._server)
        if gives:
            options += (option(1, b"\xff\xff\xff\0") + option(3, self._server)
                        + option(51, struct.pack("!I", self._lease)))
        # Who renews has an address that answers can go to.
        to = sender[0] if sender[0] != "0.0.0.0" and gives else "255.255.255.255"
        self._socket.sendto(header + options + b"\xff", (to, 68))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("interface")
    parser.add_argument("server")
    parser.add_argument("address")
    parser.add_argument("--nak", type=int, default=0)
    parser.add_argument("--lease", type=int, default=3600)
    Responder(parser.parse_args()).run()


if __name__ == "__main__":
    main()
