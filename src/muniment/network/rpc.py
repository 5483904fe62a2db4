"""Calls of CometBFT's RPC over HTTP (spec/rpc of CometBFT v0.38): JSON-RPC 2.0, kept alive.

One connection a thread. What a node answers is checked by whoever asked; here only that it is an
answer at all.
"""

import base64
import http.client
import json
import threading
from collections.abc import Mapping
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from muniment.proof.errors import Busy, Malformed, Refused

TIMEOUT_SECONDS = 10.0
ANSWER_BYTES_MAX = 64 * 1024 * 1024


class Rpc:
    """A node's RPC.

    Args:
        url: `http://host:port`, or `https://...`.
        timeout: How long one answer may take, in seconds.

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
        """
        body = json.dumps({
            "id": next(self._numbers), "jsonrpc": "2.0", "method": method,
            "params": {name: _plain(value) for name, value in parameters.items()
                       if value is not None},
        }).encode("ascii")
        answer = self._answer(body)
        if not isinstance(answer, Mapping):
            raise self._unreachable("it answers no JSON-RPC")
        if answer.get("error"):
            error = answer["error"]
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
        except ValueError:
            raise self._unreachable("it answers no JSON") from None
        try:  # a connection that was kept alive may have been closed by the other side
            return self._post(body)
        except (http.client.HTTPException, OSError, ValueError) as error:
            self.close()
            raise self._unreachable(str(error) or type(error).__name__) from None

    def _post(self, body: bytes) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            kind = (http.client.HTTPSConnection if self._parts.scheme == "https"
                    else http.client.HTTPConnection)
            connection = kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout)
            self._local.connection = connection
        connection.request("POST", self._parts.path or "/", body,
                           {"Content-Type": "application/json"})
        data = connection.getresponse().read(ANSWER_BYTES_MAX + 1)
        if len(data) > ANSWER_BYTES_MAX:
            raise ValueError("the answer is too long")
        return json.loads(data)

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _unreachable(self, why: str) -> Busy:
        return Busy("node-unreachable", f"The node at {self.url} does not answer: {why}.",
                    remedy="Check that it runs: muniment network status")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
