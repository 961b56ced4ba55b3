"""Files of an overlay, made by the words of docs/overlay-format.md alone."""
import struct

BLOCK = 4096
BASE, DATA, ZERO = range(3)
RECORD_DATA, RECORD_ZERO, RECORD_BARRIER, RECORD_BROKEN, RECORD_CLOSED = 1, 2, 3, 4, 5
SNAPSHOT_CODE = {DATA: 0, ZERO: 1}


def make_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = make_table()


def crc32c(data, before=0):
    value = before ^ 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def this_boot():
    with open("/proc/sys/kernel/random/boot_id") as file:
        return bytes.fromhex(file.read().strip().replace("-", ""))


def leb128(number):
    out = bytearray()
    while True:
        digit, number = number & 0x7F, number >> 7
        out.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(out)


def snapshot(runs):
    """RUNS: (first block, how many, DATA or ZERO), in order."""
    out, end = b"", 0
    for first, count, state in runs:
        out += leb128(first - end) + leb128(2 * count + SNAPSHOT_CODE[state])
        end = first + count
    return out


def header(image_bytes, image_id, export, machine, runs, boot):
    texts = [text.encode() for text in (image_id, export, machine)]
    body = snapshot(runs)
    length = 92 + sum(map(len, texts)) + 4
    raw = b"nbdroot overlay\n" + struct.pack(">IIII", 1, length, BLOCK, 0)
    raw += struct.pack(">QQ", image_bytes, 1795435200) + boot
    raw += struct.pack(">QQI", 0, len(body), crc32c(body))
    raw += struct.pack(">HHHH", *map(len, texts), 0) + b"".join(texts)
    crc = crc32c(raw)
    raw += struct.pack(">I", crc) + body
    return raw + bytes(-len(raw) % 16), crc


def record(kind, number, count, before):
    raw = struct.pack(">QI", number, kind << 24 | count)
    crc = crc32c(raw, before)
    return raw + struct.pack(">I", crc), crc


def make(stem, image_bytes, image_id, *, runs=(), log=(), data=None, boot=None, export="e",
         machine="m"):
    """DATA: what lies in which block. LOG: (kind, number, count)."""
    raw, crc = header(image_bytes, image_id, export, machine, runs, boot or this_boot())
    for kind, number, count in log:
        one, crc = record(kind, number, count, crc)
        raw += one
    with open(stem + ".map", "wb") as file:
        file.write(raw)
    with open(stem + ".data", "wb") as file:
        file.truncate(image_bytes)
        for block, contents in (data or {}).items():
            file.seek(block * BLOCK)
            file.write(contents)
