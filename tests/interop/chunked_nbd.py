"""A raw client that has agreed on structured replies, and the sparse images that it reads."""
import random
import struct

from raw_nbd import READ, Client, image

STRUCTURED, LIST_CONTEXT, SET_CONTEXT, EXTENDED = 8, 9, 10, 11
BLOCK_STATUS, DF, REQ_ONE = 7, 1 << 2, 1 << 3
SEND_DF = 1 << 7
NONE, DATA, HOLE, STATUS, ERROR, ERROR_OFFSET = 0, 1, 2, 5, 0x8001, 0x8002
DONE = 1
CHUNK = struct.Struct(">IHHQI")
ALLOCATION = "base:allocation"


def sparse(name, size, extents, seed=1):
    """A file of holes but for EXTENTS, (offset, length), of random bytes."""
    image(name, size)
    source = random.Random(seed)
    with open(name, "r+b") as file:
        for offset, length in extents:
            file.seek(offset)
            file.write(source.randbytes(length))
    return name


def context_query(name, queries):
    def string(text):
        raw = text.encode()
        return struct.pack(">I", len(raw)) + raw
    return string(name) + struct.pack(">I", len(queries)) + b"".join(map(string, queries))


class Chunked(Client):
    """A client that agrees on structured replies, and checks each chunk that it gets."""

    def __init__(self, port, name="", contexts=(ALLOCATION,), go=True):
        super().__init__(port, handshake=False)
        self.greet()
        self.option(STRUCTURED, b"")
        assert self.option_reply() == (1, b"")
        if contexts:
            assert self.ask_contexts(SET_CONTEXT, name, *contexts)
        if go:
            self.size, self.flags = self.go(name)

    def ask_contexts(self, option, name, *queries):
        """The contexts that the server names: [number, name]."""
        self.option(option, context_query(name, queries))
        found = []
        while True:
            kind, data = self.option_reply()
            if kind != 4:
                assert (kind, data) == (1, b""), (kind, data)
                return found
            found.append((struct.unpack(">I", data[:4])[0], data[4:].decode()))

    def refusal(self, option, data):
        """Error number and words of an option that must be refused."""
        self.option(option, data)
        kind, text = self.option_reply()
        assert kind >> 31, kind
        return kind & 0xFF, text.decode()

    def chunk(self):
        magic, flags, kind, cookie, length = CHUNK.unpack(self.take(CHUNK.size))
        assert magic == 0x668E33EF and cookie == 7, (hex(magic), cookie)
        assert flags in (0, DONE), flags
        return flags, kind, self.take(length)

    def answer(self, command, offset, length, flags=0):
        """All chunks of the reply, (kind, payload); the last of them, and no other, said so."""
        self.send(command, offset, length, flags)
        found = []
        done = False
        while not done:
            done, kind, payload = self.chunk()
            found.append((kind, payload))
        return found

    def contents(self, offset, length, flags=0):
        """What READ says, put together; and the chunks' kinds. Whatever fails is no answer."""
        data, missing, kinds = bytearray(length), {offset: length}, []
        for kind, payload in self.answer(READ, offset, length, flags):
            kinds.append(kind)
            begin, = struct.unpack(">Q", payload[:8])
            if kind == HOLE:
                size, = struct.unpack(">I", payload[8:])
            else:
                assert kind == DATA, kind
                size = len(payload) - 8
                data[begin - offset:begin - offset + size] = payload[8:]
            assert size > 0 and missing.get(begin, 0) >= size, (begin, size, missing)
            rest = missing.pop(begin) - size
            if rest:
                missing[begin + size] = rest
        assert not missing, missing
        return bytes(data), kinds

    def failure(self, command, offset, length, flags=0):
        """The error that is the whole answer, and its words."""
        (kind, payload), = self.answer(command, offset, length, flags)
        assert kind == ERROR, kind
        return error_of(payload)

    def status(self, offset, length, flags=0):
        """Length and flags of each extent."""
        (kind, payload), = self.answer(BLOCK_STATUS, offset, length, flags)
        assert kind == STATUS and payload[:4] == struct.pack(">I", 1), (kind, payload[:4])
        extents = [struct.unpack_from(">II", payload, i) for i in range(4, len(payload), 8)]
        assert extents and all(size > 0 for size, _ in extents), extents
        assert sum(size for size, _ in extents) <= length, extents
        assert all(a[1] != b[1] for a, b in zip(extents, extents[1:])), extents
        assert all(bits in (0, 3) for _, bits in extents), extents
        return extents


def error_of(payload):
    error, size = struct.unpack(">IH", payload[:6])
    assert error != 0 and len(payload) in (6 + size, 14 + size) and size <= 4096
    return error, payload[6:6 + size].decode()
