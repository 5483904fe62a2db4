"""Nodes without an engine: an RPC whose questions are answered by an application in this process."""

import base64

from muniment.abci.messages import RequestCommit, RequestFinalizeBlock, RequestQuery
from muniment.abci.values import Timestamp
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


class SimulatedNode(DirectRpc):
    """A node whose blocks are decided by validators whose keys are known, and by no engine.

    Args:
        application: The application, after InitChain.
        chain: The chain; None for a node that nobody but itself answers for.
    """

    def __init__(self, application, chain, genesis, spoil=lambda path, value: value):
        super().__init__(application, spoil)
        self.chain, self.genesis, self.url = chain, genesis, "http://simulated"
        self.app_hash, self.takes, self.sent = genesis.app_hash, True, []

    def decide(self, *txs):
        """Decide a block of envelopes; return what became of each."""
        self.chain.add(self.app_hash, seconds=1)
        height, time = self.chain.height, self.chain.blocks[self.chain.height].header.time[0]
        done = self.application.finalize_block(RequestFinalizeBlock(
            height=height, time=Timestamp(seconds=time), txs=list(txs)))
        self.application.commit(RequestCommit())
        self.app_hash = done.app_hash
        return [one.code for one in done.tx_results]

    def call(self, method, **parameters):
        if method == "abci_query":
            return super().call(method, **parameters)
        self.asked.append(method)
        if method == "genesis":
            return {"genesis": self.genesis.document()}
        if method == "broadcast_tx_sync":
            self.sent.append(parameters["tx"])
            if not self.takes:
                return {"code": 1, "codespace": "quota-exceeded", "log": "x"}
            self.decide(parameters["tx"])
            self.decide()
            return {"code": 0}
        return self.chain.call(method, **parameters)
