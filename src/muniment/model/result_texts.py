"""Every result that a priority check can give, each with its sentence, its remedy and its weight.

- The key is the check, the result and, where one result has several sentences, which of them. A
  result that is not here cannot be given; docs/priority.md and the examples name the same ones.
- A sentence names facts of its result in braces. It is made when somebody reads it, so that a
  check of a million claims makes none.
"""

from typing import Any, NamedTuple

from muniment.model.result_text import About, Text
from muniment.model.result_texts_procedure import PROCEDURE
from muniment.model.result_texts_right import RIGHT

ABOUT = {
    "P01": About("both offices known, the earlier number read", "WIPO Standards ST.3 and ST.13"),
    "P02": About("the earlier filing in the register", "Paris Convention Art. 4A(2)-(3)"),
    "P03": About("the claimed date and the registered one", "Paris Convention Art. 4D(1)"),
    "P04": About("the earlier country bound by the Paris Convention or WTO, or internal priority",
                 "Paris Convention Art. 4A(1)-(2); TRIPS Art. 2"),
    "P05": About("the kinds of right, and the period", "Paris Convention Art. 4C(1) and 4E"),
    "P06": About("the later filing within the period, or restored",
                 "Paris Convention Art. 4C(1)-(3); PCT Rule 80"),
    "P07": About("the later filing after the earlier one", "Paris Convention Art. 4C(2)"),
    "P08": About("an older filing of the same subject, as offices declared it",
                 "Paris Convention Art. 4C(2) and (4)"),
    "P09": About("set aside by a claim that relied on Art. 4C(4)",
                 "Paris Convention Art. 4C(2) and (4)"),
    "P10": About("the same applicant, or a successor by the day of the later filing",
                 "Paris Convention Art. 4A(1)"),
    "P11": About("the claim declared, and corrected, in time", "Paris Convention Art. 4D(1)"),
    "P12": About("the earlier number given in time", "Paris Convention Art. 4D(5)"),
    "P13": About("a certified copy of the earlier filing", "Paris Convention Art. 4D(3)"),
    "P14": About("the certified copy in time", "Paris Convention Art. 4D(3)"),
    "P15": About("the copy intact, and who certified it", "Paris Convention Art. 4D(3)"),
    "P16": About("the translation, where it is asked for", "Paris Convention Art. 4D(3)"),
    "P17": About("the fee, where one is charged", "Paris Convention Art. 4D(4)-(5)"),
    "P18": About("all claims together: the priority date", "Paris Convention Art. 4F"),
    "P19": About("a divisional, continuation or national phase has only the claims of its parent",
                 "Paris Convention Art. 4G"),
    "P20": About("no chain of priority on priority", "Paris Convention Art. 4C(2) and 4F"),
    "P21": About("what may be answered", "Paris Convention Art. 4; domestic secrecy law"),
    "P22": About("the claim stands", "PCT Rule 90bis.3; Paris Convention Art. 4D"),
}
"""What each check tests, and its legal basis."""

TEXTS = RIGHT | PROCEDURE
"""Each result in words, by check, result and sentence."""
EXCLUDING = frozenset(
    (key.split(".")[0], key.split(".")[1]) for key, text in TEXTS.items() if text.excludes)
"""The results because of which a claim gives no priority, as (check, result)."""


class Words(NamedTuple):
    """A result in words, as far as they are the same for every claim."""

    text: Text
    members: dict[str, Any]
    """The JSON members that do not depend on facts."""
    is_plain: bool
    """Whether neither sentence nor remedy names a fact."""


def _words(key: str, text: Text) -> tuple[tuple[str, str, str], Words]:
    check, result, why = (*key.split("."), "")[:3]
    members = {"basis": text.basis or ABOUT[check].basis, "reason": text.reason,
               "remedy": text.remedy, "result": result, "why": why}
    kept = {name: value for name, value in members.items() if value}
    return (check, result, why), Words(text, kept, "{" not in text.reason + text.remedy)


WORDS = dict(_words(key, text) for key, text in TEXTS.items())
"""The words of each result, by (check, result, sentence)."""


def results_of(check: str) -> tuple[str, ...]:
    """Return every result that a check can give, in the order of the catalogue."""
    named = [key.split(".")[1] for key in TEXTS if key.startswith(f"{check}.")]
    return tuple(dict.fromkeys(named))
