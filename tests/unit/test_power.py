"""The arithmetic of power: caps, fading, sums, in integers that come out everywhere alike."""

from fractions import Fraction

import pytest

from muniment.model.example_network import OFFICES, member, validator
from muniment.model.member import UNITS_MAX, Governance
from muniment.model.office import CURRENT, DEMO, FORMER
from muniment.model.power import (
    BASE,
    DECAY_DAYS,
    SERVICE_FULL,
    Service,
    bonus_cap,
    derive,
    faded,
)
from muniment.proof import limits


def importance(services, offices=OFFICES, day=100):
    return derive(
        Governance(policy="importance", since=1), {one: member() for one in offices},
        {one: validator(one) for one in offices}, services, day)


@pytest.mark.parametrize("count", range(1, 200))
def test_nobody_reaches_a_third_by_service_and_the_cap_wastes_nothing(count):
    cap = bonus_cap(count)
    if count <= 3:
        assert cap == 0
        return
    assert Fraction(BASE + cap, BASE * count + cap) < Fraction(1, 3)
    assert cap == BASE or Fraction(BASE + cap + 1, BASE * count + cap + 1) >= Fraction(1, 3)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 20])
def test_power_by_service_stays_below_a_third_however_much_was_earned(count):
    offices = sorted(CURRENT)[:count]
    power = importance({offices[0]: Service(day=100, earned=10**12)}, offices)
    if count >= 4:
        assert all(3 * one < sum(power.values()) for one in power.values())
        assert power[offices[0]] > BASE
    else:
        assert set(power.values()) == {BASE}


def test_full_service_attested_by_all_is_the_whole_bonus():
    offices = sorted(CURRENT)[:20]
    full = Service(day=100, earned=SERVICE_FULL * 19)
    assert importance({offices[0]: full}, offices)[offices[0]] == 2 * BASE
    third = Service(day=100, earned=SERVICE_FULL * 19 // 3)
    assert importance({offices[0]: third}, offices)[offices[0]] == BASE + 333


def test_what_was_earned_fades_day_by_day_and_is_gone_after_sixty_four():
    service = Service(day=100, earned=6_400)
    assert [faded(service, day) for day in (99, 100, 101, 132, 163, 164, 10**6)] == [
        6_400, 6_400, 6_300, 3_200, 100, 0, 0]


def test_long_run_of_daily_full_marks_stays_below_the_sum_that_is_full():
    earned = 0
    for day in range(1_000):
        earned = faded(Service(day=day, earned=earned), day + 1) + 1_000
    assert SERVICE_FULL * 0.99 < earned <= SERVICE_FULL
    assert DECAY_DAYS * 1_000 == SERVICE_FULL


@pytest.mark.parametrize("policy", ["weighted", "delegated"])
def test_units_of_every_office_there_is_stay_within_the_bounds(policy):
    offices = sorted(CURRENT | FORMER.keys() | DEMO.keys())
    holders = {one: member(UNITS_MAX) for one in offices}
    nodes = {one: validator("XA") for one in offices}
    power = derive(Governance(policy=policy, since=1), holders, nodes, {}, 100)
    assert sum(power.values()) <= limits.POWER_TOTAL_MAX < 2**63 // 8


def test_only_seated_unreported_validators_of_members_have_power():
    nodes = {"XA": validator("XA"), "XB": validator("XB", reported=5),
             "XC": validator("XC", seated=None), "XD": validator("XD")}
    holders = {one: member() for one in ("XA", "XB", "XC")}
    for policy in ("authority", "weighted", "delegated", "importance"):
        power = derive(Governance(policy=policy, since=1), holders, nodes, {}, 100)
        assert power.keys() == {"XA"}
    assert derive(None, holders, nodes, {}, 100) == {}
