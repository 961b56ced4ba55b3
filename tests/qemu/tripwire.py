"""A port in front of a server that notices how far a client has come, by bytes it was sent."""

import selectors
import socket
import threading

CHUNK_BYTES = 1 << 16


class Tripwire:
    """Use as context manager. Passes everything on, until a connection has been sent so many bytes:
    then `tripped` becomes readable, once, and nothing more comes through that connection. Those
    that follow it are passed on."""

    def __init__(self, server_port, trip_bytes):
        self._server_port = server_port
        self._left_bytes = trip_bytes
        self._has_tripped = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.tripped, self._signal = socket.socketpair()

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # Closing alone would not end an accept() that waits.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.tripped.close()
        self._signal.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=[client], daemon=True).start()

    def _pass_on(self, client):
        """One connection, until either side ends it."""
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                return
            with server, selectors.DefaultSelector() as selector:
                selector.register(server, selectors.EVENT_READ, client)
                selector.register(client, selectors.EVENT_READ, server)
                while self._turn(selector, server):
                    pass

    def _turn(self, selector, server):
        for key, _ in selector.select():
            try:
                data = key.fileobj.recv(CHUNK_BYTES)
                if not data:
                    return False
                if key.fileobj is server and not self._has_tripped:
                    data = self._count(data)
                    key.data.sendall(data)
                    if self._has_tripped:
                        selector.unregister(server)
                        return self._wait_for_end(server)
                else:
                    key.data.sendall(data)
            except OSError:
                return False
        return True

    def _count(self, data):
        """The part of the data that is passed on."""
        if len(data) < self._left_bytes:
            self._left_bytes -= len(data)
            return data
        self._has_tripped = True
        self._signal.send(b"!")
        return data[:self._left_bytes]

    @staticmethod
    def _wait_for_end(server):
        while server.recv(CHUNK_BYTES):
            pass
        return False
