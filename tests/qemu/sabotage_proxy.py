#!/usr/bin/env python3
"""sabotage_proxy LISTEN:PORT SERVER:PORT: passes NBD on to a server, except where it is told not to.

Orders come by standard input, one a line; a sabotage is ACTION@PHASE.
    plan SABOTAGE...   what the next connections get, one each; "pass" is none
    now SABOTAGE       what the newest connection gets
    read-on            ends every pause
Phases: accept, greeting, flags, go, go-reply (in its middle), handshake (it is over), reply (before
one), in-reply, in-request (in the middle of its data), once (now).
Actions: reset (once: always); silence (nothing comes any more); garbage (sent instead of what
comes next); pause (at once or in-request: nothing more is read from the client until read-on);
size-1, size+1 (blocks, in the reply to GO); unknown-cookie, larger (of a reply).
Events go to standard output, one line of JSON each: {"connection":2,"event":"accepted"}, then
"handshake", "sabotage" and "read-on" as it comes to that, then "ended".
"""

import asyncio
import json
import socket
import struct
import sys

OPTION_GO, REPLY_ACK, REPLY_INFO, INFO_EXPORT = 7, 1, 3, 0
READ, WRITE = 0, 1
EIO = 5
GREETING = 18
BLOCK = 512
GARBAGE = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" * 8
# So small that a client's window soon closes when it is not read.
RECEIVE_BUFFER = 4096


class Reset(Exception):
    """The connection is to end by a reset."""


class Ended(Exception):
    """One side closed it."""


