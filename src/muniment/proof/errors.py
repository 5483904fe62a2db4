"""The exceptions of Muniment; this module imports nothing.

- An error is data first: a stable `name`, the `detail` (what was wrong with which value), the
  `basis` (treaty article, standard or format page) and the `remedy` (what to do next).
- Bad input raises a `LedgerError`; nothing else leaves a public function because of its input.
- `Fault` is deliberately no `LedgerError`: it says that the program itself broke a promise.

Codes that stand in a log leaf are numbers; they live with the declarations, not here.
"""


class LedgerError(Exception):
    """An error that a caller can expect, and that explains itself.

    Args:
        name: Stable name in kebab-case, e.g. `not-canonical`. Never reworded.
        detail: What was wrong with which value, in one sentence.
        basis: The article, standard, RFC or format page that asks for it.
        remedy: What the caller can do next, as an imperative.
    """

    def __init__(self, name: str, detail: str, *, basis: str = "", remedy: str = "") -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail
        self.basis = basis
        self.remedy = remedy

    def diagnostics(self) -> dict[str, str]:
        """Return the error as members of a JSON object, the empty ones left out."""
        members = {
            "error": self.name,
            "detail": self.detail,
            "basis": self.basis,
            "remedy": self.remedy,
        }
        return {name: text for name, text in members.items() if text}


class Malformed(LedgerError):
    """The bytes or values can never be valid, on any ledger, at any time."""


class Unauthentic(LedgerError):
    """A signature, key or ledger id does not belong to what it is offered for."""


class OutOfTurn(LedgerError):
    """The envelope is replayed, expired, too far ahead, or over its account's quota."""


class Refused(LedgerError):
    """A declared check refused an operation."""


class NotFound(LedgerError):
    """What was asked for is not in this ledger, or not for the one who asks."""


class AlreadyThere(LedgerError):
    """What was to be made stands already, and is not overwritten."""


class Busy(LedgerError):
    """This node cannot serve the request now; the same request may succeed later."""


class VerificationError(LedgerError):
    """A proof, an attestation or an evidence file does not prove what it claims."""


class Fault(Exception):
    """A promise of the program itself was broken; never caused by input alone."""


class StorageFault(Fault):
    """What a disk returned is not what was written; the node stops rather than sign on it."""


class VaultFault(StorageFault):
    """What the vault returned is not what was put there: this machine's fault, and no node's."""
