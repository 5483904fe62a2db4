"""Signatures verified once: a bounded memory of a pure fact, filled by a second process.

- What is remembered is (algorithm, key, signing input, signature) -> valid, nothing else. Key
  set, denial, sequence and expiry are looked up when an envelope is executed; so a warm memory
  and a cold one give the same answers.
- Signatures are verified one by one under the strict rule; there is no batch verification.
- A thread would not help: beside a busy interpreter it gets its lock back 200 times a second
  (`benchmarks/README.md`). The second process runs `muniment.node.verifier`; without it every
  signature is verified here, with the same answers.
"""

import subprocess
import sys
from collections import OrderedDict, deque
from collections.abc import Sequence

from muniment.codec import pack
from muniment.proof.crypto import PublicKey, sha256
from muniment.proof.jws import Signature

FACTS_KEPT = 16_384
PAIRS_WORTH_A_PROCESS = 32
LENGTH_BYTES = 4
Pair = tuple[PublicKey, Signature]


class VerifiedSignatures:
    """The memory; one per driver."""

    def __init__(self) -> None:
        self._facts: OrderedDict[bytes, None] = OrderedDict()
        self._process: subprocess.Popen[bytes] | None = None
        self._running: deque[Sequence[Pair]] = deque()

    def check(self, key: PublicKey, signature: Signature) -> None:
        """Verify a signature, or remember that it was valid.

        Raises:
            Unauthentic: It is not valid.
        """
        fact = _fact(key, signature)
        if fact in self._facts:
            return
        key.verify(signature.signature, signature.signing_input)
        self._remember(fact)

    def verify_ahead(self, pairs: Sequence[Pair]) -> None:
        """Begin to verify signatures in the other process; an invalid one is left to `check`."""
        if len(pairs) < PAIRS_WORTH_A_PROCESS:
            return
        data = pack([
            (dict(key.jwk), one.signature, one.signing_input) for key, one in pairs
        ])
        try:
            stdin = self._started().stdin
            if stdin is not None:
                stdin.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)
                stdin.flush()
                self._running.append(pairs)
        except OSError:
            self._running.clear()

    def wait(self) -> None:
        """Wait for what `verify_ahead` began, and remember what was valid."""
        while self._running:
            pairs = self._running.popleft()
            stdout = self._started().stdout
            answers = stdout.read(len(pairs)) if stdout is not None else b""
            for (key, one), valid in zip(pairs, answers, strict=False):
                if valid:
                    self._remember(_fact(key, one))

    def close(self) -> None:
        """End the other process."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-m", "muniment.node.verifier"]
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self._process

    def _remember(self, fact: bytes) -> None:
        self._facts[fact] = None
        while len(self._facts) > FACTS_KEPT:
            self._facts.popitem(last=False)


def _fact(key: PublicKey, signature: Signature) -> bytes:
    """Return the name of a fact.

    All parts but the last have a fixed length, so that no two different facts are written alike.
    """
    return sha256(key.kid.encode("ascii") + sha256(signature.signing_input) + signature.signature)
