"""A service connection in raw NBD: requests and answers as docs/service.md has them."""
import json
import struct

from raw_nbd import Client, READ, WRITE

MAGIC = b"nbdroot service\n"
IDLE, WORKING, DONE, REFUSED, FAILED = range(5)
PREFIX = "nbdroot-service:1:"


class ServiceClient(Client):
    def __init__(self, port, subject="", **more):
        super().__init__(port, PREFIX + subject, **more)

    def header(self):
        raw = self.read(0, 32)
        assert raw[:16] == MAGIC, raw
        version, status, length, number = struct.unpack(">IIII", raw[16:])
        assert version == 1
        return status, length, number

    def answer(self):
        """The status and what it says, once it is no longer being worked on."""
        while True:
            status, length, number = self.header()
            if status != WORKING:
                return status, json.loads(self.read(32, length)) if length else None

    def order(self, document):
        raw = document if isinstance(document, bytes) else json.dumps(document).encode()
        assert self.write(0, raw) == 0
        return self.answer()

    def words(self, *words):
        return self.order({"words": list(words)})

    def hashes(self, algorithm, offset, length, block):
        return self.order({"hash": algorithm, "offset": offset, "length": length, "block": block})


__all__ = ["DONE", "FAILED", "IDLE", "MAGIC", "PREFIX", "READ", "REFUSED", "ServiceClient",
           "WORKING", "WRITE"]
