"""The numbers of every outcome that no transaction type declares (docs/reference/codes.md).

- 1 to 199 malformed, 200 to 299 unauthentic, 400 to 499 out of turn: the envelope is refused and
  leaves no trace in the ledger.
- 300 to 399 unauthorised, 900 and 901: the operation is refused and its leaf says so.
- A number is frozen with its name; `standard/numbers.lock` holds them all.
"""

ACCEPTED = 0
NOT_APPLIED = 900
INTERNAL_FAULT = 901
NOT_AUTHORISED = 301
PARTICIPANT_BARRED = 302
REGISTER_UNKNOWN = 303
MEMBERS_DECIDE = 304
NOT_FOR_THE_MEMBERS = 305

ENVELOPE_CODES = {
    "malformed-json": 101,
    "not-canonical": 102,
    "malformed-value": 103,
    "malformed-base64": 104,
    "malformed-jws": 105,
    "envelope-too-large": 110,
    "envelope-framing": 111,
    "envelope-too-many": 112,
    "envelope-empty": 113,
    "operation-too-large": 114,
    "envelope-count": 115,
    "envelope-root": 116,
    "key-not-admissible": 120,
    "ledger-other": 201,
    "account-unknown": 202,
    "key-not-in-set": 203,
    "threshold-not-met": 204,
    "signature-invalid": 205,
    "envelope-expired": 401,
    "sequence-used": 402,
    "sequence-out-of-window": 403,
    "quota-exceeded": 404,
}
"""Refusals of whole envelopes, by name."""

OPERATION_CODES = {
    "accepted": ACCEPTED,
    "not-authorised": NOT_AUTHORISED,
    "participant-barred": PARTICIPANT_BARRED,
    "register-unknown": REGISTER_UNKNOWN,
    "members-decide": MEMBERS_DECIDE,
    "not-for-the-members": NOT_FOR_THE_MEMBERS,
    "not-applied": NOT_APPLIED,
    "internal-fault": INTERNAL_FAULT,
}
"""Outcomes of single operations that no transaction type declares, by name."""

OPERATION_REASONS = {
    NOT_AUTHORISED: "The signer is neither that office nor holds a role there for this act.",
    PARTICIPANT_BARRED: "The signer is barred from this act at that office at the block's time.",
    REGISTER_UNKNOWN: "No office of that code is enrolled in this ledger.",
    MEMBERS_DECIDE: "Only the members do this, together: propose it and let them vote.",
    NOT_FOR_THE_MEMBERS: "Members decide only what is theirs: no vote changes a register.",
    NOT_APPLIED: "Another operation of the same atomic envelope was refused.",
    INTERNAL_FAULT: "The operation broke an invariant; its changes were discarded.",
}
"""Each of them in one sentence."""

MALFORMED_OTHER = 199
UNAUTHENTIC_OTHER = 299
"""What an error of that family has whose name has no number of its own."""
