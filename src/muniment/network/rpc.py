"""Calls of CometBFT's RPC over HTTP (spec/rpc of CometBFT v0.38): JSON-RPC 2.0, kept alive.

One connection a thread. What a node answers is checked by whoever asked; here only that it is an
answer at all, of a bounded length and within a bounded time.
"""

import base64
import http
import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from muniment.proof.errors import Busy, Malformed, Refused, VerificationError

TIMEOUT_SECONDS = 10.0
WHOLE = 6
"""A whole answer may take so many times as long as one byte of it: it may be a long one."""
ANSWER_BYTES_MAX = 64 * 1024 * 1024


class Rpc:
    """A node's RPC.

    Args:
        url: `http://host:port`, or `https://...`.
        timeout: How long to wait for more of an answer, in seconds; all of it may take `WHOLE`
            times as long.

    Raises:
        Malformed: The URL is none.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Malformed("node-url-malformed", f"{url!r} is no address of a node.",
                            remedy="Write http://HOST:PORT of its RPC.")
        self.url = url
        self._parts = parts
        self._timeout = timeout
        self._numbers = count(1)
        self._local = threading.local()

    def call(self, method: str, **parameters: Any) -> Any:
        """Return the result of a call, e.g. `commit` with `height`; bytes go as base64.

        Raises:
            Busy: The node cannot be reached, or did not answer in time.
            Refused: It answered with an error.
            VerificationError: It answers no JSON-RPC.
        """
        body = json.dumps({
            "id": next(self._numbers), "jsonrpc": "2.0", "method": method,
            "params": {name: _plain(value) for name, value in parameters.items()
                       if value is not None},
        }).encode("ascii")
        answer = self._answer(body)
        if not isinstance(answer, Mapping):
            raise not_believed("it answers no JSON-RPC")
        error = answer.get("error")
        if error:
            if not isinstance(error, Mapping):
                raise not_believed("its error is none of JSON-RPC")
            raise Refused("node-refused", f"{method}: {error.get('message')}: {error.get('data')}",
                          remedy="See the node's log.")
        return answer.get("result")

    def _answer(self, body: bytes) -> Any:
        fresh = getattr(self._local, "connection", None) is None
        try:
            return self._post(body)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            if fresh or isinstance(error, TimeoutError):
                raise self._unreachable(str(error) or type(error).__name__) from None
        try:  # a connection that was kept alive may have been closed by the other side
            return self._post(body)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise self._unreachable(str(error) or type(error).__name__) from None

    def _post(self, body: bytes) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            kind = (http.client.HTTPSConnection if self._parts.scheme == "https"
                    else http.client.HTTPConnection)
            connection = kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout)
            self._local.connection = connection
        end = time.monotonic() + WHOLE * self._timeout
        connection.response_class = partial(_Answer, end, self._timeout)
        if connection.sock is not None:
            connection.sock.settimeout(self._timeout)
        connection.request("POST", self._parts.path or "/", body,
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read(ANSWER_BYTES_MAX + 1)
        try:
            if len(data) > ANSWER_BYTES_MAX:
                raise not_believed("its answer is too long")
            return json.loads(data)
        except (ValueError, RecursionError):
            if answer.status >= http.HTTPStatus.BAD_GATEWAY:  # of a proxy before the node
                raise http.client.HTTPException(f"HTTP {answer.status}") from None
            raise not_believed("it answers no JSON") from None
        finally:
            if not answer.isclosed():
                self.close()

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _unreachable(self, why: str) -> Busy:
        return Busy("node-unreachable", f"The node at {self.url} does not answer: {why}.",
                    remedy="Check that it runs: muniment network status")


class _Answer(http.client.HTTPResponse):
    """An answer that is read until a time and no longer."""

    def __init__(self, end: float, timeout: float, sock: socket.socket, **options: Any) -> None:
        super().__init__(sock, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock, end, timeout))


class _Timed(io.RawIOBase):
    """The bytes of a socket until a time: a peer that drips bytes is not waited for."""

    def __init__(self, sock: socket.socket, end: float, timeout: float) -> None:
        super().__init__()
        self._sock, self._end, self._timeout = sock, end, timeout
        self._bytes = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("its answer takes too long")
        if self._sock.fileno() >= 0:  # else the connection is let go of already, and ends with this
            self._sock.settimeout(min(left, self._timeout))
        return self._bytes.readinto(buffer) or 0

    def close(self) -> None:
        self._bytes.close()
        super().close()


def not_believed(why: str) -> VerificationError:
    """Return the error for an answer that proves its node wrong, or is none."""
    return VerificationError("node-not-believed", f"The node is not to be believed: {why}.",
                             basis="docs/rfc/0003-the-network.md", remedy="Ask another node.")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
