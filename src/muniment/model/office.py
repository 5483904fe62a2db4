"""Offices by their ST.3 codes: current, former and fictional ones.

- A former code is valid only for dates before its end; the table is a fact of the standard and
  part of the code, so that every node of an edition knows the same offices. Names and sources
  stand in `reference/offices.csv`, for people.
- Codes of ISO 3166 that are not in the standard, such as PR, are no offices.
- The fictional offices of the demo carry user-assigned codes, admitted only in a demo ledger.
"""

from typing import Final

_CURRENT_CODES = (
    "AD AE AF AG AI AL AM AO AP AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BQ BR "
    "BS BT BV BW BX BY BZ CA CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM "
    "DO DZ EA EC EE EG EH EM EP ER ES ET EU FI FJ FK FO FR GA GB GC GD GE GG GH GI GL GM "
    "GN GQ GR GS GT GW GY HK HN HR HT HU IB ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG "
    "KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM "
    "MN MO MP MR MS MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OA OM PA PE PG PH PK "
    "PL PT PW PY QA QZ RO RS RU RW SA SB SC SD SE SG SH SI SK SL SM SN SO SR SS ST SV SX "
    "SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VN VU WO "
    "WS XN XU XV XX YE ZA ZM ZW "
)
CURRENT: Final = frozenset(_CURRENT_CODES.split())
"""Current codes of WIPO Standard ST.3."""
FORMER: Final = {
    "AN": "2010-10-10", "CS": "1993-01-01", "DD": "1990-10-03", "DL": "1990-10-03",
    "DT": "1978-01-01", "RH": "1980-04-18", "SU": "1991-12-25", "YD": "1990-05-22",
    "YU": "2006-06-03",
}
"""Former codes, each with the date from which it is no longer used: that of the succession.

YU stood for Serbia and Montenegro too, while CS was Czechoslovakia (ST.3, Annex B, section 2).
"""
DEMO: Final = {
    "XA": "Aldmere", "XB": "Brennia", "XC": "Corvane", "XD": "Dalmark", "XE": "Estovar",
}
"""The fictional offices."""


def known_office(code: str, *, date: str = "", demo: bool = False) -> bool:
    """Return whether an office of this code exists.

    Args:
        code: The code, e.g. `EP`.
        date: A date on which it is used; former codes are known before their end only.
        demo: Whether the fictional offices are admitted.
    """
    if code in CURRENT:
        return True
    if code in FORMER:
        return bool(date) and date < FORMER[code]
    return demo and code in DEMO
