"""Nodes without an engine: an RPC whose questions are answered by an application in this process."""

import base64

from muniment.abci.messages import RequestQuery
from muniment.proof.errors import Busy


class DirectRpc:
    """Answers `abci_query` from an application; `spoil(path, value)` may change what it says."""

    def __init__(self, application, spoil=lambda path, value: value):
        self.application, self.spoil = application, spoil
        self.asked = []

    def call(self, method, **parameters):
        if method != "abci_query":
            raise Busy("not-here", f"this node has no engine to ask for {method}")
        self.asked.append(parameters["path"])
        answer = self.application.query(RequestQuery(
            path=parameters["path"], data=bytes.fromhex(parameters["data"]),
            height=parameters["height"]))
        value = answer.value if answer.code else self.spoil(parameters["path"], answer.value)
        return {"response": {"code": answer.code, "log": answer.log,
                             "value": base64.b64encode(value).decode(), "height": answer.height}}

    def close(self):
        pass
