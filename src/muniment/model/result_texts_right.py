"""The results of P01 to P10 in words: what belongs to the right of priority itself."""

from muniment.model.result_text import NO_CALENDAR, PUBLISH, Text

ONE_ANSWER = ("No unsealed entry within the declared coverage. Unknown, sealed and unpublished "
              "filings are answered alike.")
_ASK_COPY = "Ask for a certified copy."
_COMPARE = "Compare the number with the filing receipt."
_FIRST = "Claim the priority of the first filing, if its period still runs."
_ONE_SUBJECT = "Ask the office of the earlier filing which filings have its subject."
_ASK_RESTORED = "Ask the office whether it restores the right of priority."
_HOLDER = "The later office decides; ask the office that holds that claim."

RIGHT = {
    "P01.WELL_FORMED": Text("The number is written as its office writes it."),
    "P01.RESPELLED": Text("The number is matched in its canonical form."),
    "P01.NUMBER_MISSING": Text("The claim gives no number yet.", "Give the number."),
    "P01.FORMAT_UNKNOWN": Text("No published format of the office reads the number.", _COMPARE),
    "P01.AMBIGUOUS": Text("The number can be read in several ways.", _COMPARE),
    "P01.CHECK_DIGIT_WRONG": Text("The number's check digit is wrong.", _COMPARE, True),
    "P01.OFFICE_UNKNOWN": Text("{office} is no ST.3 code.", "Correct the office code.", True),

    "P02.OFFICE_ATTESTED": Text("The office's own entry stands here."),
    "P02.DISCLOSED": Text("The office sealed this filing here in entry {entry}; the disclosure "
                          "that was handed in opens it."),
    "P02.COPY": Text("A copy from a named source stands here, not the office's own entry.",
                     "Ask the office for its entry."),
    "P02.ASSERTED": Text("No entry stands here, only what another office recorded of a certified "
                         "copy.", "Ask the office for its entry."),
    "P02.NOT_COVERED": Text("The office has not declared this series complete here; nothing "
                            "follows from its absence.", _ASK_COPY),
    "P02.NOT_CONFIRMED": Text(ONE_ANSWER, "Ask the applicant for a certified copy or for a "
                              "grant of access."),

    "P03.EQUAL": Text("Claim and register give the same date."),
    "P03.DIFFERENT": Text("Claim and register give different dates.", "Correct the claim, or ask "
                          "the office whether its entry is wrong.", True),
    "P03.DATE_UNREADABLE": Text("The claim gives no real date.", "Give the date as YYYY-MM-DD.",
                                True),
    "P03.NOT_TESTED": Text("No public entry gives a date to compare."),

    "P04.PARIS": Text("Bound by the Paris Convention since {since}."),
    "P04.WTO": Text("Bound by the WTO agreement since {since}."),
    "P04.REGIONAL": Text("Bound through a regional treaty since {since}."),
    "P04.INTERNAL": Text("Both filings are at one office, and it allows internal priority."),
    "P04.INTERNAL.deemed-withdrawn": Text(
        "Both filings are at one office: it allows internal priority, and deems the earlier "
        "filing withdrawn.", "Check that the earlier filing may lapse."),
    "P04.INTERNAL_REFUSED": Text("Both filings are at one office, and it allows no internal "
                                 "priority.", "Claim nothing, or file elsewhere.", True),
    "P04.NOT_PARIS": Text("The country was bound neither by the Paris Convention nor by the WTO "
                          "at that date.", "", True),
    "P04.NOT_PARIS.not-recognised": Text(
        "{country} was bound at that date, but by no treaty whose first filings the later office "
        "recognised.", "", True),
    "P04.TO_VERIFY": Text("No treaty bound both {country} and {later}, each at the date of its "
                          "filing; the law of {later}, or an agreement, decides.",
                          "Ask the later office whether it recognises that first filing."),
    "P04.MEMBERSHIP_UNKNOWN": Text("Nobody published whether {country} was bound.",
                                   "Consult WIPO's list of contracting parties."),
    "P04.POLICY_UNKNOWN": Text("Both filings are at one office: its rule on internal priority "
                               "decides, and nobody sourced it.", PUBLISH),
    "P04.NOT_TESTED": Text("Without a date no membership can be tested."),

    "P05.PERIOD": Text("The period is {months} months."),
    "P05.KINDS_INCOMPATIBLE": Text("A {later} cannot claim the priority of a {earlier}.",
                                   "", True),
    "P05.NOT_TESTED": Text("No periods of priority are published in this register.",
                           "Publish them: muniment reference publish period"),
    "P05.POLICY_UNKNOWN": Text("Whether a {later} can claim the priority of a {earlier} is for "
                               "the office to say, and nobody sourced its rule.", PUBLISH),

    "P06.IN_TIME": Text("The period ended on {deadline[end]}."),
    "P06.IN_TIME.moved": Text("The period ended on {deadline[end]}. The end moved from "
                              "{deadline[nominal_end]}: {closed}."),
    "P06.IN_TIME.moved-by-estimate": Text(
        "The period ended on {deadline[end]}. The end moved from {deadline[nominal_end]}: "
        "{closed}. The office's own list of closed days is not at hand: public holidays stand in "
        "for it.",
        "Look up that list; publish it: muniment reference publish closed-days"),
    "P06.TO_VERIFY": Text(
        "The period ended on {deadline[end]}, as far as closed days are known; {calendar} was "
        "perhaps closed on {perhaps} too, and then it ended on {deadline[latest_end]}.",
        "Look up the days on which the office was closed; publish them: muniment reference publish "
        "closed-days"),
    "P06.RESTORED": Text("The period ended on {deadline[end]}; {restored_by} restored the right "
                         "on the criterion {criterion}.", basis="PCT Rule 26bis.3; PLT Art. 13(2)"),
    "P06.RESTORED.international": Text(
        "The period ended on {deadline[end]}; {restored_by} restored the right for the "
        "international application on the criterion {criterion}, and this office gives effect "
        "to it.", basis="PCT Rule 49ter.1"),
    "P06.RESTORED.by-default": Text(
        "The period ended on {deadline[end]}; {restored_by} restored the right for the "
        "international application on the criterion {criterion}: that has effect at every "
        "designated Office but one that notified its law as incompatible, and nobody sourced "
        "that this one did.", "Look it up in WIPO's list of incompatibilities.",
        basis="PCT Rule 49ter.1(a) and (g)"),
    "P06.RESTORED_ELSEWHERE": Text(
        "The period ended on {deadline[end]}; {restored_by} restored the right on the criterion "
        "{criterion}, and this office gives no effect to it; nobody sourced that it restores the "
        "right itself.", _ASK_RESTORED, True, "PCT Rule 49ter.1"),
    "P06.RESTORED_ELSEWHERE.own-request": Text(
        "The period ended on {deadline[end]}; {restored_by} restored the right on the criterion "
        "{criterion}, and this office gives no effect to it.", "Request restoration at this "
        "office within one month from the time limit for entering the national phase.", True,
        "PCT Rules 49ter.1 and 49ter.2"),
    "P06.RESTORABLE": Text(
        "The period ended on {deadline[end]}; the right can be restored on the criterion "
        "{restoration[criterion]} until {restoration[until]}.", "Request restoration by "
        "{restoration[until]} on the criterion {restoration[criterion]}: a request, a statement of "
        "reasons, the fee if one is charged.", True),
    "P06.RESTORABLE.national-phase": Text(
        "The period ended on {deadline[end]}; the international application was filed by "
        "{restoration[until]}, and this office can restore the right on the criterion "
        "{restoration[criterion]}.", "Request restoration at this office within one month from "
        "the time limit for entering the national phase, on the criterion "
        "{restoration[criterion]}.",
        True, "PCT Rule 49ter.2"),
    "P06.RESTORABLE.designated": Text(
        "The period ended on {deadline[end]}; the claim is not void, because the filing was made "
        "within two months of that day, and a designated Office can restore the right.",
        "Request restoration at the designated Offices.", True,
        "PCT Rules 26bis.2(c)(iii) and 49ter.2"),
    "P06.VOID": Text("The period ended on {deadline[end]}, and the international application was "
                     "filed more than two months after it, after {restoration[until]}: the claim "
                     "is considered void for the PCT.", "", True, "PCT Rule 26bis.2(b)-(c)"),
    "P06.LATE": Text("The period ended on {deadline[end]}; nobody sourced that the office restores "
                     "the right.", _ASK_RESTORED, True),
    "P06.LATE.window-over": Text("The period ended on {deadline[end]} and the window for "
                                 "restoration is over since {restoration[until]}.", "", True),
    "P06.LATE.at-any-rate": Text(
        "Whatever days {calendar} was closed, {months} months were over by {over}.",
        "Ask the office whether it restored the right, or a law suspended the period.", True),
    "P06.TO_VERIFY.internal": Text(
        "The period of the Convention would have ended on {deadline[end]}; it does not bind a "
        "claim to a filing at the same office, whose own rule decides.",
        "Ask the office until when it grants priority of its own filings."),
    "P06.POLICY_UNKNOWN": Text(
        "The period ended on {deadline[end]}; {restored_by} restored the right on the criterion "
        "{criterion}, and nobody sourced whether this office gives effect to it.", PUBLISH,
        basis="PCT Rule 49ter.1"),
    "P06.CALENDAR_UNKNOWN": NO_CALENDAR,
    "P06.NOT_TESTED": Text("Without two dates and a period nothing can be counted."),
    "P06.NOT_TESTED.descent": Text("The filing from which this one descends is not public here: "
                                   "the filing date that counts is not known."),
    "P06.NOT_TESTED.not-later": Text("The filing that claims is older than the earlier one: no "
                                     "period runs backwards."),

    "P07.LATER": Text("The later filing follows the earlier one."),
    "P07.SAME_DAY_ACCEPTED": Text("Both were filed on one day, and the office accepts that."),
    "P07.SAME_DAY_REFUSED": Text("Both were filed on one day, and the office does not accept "
                                 "that.", "", True),
    "P07.TO_VERIFY": Text("Both were filed on one day: offices differ, and nobody sourced the "
                          "rule of this one.", "The later office decides by its own rule."),
    "P07.NOT_LATER": Text("The filing that claims is the older one.", "", True),
    "P07.NOT_LATER.itself": Text(
        "The claim names the filing itself, or the international application of which it is the "
        "national phase.", "Name the filing whose priority is claimed.", True,
        "Paris Convention Art. 4C(2); PCT Art. 11(3)"),
    "P07.NOT_TESTED": Text("Without two dates nothing can be compared."),

    "P08.NONE_DECLARED": Text("No office declared an older filing of the same subject; that there "
                              "is none cannot be shown."),
    "P08.NONE_DECLARED.none-older": Text("No declared filing of the same subject is older."),
    "P08.FIRST_BY_4C4": Text("The older filing ended unpublished and unused, without rights "
                             "outstanding: this one counts as the first."),
    "P08.NOT_FIRST.other-country": Text("{older[office]} {older[number]} of the same subject is "
                                        "older and was filed in another country.", _FIRST, True),
    "P08.NOT_FIRST.not-ended": Text("{older[office]} {older[number]} of the same subject is older "
                                    "and had not ended on the day of this one.", _FIRST, True),
    "P08.NOT_FIRST.laid-open": Text("{older[office]} {older[number]} of the same subject is older "
                                    "and had been laid open to public inspection.", _FIRST, True),
    "P08.NOT_FIRST.leaves-rights": Text("{older[office]} {older[number]} of the same subject is "
                                        "older and left rights outstanding.", _FIRST, True),
    "P08.NOT_FIRST.has-served": Text("{older[office]} {older[number]} of the same subject is "
                                     "older and had served as a basis for claiming priority.",
                                     _FIRST, True),
    "P08.TO_VERIFY": Text("A filing of the same subject is declared whose date no public entry "
                          "shows.", "Ask the applicant for its date and fate."),
    "P08.TO_VERIFY.declared-elsewhere": Text(
        "Only {said_by} declared that {older[office]} {older[number]} has the same subject; no "
        "office that this claim concerns said so.", _ONE_SUBJECT),
    "P08.TO_VERIFY.corrected-away": Text(
        "{older[office]} {older[number]} of the same subject is older; a claim to it was corrected "
        "to another filing, and whether it has served as a basis is open.", _HOLDER),
    "P08.TO_VERIFY.unconfirmed": Text(
        "{older[office]} {older[number]} of the same subject is older; a filer entered a claim to "
        "it that no office decided, and whether it has served as a basis is open.", _HOLDER),
    "P08.TO_VERIFY.too-many": Text("More filings of the same subject are declared than are "
                                   "followed.", _ONE_SUBJECT),
    "P08.NOT_TESTED": Text("Without a date nothing can be compared."),
    "P09.NOT_BARRED": Text("No recorded claim relied on Art. 4C(4) against it."),
    "P09.BARRED": Text("A claim recorded at {relied_on_by} relied on Art. 4C(4): this filing can "
                       "no longer be a basis for priority.", "The later office decides; ask the "
                       "office that relied on it.", True),
    "P09.TO_VERIFY.withdrawn": Text(
        "A claim that {relied_on_by} had accepted relied on Art. 4C(4) and was withdrawn since: "
        "whether this filing can be a basis again is open.", _HOLDER),
    "P09.TO_VERIFY.corrected": Text(
        "A claim that {relied_on_by} had accepted relied on Art. 4C(4) and was corrected to "
        "another filing since: whether this one can be a basis again is open.", _HOLDER),
    "P09.TO_VERIFY.pending": Text(
        "A claim recorded at {relied_on_by} relies on Art. 4C(4); whether it gives priority is "
        "open, and if it does this filing is set aside.", _HOLDER),
    "P09.TO_VERIFY.newer": Text(
        "A claim recorded at {relied_on_by} rests on a newer filing of the same subject; whether "
        "that one counts as the first is itself to be verified.", _HOLDER),
    "P09.TO_VERIFY.declared-elsewhere": Text(
        "A claim recorded at {relied_on_by} relied on Art. 4C(4); but only {said_by} declared that "
        "the newer filing has the same subject.", _ONE_SUBJECT),
    "P09.TO_VERIFY.too-many": Text("More filings of the same subject, or claims to them, are "
                                   "declared than are followed.", _ONE_SUBJECT),
    "P09.NOT_TESTED": Text("No public entry stands here to test."),

    "P10.SAME_APPLICANT": Text("The office declared that the applicant is the same."),
    "P10.SUCCESSOR": Text("A successor's title executed by the day of the later filing is "
                          "declared; when it was recorded does not matter."),
    "P10.JOINT_INCOMPLETE": Text(
        "Not all earlier applicants, or successors of theirs, made the later filing.",
        "Offices differ: show the title of the others, or that they consent."),
    "P10.TO_VERIFY": Text(
        "The declared title was executed on {executed}, after the later filing was made: offices "
        "differ on what that does to the claim, and nobody sourced the rule of this one.",
        "Show a title executed by the later filing's day, or ask the office."),
    "P10.TO_VERIFY.presumed": Text(
        "The declared title was executed on {executed}, after the later filing was made: the "
        "office presumes that who claims may claim, and that alone does not rebut it.",
        "Ask whether there was an earlier agreement, if only a tacit one."),
    "P10.TITLE_TOO_LATE": Text("The declared title was executed after the later filing was made.",
                               "Show a title executed by the later filing's day.", True),
    "P10.NOT_TESTED": Text("Identity of the applicants is asserted by the offices, and no "
                           "successor's title is declared.", "Compare the applicants; declare a "
                           "title: muniment relation declare"),
    "P10.NOT_TESTED.no-date": Text("Without the day of the later filing the title cannot be "
                                   "placed in time."),
}
"""Each result in words."""
