"""Priority documents in the state: certified copies of earlier filings, bound by salted digests.

- The document itself never stands here, nor its bare hash: the digest is that of a salted
  disclosure of (SHA-256, SHA-512, size), so that nobody can test a guess of its content.
- The earlier office records what it certified of its own filing; a later office what it received.
- All documents of an earlier filing stand under one prefix, so that "these are all" is provable.
"""

from muniment.codec import AccountId, Date, Digest, Language, Natural, Office, Record
from muniment.model.claim import Place
from muniment.model.state import Table
from muniment.proof.crypto import b64, sha256


class PriorityDocument(Record, frozen=True, kw_only=True):
    """A certified copy of an earlier filing, as an office certified or received it."""

    certified: Date
    """The day of certification."""
    certifier: Office
    """The office that certified it, as the recorder says."""
    digest: Digest
    """The digest of the disclosure of its SHA-256, SHA-512 and size."""
    entry: Natural
    """Position in the log."""
    language: Language
    """The language of the copy."""
    later: Place | None = None
    """The key part of the later filing for which it was received."""
    received: Date | None = None
    """The day on which the recorder received it."""
    recorded: Natural
    """Block time of the entry, in UTC seconds."""
    recorder: Office
    """The office that recorded it."""
    submitter: AccountId
    """The account that recorded it."""


DOCUMENTS = Table("document", PriorityDocument, "Priority documents, by earlier filing.")


def document_key(earlier: str, recorder: str, digest: str, later: str) -> bytes:
    """Return the key of a document; its last component is a digest that nobody can choose."""
    name = b64(sha256(f"{recorder}/{digest}/{later}".encode("ascii")))
    return DOCUMENTS.key(earlier, name)
