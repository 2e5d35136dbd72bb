"""Addresses of their own before servers, which lead there, or nowhere."""

import selectors
import socket
import threading

PIECE_BYTES = 1 << 16


class Doorway:
    """A port of a loopback address that leads to `node`, until it is closed: then whoever came in by it is cut off, and
    connects are refused."""

    def __init__(self, ip, port, node):
        self._node = node
        self._listener = socket.create_server((ip, port))
        self.ip, self.port = self._listener.getsockname()
        self._other = {}  # socket -> the one that gets what it receives
        self._selector = selectors.DefaultSelector()
        self._bell, self._rope = socket.socketpair()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def open_connections(self):
        return len(self._other) // 2

    def close(self):
        if self._thread.is_alive():
            self._rope.send(b".")
            self._thread.join()

    def _serve(self):
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._bell:
                    return self._end()
                if key.fileobj is self._listener:
                    self._let_in()
                else:
                    self._pass_on(key.fileobj)

    def _let_in(self):
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection((self._node.host, self._node.port))
        except OSError:
            return client.close()
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._other[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, source):
        if source not in self._other:
            return  # closed by an event before this one
        try:
            piece = source.recv(PIECE_BYTES)
            self._other[source].sendall(piece)
        except OSError:
            piece = b""
        if not piece:
            self._cut(source)

    def _cut(self, source):
        for end in (source, self._other[source]):
            del self._other[end]
            self._selector.unregister(end)
            end.close()

    def _end(self):
        while self._other:
            self._cut(next(iter(self._other)))
        self._selector.close()
        for end in (self._listener, self._bell, self._rope):
            end.close()


class BlackHole:
    """A port of a loopback address at which connects have no answer: its queue is full."""

    def __init__(self, ip):
        self._sockets = [socket.socket() for _ in range(5)]
        listener, *fillers = self._sockets
        listener.bind((ip, 0))
        listener.listen(0)
        self.ip, self.port = listener.getsockname()
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex((self.ip, self.port))

    def close(self):
        for each in self._sockets:
            each.close()
