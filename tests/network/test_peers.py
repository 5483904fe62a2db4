"""Who may connect to a node: members' nodes, and for a while the guests of its office."""

import json
import threading

import pytest
from tests.abci.grammar import START
from tests.network.test_application import decide
from tests.network.world import World, filing

from muniment.abci.messages import RequestQuery
from muniment.model.dates import SECONDS_A_DAY
from muniment.model.possession import NodeKeys, prove_node
from muniment.model.validator import address_of
from muniment.network.application import LedgerApplication, Options
from muniment.network.guests import GUESTS_FILE, guests, let_in
from muniment.network.questions import ANSWERED, FAILED
from muniment.operations.enrol_validator import EnrolValidator
from muniment.operations.leave_members import LeaveMembers
from muniment.proof.crypto import PrivateKey, b64

GUEST = "ab" * 20


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("peers"), observers=("XC",))


@pytest.fixture
def application(world, tmp_path):
    application = LedgerApplication(world.node(tmp_path / "node"), Options(snapshot_every=0))
    yield application
    application.close()


def lets_in(application, node):
    answer = application.query(RequestQuery(path=f"/p2p/filter/id/{node}"))
    assert answer.code in {ANSWERED, FAILED}
    return answer.code == ANSWERED


def node_of(world, office):
    return address_of(b64(world.node_keys[office].public.raw()))


def enrolling(world, office):
    """Return the enrolment of fresh keys, and the id of the node that it names."""
    engine, log, node = (PrivateKey.generate("Ed25519") for _ in range(3))
    keys = NodeKeys(b64(engine.public.raw()), b64(log.public.raw()),
                    address_of(b64(node.public.raw())))
    possession = prove_node(office, keys, world.id, [engine, log])
    return EnrolValidator(office=office, possession=possession, **keys._asdict()), keys.node


def test_node_is_let_in_while_its_office_is_a_member_whether_it_votes_or_observes(
    world, application
):
    first = world.genesis.initial_height
    assert [lets_in(application, node_of(world, one)) for one in ("XA", "XB", "XC")] == [True] * 3
    assert lets_in(application, node_of(world, "XB").upper())
    assert not lets_in(application, GUEST)
    for step, office in enumerate(("XB", "XC")):
        leaving = world.envelope(office, 1, [LeaveMembers(member=office)])
        assert decide(application, first + step, START, [leaving]).tx_results[0].code == 0
    later = world.envelope("XA", 1, [filing("XA", 1)], not_after=START + 2 * SECONDS_A_DAY)
    decide(application, first + 2, START + SECONDS_A_DAY, [later])
    decide(application, first + 3, START + SECONDS_A_DAY, [])
    assert [lets_in(application, node_of(world, one)) for one in ("XA", "XB", "XC")] == [
        True, False, False]


def leaves(world, application):
    """Have XB leave, which has half of the power until two blocks later."""
    leaving = world.envelope("XB", 1, [LeaveMembers(member="XB")])
    answer = decide(application, world.genesis.initial_height, START, [leaving])
    assert [one.power for one in answer.validator_updates] == [0]


def test_node_that_left_is_let_in_while_the_engine_needs_its_vote_and_until_it_saw_its_power_go(
    world, application
):
    leaves(world, application)
    for height in range(3):
        assert lets_in(application, node_of(world, "XB"))
        decide(application, world.genesis.initial_height + 1 + height, START + 60 * height, [])


def test_node_started_again_lets_in_whose_vote_is_needed(world, application):
    leaves(world, application)
    application.close()
    again = LedgerApplication(application.directory, Options(snapshot_every=0))
    assert lets_in(again, node_of(world, "XB"))
    again.close()


def test_node_whose_office_took_another_is_let_in_until_the_engine_knows_the_new_key(
    world, application
):
    first = world.genesis.initial_height
    operation, node = enrolling(world, "XB")
    decide(application, first, START, [world.envelope("XB", 1, [operation])])
    seen = []
    for height in range(4):
        seen.append(lets_in(application, node_of(world, "XB")))
        assert lets_in(application, node)
        decide(application, first + 1 + height, START, [])
    assert seen == [True, True, False, False]


def test_office_that_is_no_member_lets_no_node_of_its_own_in(world, application):
    first = world.genesis.initial_height
    operation, node = enrolling(world, "XB")
    left = [LeaveMembers(member="XB"), operation]
    answer = decide(application, first, START, [world.envelope("XB", 1, left)]).tx_results[0]
    assert (answer.code, answer.data[8:]) == (0, bytes(4))
    assert not lets_in(application, node)
    operation, node = enrolling(world, "XC")
    decide(application, first + 1, START, [world.envelope("XC", 1, [operation])])
    assert lets_in(application, node)
    assert not lets_in(application, node_of(world, "XC"))


@pytest.mark.parametrize("damaged", [
    b"{ half", b"", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, json.dumps({GUEST: "x"}).encode(),
    json.dumps({GUEST: None}).encode(), json.dumps({GUEST: 1e999}).encode(),
])
def test_damaged_list_of_guests_lets_nobody_in_and_stops_no_engine(
    world, application, damaged, caplog
):
    path = application.directory / GUESTS_FILE
    path.write_bytes(damaged)
    assert not lets_in(application, GUEST)
    assert "no guest is let in" in caplog.text
    assert lets_in(application, node_of(world, "XB"))
    let_in(application.directory, GUEST, 2**40)
    assert lets_in(application, GUEST)


def test_list_of_guests_that_is_no_file_lets_nobody_in(application):
    (application.directory / GUESTS_FILE).mkdir()
    assert not lets_in(application, GUEST)


def test_guest_is_let_in_until_his_time_is_over(tmp_path):
    let_in(tmp_path, "ab" * 20, 100, now=lambda: 50)
    let_in(tmp_path, "cd" * 20, 200, now=lambda: 50)
    assert guests(tmp_path, now=lambda: 50) == {"ab" * 20, "cd" * 20}
    assert guests(tmp_path, now=lambda: 150) == {"cd" * 20}
    assert guests(tmp_path / "none") == frozenset()
    let_in(tmp_path, "ef" * 20, 300, now=lambda: 150)
    assert json.loads((tmp_path / GUESTS_FILE).read_bytes()).keys() == {"cd" * 20, "ef" * 20}


def test_invitations_made_at_once_forget_no_guest(tmp_path):
    names = [f"{number:040x}" for number in range(60)]
    start = threading.Barrier(6)

    def invite(part):
        start.wait()
        for name in part:
            let_in(tmp_path, name, 2**40)

    threads = [threading.Thread(target=invite, args=(names[at::6],)) for at in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert guests(tmp_path) == set(names)
