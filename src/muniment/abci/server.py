"""Serves an application to an engine over a unix socket.

- One thread a connection; an engine opens four. Each connection gets its answers in the order of
  its requests, sent at the latest when it asks for a flush, or has nothing more to read.
- Calls that belong to consensus run one at a time, also when an engine that died is followed by
  another before its last call has ended.
- An exception of the application is answered as one and ends that connection, which stops the
  engine. The server stays, and serves the engine that is started next.
- Nothing that a connection sends ends the server.

There is no TCP: who can write to the socket can drive the application, and files have permissions.
"""

import contextlib
import logging
import socket
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from google.protobuf.message import DecodeError

from muniment.abci.address import socket_path
from muniment.abci.application import Application
from muniment.abci.framing import FRAME_BYTES_MAX, FrameReader, FramingError, varint
from muniment.abci.messages import Request, Response, ResponseEcho, ResponseException
from muniment.abci.wire import Message

ABCI_VERSION = "2.0.0"
CONNECTIONS_MAX = 64
CONSENSUS = frozenset({
    "init_chain", "prepare_proposal", "process_proposal", "extend_vote", "verify_vote_extension",
    "finalize_block", "commit", "offer_snapshot", "apply_snapshot_chunk",
})
"""The calls that may change state, or must not run while it changes."""
_UNSENT_BYTES_MAX = 64 * 1024
_ERROR_TEXT_MAX = 1_000
_LINGER_SECONDS = 1.0
"""How long is read on after the last answer of a connection that ends."""
_TAGS = {name: varint(one.number << 3 | 2) for name, one in
         Response.DESCRIPTOR.fields_by_name.items()}
_CLASSES = {name: type(getattr(Response(), name)) for name in _TAGS}

log = logging.getLogger(__name__)