class Connection:
    def __init__(self, number, client, server, sabotage):
        self._number = number
        self._client = client
        self._server = server
        self._sabotage = sabotage  # (action, phase) or None
        self._loop = asyncio.get_running_loop()
        self._asked = {}  # cookie: bytes of the read that it stands for
        self._task = None
        self._reading = asyncio.Event()
        self._reading.set()

    async def run(self):
        self._task = asyncio.current_task()
        why = "closed"
        try:
            await self._handshake()
            await self._transmission()
        except (Ended, OSError) as end:
            why = f"{type(end).__name__} {end}".strip()
        except (Reset, asyncio.CancelledError):
            why = "reset"
            for side in (self._client, self._server):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._client.close()
        self._server.close()
        self._tell("ended", why=why)

    def read_on(self):
        if not self._reading.is_set():
            self._tell("read-on")
        self._reading.set()

    def sabotage(self, sabotage):
        """From now on; what applies at once is done."""
        self._sabotage = sabotage
        action, phase = sabotage
        if phase == "once" and action == "pause":
            self._reading.clear()
        elif phase == "once":
            self._task.cancel()  # a reset
        if phase == "once":
            self._tell("sabotage", what="@".join(sabotage))

    def _tell(self, event, **values):
        print(json.dumps({"connection": self._number, "event": event, **values}), flush=True)

    def _takes(self, phase, *actions):
        """Whether this is the moment for one of these actions; each comes true once."""
        if not self._sabotage or self._sabotage[1] != phase or self._sabotage[0] not in actions:
            return None
        action = self._sabotage[0]
        self._sabotage = None
        self._tell("sabotage", what=f"{action}@{phase}")
        return action

    async def _reached(self, phase):
        action = self._takes(phase, "reset", "silence", "garbage")
        if action == "reset":
            raise Reset
        if action == "garbage":
            await self._send(self._client, GARBAGE)
        if action:
            await asyncio.Event().wait()  # for ever

    async def _receive(self, side, size):
        data = b""
        while len(data) < size:
            more = await self._loop.sock_recv(side, min(size - len(data), 1 << 18))
            if not more:
                raise Ended("by the client" if side is self._client else "by the server")
            data += more
        return data

    async def _send(self, side, data):
        await self._loop.sock_sendall(side, data)

    # The handshake: the sides take turns.

    async def _handshake(self):
        await self._reached("accept")
        await self._send(self._client, await self._receive(self._server, GREETING))
        await self._reached("greeting")
        await self._send(self._server, await self._receive(self._client, 4))
        await self._reached("flags")
        while await self._option() != (OPTION_GO, REPLY_ACK):
            pass
        self._tell("handshake")
        await self._reached("handshake")

    async def _option(self):
        """Passes an option and its replies; returns it and what the last reply says."""
        head = await self._receive(self._client, 16)
        _, option, length = struct.unpack(">QII", head)
        await self._send(self._server, head + await self._receive(self._client, length))
        if option == OPTION_GO:
            await self._reached("go")
        kind = REPLY_INFO
        while kind == REPLY_INFO:
            head = await self._receive(self._server, 20)
            _, _, kind, length = struct.unpack(">QIII", head)
            data = self._lie(kind, await self._receive(self._server, length))
            await self._send(self._client, head + data[:length // 2])
            if option == OPTION_GO:
                await self._reached("go-reply")
            await self._send(self._client, data[length // 2:])
        return option, kind

    def _lie(self, kind, data):
        """The size of the export, changed if that is the sabotage."""
        if kind != REPLY_INFO or struct.unpack(">H", data[:2])[0] != INFO_EXPORT:
            return data
        action = self._takes("go-reply", "size-1", "size+1")
        size, = struct.unpack(">Q", data[2:10])
        size += {None: 0, "size-1": -BLOCK, "size+1": BLOCK}[action]
        return data[:2] + struct.pack(">Q", size) + data[10:]

    # The transmission: both directions at once.

    async def _transmission(self):
        sides = [asyncio.create_task(self._requests()), asyncio.create_task(self._replies())]
        try:
            done, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for side in sides:
                side.cancel()
            await asyncio.gather(*sides, return_exceptions=True)
        for side in done:
            side.result()

    async def _requests(self):
        while True:
            await self._reading.wait()
            head = await self._receive(self._client, 28)
            _, _, kind, cookie, _, length = struct.unpack(">IHHQQI", head)
            if kind == READ:
                self._asked[cookie] = length
            await self._send(self._server, head)
            if kind == WRITE:
                await self._payload(self._client, self._server, length, "in-request")

    async def _replies(self):
        while True:
            head = await self._receive(self._server, 16)
            await self._reached("reply")
            _, error, cookie = struct.unpack(">IIQ", head)
            length = self._asked.pop(cookie, 0) if error == 0 else 0
            if self._takes("reply", "unknown-cookie"):
                await self._send(self._client,
                                 struct.pack(">IIQ", 0x67446698, EIO, 0xBADBADBADBADBAD))
            await self._send(self._client, head)
            if length:
                await self._payload(self._server, self._client, length, "in-reply")
            if length and self._takes("reply", "larger"):
                await self._send(self._client, bytes(BLOCK))

    async def _payload(self, source, sink, length, phase):
        """Sabotage comes in the middle."""
        half = length // 2
        await self._send(sink, await self._receive(source, half))
        await self._reached(phase)
        if self._takes(phase, "pause"):
            self._reading.clear()
        if source is self._client:
            await self._reading.wait()
        await self._send(sink, await self._receive(source, length - half))


class Proxy:
    def __init__(self, listen, server):
        self._address = listen
        self._server = server
        self._plan = []
        self._connections = []

    async def run(self):
        """Until there is nobody to give orders."""
        listening = asyncio.create_task(self._listen_for_clients())
        await asyncio.wait({listening, asyncio.create_task(self._obey())},
                           return_when=asyncio.FIRST_COMPLETED)

    async def _listen_for_clients(self):
        loop = asyncio.get_running_loop()
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            listener.bind(self._address)
            listener.listen()
            listener.setblocking(False)
            print(json.dumps({"event": "listening"}), flush=True)
            tasks = set()  # the loop itself would forget them
            while True:
                client, _ = await loop.sock_accept(listener)
                tasks.add(asyncio.create_task(self._serve(client)))

    async def _serve(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sabotage = self._plan.pop(0) if self._plan else None
        number = len(self._connections) + 1
        print(json.dumps({"connection": number, "event": "accepted"}), flush=True)
        server = socket.socket()
        server.setblocking(False)
        connection = Connection(number, client, server, sabotage)
        self._connections.append(connection)
        try:
            await asyncio.get_running_loop().sock_connect(server, self._server)
        except OSError:
            pass  # what it does next fails, and says so
        await connection.run()

    async def _obey(self):
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            order, *words = line.decode().split()
            if order == "plan":
                self._plan += [None if word == "pass" else tuple(word.split("@"))
                               for word in words]
            elif order == "now":
                self._connections[-1].sabotage(tuple(words[0].split("@")))
            elif order == "read-on":
                for connection in self._connections:
                    connection.read_on()


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


if __name__ == "__main__":
    asyncio.run(Proxy(address(sys.argv[1]), address(sys.argv[2])).run())
