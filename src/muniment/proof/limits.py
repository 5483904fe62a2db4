"""Every bound of the system, with its reason; this module imports nothing.

A bound is checked before the work that it bounds. Sizes are in bytes unless the name says
otherwise. Changing a bound that decides what is admitted changes the rules: it is part of an
edition.
"""

INTEGER_MAX = 2**53 - 1
"""Largest integer in canonical JSON: every JSON reader holds it exactly (RFC 8785 §3.2.2.3)."""

NESTING_MAX = 16
"""Deepest nesting of canonical JSON: no reader needs a deep stack to parse what we sign."""

ENVELOPE_BYTES_MAX = 512 * 1024
"""Largest envelope as submitted, all lines with their line ends."""

ENVELOPE_OPERATIONS_MAX = 1_000
"""Most operations under one signature; a gazette is many envelopes."""

OPERATION_BYTES_MAX = 64 * 1024
"""Longest operation line, without its line end."""

JWS_BYTES_MAX = 16 * 1024
"""Longest first line of an envelope: a header and as many signatures as a key set has keys."""

BLOCK_ENVELOPES_MAX = 64
"""Most envelopes that a solo driver puts into one block."""

DECIDED_ENVELOPES_MAX = 4_096
"""Most envelopes in a block that validators decide: garbage of one byte each must not hold them."""

KEY_SET_KEYS_MAX = 6
"""Most keys of one key set: six P-256 keys still fit into one state value."""

STATE_VALUE_BYTES_MAX = 1_024
"""Largest value of the state tree: ICS-23 proofs of absence show two neighbours whole."""

STATE_KEY_BYTES_MAX = 256
"""Longest key of the state tree."""

STATE_PATH_DEPTH_MAX = 128
"""Deepest path of the state tree; Go's `ics23` refuses 129 steps."""

LOG_PATH_DEPTH_MAX = 63
"""Longest inclusion path: a log of 2^63 leaves."""

SEQUENCE_WINDOW = 1_024
"""How far an account's sequence may run ahead of, or lag behind, its highest one."""

QUOTA_OPERATIONS_PER_DAY = 10_000_000
"""An office's operations in one UTC day, where genesis does not say otherwise."""

QUOTA_BYTES_PER_DAY = 8 * 1024**3
"""An office's bytes in one UTC day, where genesis does not say otherwise."""

PARTICIPANT_OPERATIONS_PER_DAY = 10_000
"""Another participant's operations in one UTC day, where genesis does not say otherwise."""

PARTICIPANT_BYTES_PER_DAY = 16 * 1024**2
"""Another participant's bytes in one UTC day, where genesis does not say otherwise."""

POWER_TOTAL_MAX = 2**53 - 1
"""Most power of all validators: it stands in canonical JSON; CometBFT would bear 2^60 - 1."""

DISCLOSED_NAMES_MAX = 8
"""Most disclosures that one operation may bind: their digests fit into one state value."""

DISCLOSURE_BYTES_MAX = 48 * 1024
"""Longest disclosure text; long texts are documents and travel on their own."""

EVIDENCE_BYTES_MAX = 8 * 1024 * 1024
"""Largest evidence file a verifier reads: a proof of completeness lists a whole series."""

TRUST_POLICY_BYTES_MAX = 64 * 1024
"""Largest trust policy a verifier reads."""

VALIDATORS_MAX = 1_000
"""Most validators of one set that a verifier counts; the engine was proven with 175."""

VALIDATOR_KEYS_MAX = 4_096
"""Most validator keys of one evidence file, over all its sets."""

HISTORY_STEPS_MAX = 256
"""Most headers by which trust is handed on in one evidence file; each costs a quorum's signatures.
"""

HEADER_LINKS_MAX = 64
"""Most headers between a checkpoint's own and the committed one that follows it."""

CHAIN_ID_MAX = 50
"""Longest chain id; CometBFT's own bound."""

TRUSTING_PERIOD_SECONDS_MAX = 100 * 366 * 86_400
"""Longest trusting period of a policy: longer is a slip of the pen."""

CLOCK_DRIFT_SECONDS = 10
"""How far a header's time may lie ahead of the verifier's; the engine's light client takes it too.
"""

YEAR_MIN = 1790
"""Earliest year of a date in the register: the first patent statutes in force."""

YEAR_MAX = 2199
"""Latest year of a date in the register; a later one is a slip of the pen."""

EVIDENCE_DAYS = 21
"""For how long validators answer for what they sign, and so trust in a header lasts."""
