"""Signatures verified once: a bounded memory of a pure fact, filled by several threads.

- What is remembered is (algorithm, key, signing input, signature) -> valid, nothing else. Key
  set, denial, sequence and expiry are looked up when an envelope is executed; so a warm memory
  and a cold one give the same answers.
- Signatures are verified one by one under the strict rule; there is no batch verification.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from muniment.proof.crypto import PublicKey, sha256
from muniment.proof.errors import Unauthentic
from muniment.proof.jws import Signature

FACTS_KEPT = 16_384
THREADS = 2
"""Verification releases the interpreter; more threads than cores gain nothing."""


PAIRS_WORTH_A_THREAD = 2
Pair = tuple[PublicKey, Signature]


class VerifiedSignatures:
    """The memory; one per driver."""

    def __init__(self) -> None:
        self._facts: OrderedDict[bytes, None] = OrderedDict()
        self._pool: ThreadPoolExecutor | None = None
        self._running: deque[Future[list[bytes]]] = deque()

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
        """Begin to verify signatures on other threads; an invalid one is left to `check`."""
        if len(pairs) < PAIRS_WORTH_A_THREAD:
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS)
        share = (len(pairs) + THREADS - 1) // THREADS
        for at in range(0, len(pairs), share):
            self._running.append(self._pool.submit(_valid, pairs[at : at + share]))

    def wait(self) -> None:
        """Wait for what `verify_ahead` began, and remember it."""
        while self._running:
            for fact in self._running.popleft().result():
                self._remember(fact)

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _remember(self, fact: bytes) -> None:
        self._facts[fact] = None
        while len(self._facts) > FACTS_KEPT:
            self._facts.popitem(last=False)


def _valid(pairs: Sequence[Pair]) -> list[bytes]:
    facts = []
    for key, signature in pairs:
        try:
            key.verify(signature.signature, signature.signing_input)
        except Unauthentic:
            continue
        facts.append(_fact(key, signature))
    return facts


def _fact(key: PublicKey, signature: Signature) -> bytes:
    """Return the name of a fact.

    All parts but the last have a fixed length, so that no two different facts are written alike.
    """
    return sha256(key.kid.encode("ascii") + sha256(signature.signing_input) + signature.signature)
