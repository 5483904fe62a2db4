"""An engine as far as its protocol goes: what tests of any application drive it with.

`Client` is one connection; `Engine` is the four that CometBFT opens, in its order. It decides
nothing by itself and is no consensus: a test says which calls it makes.
"""

import contextlib
import socket

from muniment.abci import messages
from muniment.abci.framing import FrameReader, framed
from muniment.abci.messages import Request, Response

REQUESTS = {name: getattr(messages, one.message_type.name) for name, one in
            Request.DESCRIPTOR.fields_by_name.items()}


class EngineStopped(Exception):
    """What would have stopped CometBFT: an exception, an unexpected answer, a closed connection."""


class Client:
    """One connection, that holds the application to the order of its answers."""

    def __init__(self, address, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(address.removeprefix("unix://"))
        self._reader = FrameReader(self.socket.recv)
        self._awaited = []

    def send(self, name, request=None, **fields):
        """Send a request without waiting for its answer."""
        request = request if request is not None else REQUESTS[name](**fields)
        self._awaited.append(name)
        with contextlib.suppress(ConnectionError):  # `receive` tells of a connection that ended
            self.socket.sendall(framed(Request(**{name: request}).SerializeToString()))

    def receive(self):
        """Return the next answer, which must be that of the oldest request without one."""
        expected = self._awaited.pop(0)
        while (frame := self._reader.take()) is None:
            try:
                more = self._reader.fill()
            except ConnectionError as error:
                raise EngineStopped(str(error)) from None
            if not more:
                raise EngineStopped(f"closed while waiting for {expected}")
        response = Response.FromString(frame)
        name = response.WhichOneof("value")
        if name == "exception":
            raise EngineStopped(response.exception.error)
        if name != expected:
            raise EngineStopped(f"{name} in answer to {expected}")
        return getattr(response, name)

    def call(self, name, request=None, **fields):
        """Send a request and a flush, and return the answer, as CometBFT does."""
        self.send(name, request, **fields)
        self.send("flush")
        while len(self._awaited) > 2:
            self.receive()
        answer = self.receive()
        self.receive()
        return answer

    def close(self):
        self.socket.close()


class Engine:
    """The four connections of an engine."""

    def __init__(self, address):
        self.query, self.snapshot, self.mempool, self.consensus = (
            Client(address) for _ in range(4))

    def info(self):
        return self.query.call("info", version="0.38.25", abci_version="2.0.0", block_version=11,
                               p2p_version=8)

    def close(self):
        for client in (self.query, self.snapshot, self.mempool, self.consensus):
            client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
