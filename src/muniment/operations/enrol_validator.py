"""Enrol a validator: name the keys of an office's node, which observes until it is seated."""

from collections.abc import Iterator

from muniment.codec import Digest, Office, Payload
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model import example_network as net
from muniment.model.account import ACCOUNTS
from muniment.model.context import Context
from muniment.model.possession import NodeKeys, Possession, prove_node, proves_node
from muniment.model.power import settle
from muniment.model.state import Change, State, change
from muniment.model.validator import (
    ENGINE_KEYS,
    VALIDATORS,
    Address,
    EngineKey,
    Validator,
    address_of,
    validators,
)


class EnrolValidator(Payload, frozen=True, kw_only=True, tag="enrol-validator"):
    """What the office says of its node; a later enrolment replaces it."""

    engine_key: Digest
    """The Ed25519 public key with which the consensus engine signs, in base64url."""
    log_key: Digest
    """The Ed25519 public key with which the node signs checkpoints, in base64url."""
    node: Address
    """The id of the node, 40 hexadecimal digits: the other nodes let it in."""
    office: Office
    """The office that runs it."""
    possession: Possession
    """A signature by both keys over office, keys, node and ledger."""


TYPE = TransactionType(
    name="enrol-validator",
    number=48,
    payload=EnrolValidator,
    signers=frozenset({Signer.OFFICE}),
    may_change=frozenset({"engine-key", "validator"}),
)


@TYPE.check(1, "keys-not-separate", basis="docs/governance.md")
def keys_are_separate(operation: EnrolValidator, state: State, ctx: Context) -> bool:
    """Engine key and log key MUST differ from each other and from the office's account keys."""
    account = state.get(ACCOUNTS, operation.office)
    used = {key.x for key in account.key_set.keys} if account is not None else set()
    return operation.engine_key != operation.log_key and not used & {
        operation.engine_key, operation.log_key}


@TYPE.check(2, "possession-not-proven", basis="docs/formats/genesis.md; RFC 8032")
def keys_are_possessed(operation: EnrolValidator, state: State, ctx: Context) -> bool:
    """Both keys MUST be admissible Ed25519 keys and MUST have signed the possession."""
    return proves_node(operation.possession, operation.office, _keys(operation), ctx.ledger)


@TYPE.check(3, "engine-key-used", basis="docs/governance.md")
def engine_key_is_fresh(operation: EnrolValidator, state: State, ctx: Context) -> bool:
    """The engine key MUST be the office's current one, or one that no office ever enrolled."""
    current = state.get(VALIDATORS, operation.office)
    if current is not None and current.key == operation.engine_key:
        return True
    return state.get(ENGINE_KEYS, address_of(operation.engine_key)) is None


@TYPE.check(4, "log-key-used", basis="docs/formats/checkpoint.md")
def log_key_is_its_own(operation: EnrolValidator, state: State, ctx: Context) -> bool:
    """The log key MUST NOT be another office's: policies count how many offices signed."""
    return all(
        one.log_key != operation.log_key
        for office, one in validators(state).items() if office != operation.office
    )


@TYPE.check(5, "validator-unchanged", basis="docs/governance.md")
def something_changes(operation: EnrolValidator, state: State, ctx: Context) -> bool:
    """The keys or the node's id MUST differ from what stands."""
    one = state.get(VALIDATORS, operation.office)
    return one is None or NodeKeys(one.key, one.log_key, one.node) != _keys(operation)


@TYPE.effect
def validator_is_enrolled(
    operation: EnrolValidator, state: State, ctx: Context
) -> Iterator[Change]:
    """The keys stand. A new node observes; a seated one keeps its power under the new key."""
    before = state.get(VALIDATORS, operation.office)
    after = Validator(
        entry=ctx.position, key=operation.engine_key, log_key=operation.log_key,
        node=operation.node, power=0,
        reported=before.reported if before is not None else None,
        seated=before.seated if before is not None else None,
    )
    name = address_of(operation.engine_key)
    if state.get(ENGINE_KEYS, name) is None:
        key = EngineKey(entry=ctx.position, office=operation.office)
        yield change(ENGINE_KEYS, ENGINE_KEYS.key(name), None, key)
    yield from settle(state, ctx.time, nodes={operation.office: after})


def _keys(operation: EnrolValidator) -> NodeKeys:
    return NodeKeys(operation.engine_key, operation.log_key, operation.node)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def enrol(name: str, office: str = "XB", signed_for: str = "") -> EnrolValidator:
        possession = net.node_possession(name, signed_for or office, given.LEDGER)
        return EnrolValidator(**net.node_keys(name)._asdict(), office=office,
                              possession=possession)

    def altered(**changed: str) -> EnrolValidator:
        keys = {**net.node_keys("new")._asdict(), **changed}
        possession = prove_node("XB", NodeKeys(**keys), given.LEDGER, [
            given.key("engine new"), given.key("log new")])
        return EnrolValidator(**keys, office="XB", possession=possession)

    one = net.log_key("new")
    office_key = given.key("XB").public.jwk["x"]
    borrowed = net.validator("XC", log_key=one)
    stands = net.network()
    yield Example("observer", enrol("new"), signer="XB")
    yield Example("new-keys-of-a-seated-validator", enrol("new"), given=stands, signer="XB")
    yield Example("one-key-for-both", altered(engine_key=one), "keys-not-separate", signer="XB")
    yield Example("account-key", altered(engine_key=office_key), "keys-not-separate", signer="XB")
    yield Example("possession-for-another", enrol("new", signed_for="XC"),
                  "possession-not-proven", signer="XB")
    yield Example("another-office's-key", enrol("XC"), "engine-key-used", stands, signer="XB")
    yield Example("another-office's-log-key", enrol("new"), "log-key-used",
                  stands | {VALIDATORS.key("XC"): borrowed}, signer="XB")
    yield Example("the-same", enrol("XB"), "validator-unchanged", stands, signer="XB")
