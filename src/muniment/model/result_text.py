"""What a result of a priority check says: its sentence, its remedy, its weight."""

from typing import NamedTuple


class Text(NamedTuple):
    """A result in words."""

    reason: str
    """The result in one sentence."""
    remedy: str = ""
    """What can be done."""
    excludes: bool = False
    """Whether, as things stand, the claim gives no priority because of it."""
    basis: str = ""
    """The article or rule, where it is another than that of the check."""


class About(NamedTuple):
    """What a check tests."""

    tests: str
    """Its subject, in a few words."""
    basis: str
    """The article or rule."""


PUBLISH = "Look it up at the office; publish it: muniment reference publish policy"
NO_CALENDAR = Text("No usable closed days of {calendar} for {year} are known.",
                   "Publish the office's calendar of that year.",
                   basis="Paris Convention Art. 4C(3)")
PERHAPS_CLOSED = Text(
    "It came after {due}, the last day as far as closed days are known; {calendar} was perhaps "
    "closed on {perhaps} too, and then it came in time.",
    "Look up the days on which the office was closed; publish them: muniment reference publish "
    "closed-days", basis="Paris Convention Art. 4C(3); PCT Rule 80.5")
TOO_EARLY = Text("The day {day} that is stated lies before the earlier filing of {earlier_date}: "
                 "one of the two is wrong.", "Correct the wrong day: muniment priority correct")
UNKNOWN = Text("Nobody sourced the rule of {office} on this.", PUBLISH)
