"""Check digits: what a rule computes, and whether a wrong one may be held against a number.

- A rule is enforced only where it is official and every published example keeps it.
- Elsewhere the check is reported with the reason why it is not enforced; nobody is refused for it.
- A rule is a total function of the digits before the check character: it never raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

CheckState = Literal["ok", "wrong", "not-enforced", "none"]


@dataclass(frozen=True, slots=True)
class CheckRule:
    """A named rule for check digits."""

    compute: Callable[[str], str] | None
    """The check character of some digits; None where no rule is known."""
    digits: int
    """How many digits it is computed over, 0 for any number of them."""
    not_enforced: str
    """Why it is not enforced, or empty where it is."""

    @property
    def enforced(self) -> bool:
        """Whether a wrong check character is held against the number."""
        return not self.not_enforced

    def judge(self, digits: str, stands: str) -> tuple[CheckState, str]:
        """Return what the character that `stands` behind some digits says, and a note on it."""
        computed = self.compute(digits) if self.compute else None
        differs = f"the rule computes {computed}, the number has {stands}"
        if self.enforced:
            return ("ok", "") if computed == stands else ("wrong", differs)
        if computed is None:
            return "not-enforced", self.not_enforced
        agrees = "it agrees with the rule" if computed == stands else differs
        return "not-enforced", f"{agrees}; not enforced: {self.not_enforced}"


def _weighted(digits: str) -> int:
    """Return the sum of the digits times 2 to 9, over and over, from the right."""
    return sum(int(one) * (2 + at % 8) for at, one in enumerate(reversed(digits)))


def _china(digits: str) -> str:
    """Weights 2 to 9 and 2 to 5 over 12 digits from the left, modulo 11; 10 is X."""
    rest = sum(int(one) * (2 + at % 8) for at, one in enumerate(digits)) % 11
    return "X" if rest == 10 else str(rest)


def _cross_sum(digits: str) -> str:
    """Weights 1, 2, 1, 2 from the left; cross sums of the products; complement to 10."""
    products = (int(one) * (1 + at % 2) for at, one in enumerate(digits))
    return str(-sum(product // 10 + product % 10 for product in products) % 10)


def _complement(digits: str) -> str:
    """Weights 2 to 9 from the right, complement to 11; 10 and 11 are taken as 0."""
    rest = 11 - _weighted(digits) % 11
    return "0" if rest >= 10 else str(rest)


RULES: Final[Mapping[str, CheckRule]] = {
    "cn": CheckRule(_china, 12, ""),
    "cross-sum": CheckRule(
        _cross_sum, 0, "the EPO's help desk states it, a published example does not keep it"
    ),
    "mod-11": CheckRule(_complement, 0, "it is inferred from numbers in priority claims"),
    "unpublished": CheckRule(None, 0, "no rule for this check digit is published here"),
}
"""The rules by name. `cn`: CNIPA numbering since 2003-10-01; `cross-sum`: EPO and DPMA notice
3/1983, 15 numbers in priority claims; `mod-11`: two Brazilian numbers in priority claims."""