class Server:
    """Serves one application at one address, until it is stopped.

    Args:
        application: What answers.
        address: `unix:///path`; a socket that nobody listens to any more is replaced.
        frame_bytes_max: The longest request taken.
    """

    def __init__(
        self, application: Application, address: str, *, frame_bytes_max: int = FRAME_BYTES_MAX
    ) -> None:
        self.application = application
        self.path = socket_path(address)
        self.frame_bytes_max = frame_bytes_max
        self._consensus = threading.Lock()
        self._guard = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._stopping = threading.Event()
        self._finish = threading.Event()

    def start(self) -> None:
        """Listen, and return.

        Raises:
            OSError: The address is in use, or cannot be made.
        """
        _remove_stale(self.path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(self.path))
            self.path.chmod(stat.S_IRUSR | stat.S_IWUSR)
            listener.listen(CONNECTIONS_MAX)
        except OSError:
            listener.close()
            raise
        self._listener = listener
        self._acceptor = threading.Thread(
            target=self._accept, args=(listener,), name="abci-accept", daemon=True)
        self._acceptor.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Stop listening, let each call that runs end and be answered, and close.

        Args:
            timeout: Seconds to wait for all of them; what still runs then is left behind.
        """
        if self._listener is None or self._stopping.is_set():
            return
        self._stopping.set()
        self._finish.set()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as waker:
            waker.connect(str(self.path))
        if self._acceptor is not None:
            self._acceptor.join(timeout)
        with self._guard:
            running = list(self._connections.items())
        _end(running, socket.SHUT_RD, timeout)
        _end(running, socket.SHUT_RDWR, 1.0)
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def wait(self) -> None:
        """Wait until `finish` is called."""
        self._finish.wait()

    def finish(self) -> None:
        """End `wait`; a signal handler may call it."""
        self._finish.set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        """Give each connection a thread."""
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError as error:
                log.warning("cannot accept a connection: %s", error)
                self._stopping.wait(0.1)
                continue
            with self._guard:
                full = len(self._connections) >= CONNECTIONS_MAX
                if full or self._stopping.is_set():
                    connection.close()
                    continue
                thread = threading.Thread(
                    target=self._serve, args=(connection,), name="abci", daemon=True)
                self._connections[connection] = thread
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        """Serve one connection to its end."""
        try:
            _Connection(connection, self._answer, self.frame_bytes_max).run()
        finally:
            with self._guard:
                self._connections.pop(connection, None)
            connection.close()

    def _answer(self, name: str, request: Any) -> Any:
        """Call the application."""
        call: Callable[[Any], Any] = getattr(self.application, name)
        if name not in CONSENSUS:
            return call(request)
        with self._consensus:
            return call(request)


class _Connection:
    """Reads the requests of one connection and sends their answers in order."""

    def __init__(
        self, connection: socket.socket, answer: Callable[[str, Any], Any], limit: int
    ) -> None:
        self._socket = connection
        self._answer = answer
        self._reader = FrameReader(connection.recv, limit)
        self._unsent = bytearray()

    def run(self) -> None:
        """Answer until the other side closes or something fails."""
        try:
            while (frame := self._next()) is not None and self._handle(frame):
                pass
        except FramingError as error:
            log.warning("a stream is malformed: %s", error)
            self._fail(str(error))
        except OSError as error:
            log.info("a connection was lost: %s", error)

    def _next(self) -> bytes | None:
        """Return the next request; what was answered is sent before waiting for it."""
        while (frame := self._reader.take()) is None:
            self._send()
            if not self._reader.fill():
                return None
        return frame

    def _handle(self, frame: bytes) -> bool:
        """Answer a request; False if the connection must end."""
        try:
            request = Request.FromString(frame)
        except DecodeError as error:
            log.warning("a request is malformed: %s", error)
            return self._fail(f"the request is malformed: {error}")
        name = request.WhichOneof("value")
        if name is None:
            return self._fail(f"the request is of no kind known to ABCI {ABCI_VERSION}")
        try:
            payload = self._call(name, getattr(request, name))
        except Exception as error:
            log.exception("the application failed in %s; the engine stops", name)
            return self._fail(f"{name} failed: {type(error).__name__}: {error}")
        self._put(name, payload)
        if name == "flush" or len(self._unsent) > _UNSENT_BYTES_MAX:
            self._send()
        return True

    def _call(self, name: str, request: Any) -> bytes:
        """Return the response to a request, serialised."""
        if name == "flush":
            return b""
        if name == "echo":
            return bytes(ResponseEcho(message=request.message).SerializeToString())
        response: Message = self._answer(name, request)
        if not isinstance(response, _CLASSES[name]):
            raise TypeError(f"a {type(response).__name__} is no answer to {name}")
        return bytes(response.SerializeToString())

    def _put(self, name: str, payload: bytes) -> None:
        """Frame an answer as the one field of a `Response`, without copying it into one."""
        head = _TAGS[name] + varint(len(payload))
        self._unsent += varint(len(head) + len(payload)) + head + payload

    def _send(self) -> None:
        if self._unsent:
            self._socket.sendall(self._unsent)
            self._unsent.clear()

    def _fail(self, text: str) -> bool:
        """Say why the connection ends; the engine writes it to its log."""
        with contextlib.suppress(OSError):
            exception = ResponseException(error=text[:_ERROR_TEXT_MAX])
            self._put("exception", exception.SerializeToString())
            self._send()
            self._linger()
        return False

    def _linger(self) -> None:
        """Read on for a moment: an engine that still writes shall find the reason, not the end."""
        self._socket.shutdown(socket.SHUT_WR)
        until = time.monotonic() + _LINGER_SECONDS
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(left)
            if not self._socket.recv(_UNSENT_BYTES_MAX):
                return


def _end(
    running: list[tuple[socket.socket, threading.Thread]], how: int, timeout: float
) -> None:
    """Shut connections down and wait for their threads, `timeout` seconds in all."""
    until = time.monotonic() + timeout
    for connection, _ in running:
        with contextlib.suppress(OSError):
            connection.shutdown(how)
    for _, thread in running:
        thread.join(max(0.0, until - time.monotonic()))


def _remove_stale(path: Path) -> None:
    """Remove a socket that its server left behind.

    Raises:
        OSError: Somebody listens there, or it is no socket.
    """
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(f"not a socket: {path}")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise FileExistsError(f"a server listens at {path}")
