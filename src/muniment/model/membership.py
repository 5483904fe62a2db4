"""What an office's departure from the members changes, whoever decided it."""

from muniment.codec import replace
from muniment.model.member import MEMBERS, members
from muniment.model.power import is_sound, settle
from muniment.model.state import Change, State, change
from muniment.model.validator import VALIDATORS


def leaves_members(state: State, office: str) -> bool:
    """Return whether another office remains a member."""
    return bool(members(state).keys() - {office})


def leaves_power(state: State, office: str, time: int) -> bool:
    """Return whether some validator keeps power when an office departs."""
    return is_sound(state, departure(state, office, time))


def departure(state: State, office: str, time: int) -> tuple[Change, ...]:
    """Return the changes by which an office is a member no longer.

    Its validator observes, and units that others lent it are theirs again: should it be admitted
    once more, they lend anew or not.
    """
    row, node = state.get(MEMBERS, office), state.get(VALIDATORS, office)
    if row is None:
        return ()
    left = change(MEMBERS, MEMBERS.key(office), row, replace(row, left=time))
    nodes = {office: replace(node, seated=None)} if node is not None else {}
    lenders = {name: one for name, one in members(state).items() if one.lent_to == office}
    back = {name: replace(one, lent_to=None) for name, one in lenders.items()}
    returned = [change(MEMBERS, MEMBERS.key(name), one, back[name])
                for name, one in lenders.items()]
    return (left, *returned, *settle(state, time, holders={**back, office: None}, nodes=nodes))
