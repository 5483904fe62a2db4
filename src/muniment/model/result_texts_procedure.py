"""The results of P11 to P22 in words: what was done for a claim, and whether it stands."""

from muniment.model.result_text import (
    NO_CALENDAR,
    PERHAPS_CLOSED,
    PUBLISH,
    TOO_EARLY,
    UNKNOWN,
    Text,
)

_NO_DATE = Text("Without the filing date no time limit can be counted.")
_EXCUSE = "Ask the office whether it excuses the delay."
_INVITATION = "Ask the office whether it has invited, and answer in the time that it sets."

PROCEDURE = {
    "P11.IN_TIME": Text("The claim was declared on {declared}, by {due}."),
    "P11.IN_TIME.recorded": Text("The claim stood in the register by {declared}; it could be "
                                 "declared until {due}."),
    "P11.IN_TIME.corrected": Text("The claim was declared on {declared} and corrected on "
                                  "{corrected}, by {due}."),
    "P11.COUNTED_IN_TIME": Text(
        "The correction of {corrected} came after {due}, within one month of it: it counts as in "
        "time unless the claim had been declared void before.", "Ask the receiving Office "
        "whether it had.", basis="PCT Rule 26bis.2(b)"),
    "P11.LATE": Text("The claim was declared on {declared}; it could be declared until {due}.",
                     _EXCUSE, True),
    "P11.LATE.correction": Text("The claim was corrected on {corrected}; it could be corrected "
                                "until {due}.", _EXCUSE, True),
    "P11.LATE.at-any-rate": Text("The claim was declared on {declared}; whatever days the office "
                                 "was closed, it could be declared until {due} at the latest.",
                                 _EXCUSE, True),
    "P11.TO_VERIFY.perhaps-closed": PERHAPS_CLOSED,
    "P11.EXCUSED": Text("The claim was declared on {declared}, after {due}; the later office "
                        "accepted it all the same."),
    "P11.EXCUSED.correction": Text("The claim was corrected on {corrected}, after {due}; the "
                                   "later office accepted it all the same."),
    "P11.LATE.early-publication": Text(
        "The claim was declared or corrected on {acted}, by {due}, but after early publication "
        "was asked for on {asked}: what comes after such a request counts as not submitted.",
        "Ask the office whether the request was withdrawn in time.", True,
        "PCT Rule 26bis.1(b)"),
    "P11.EXCUSED.early-publication": Text(
        "The claim was declared or corrected on {acted}, after early publication was asked for on "
        "{asked}; the later office accepted the claim all the same."),
    "P11.TO_VERIFY.early-publication": Text(
        "The claim was declared or corrected on {acted}, by {due}, but the filing was published, "
        "or its early publication asked for, by then: what comes after such a request counts as "
        "not submitted.", "Look up whether and when early publication was asked for; state it: "
        "--fact early-publication=DATE", basis="PCT Rule 26bis.1(b)"),
    "P11.POLICY_UNKNOWN": UNKNOWN,
    "P11.POLICY_UNKNOWN.correction": Text(
        "The claim was declared in time; nobody sourced until when {office} lets a claim be "
        "corrected, and it was on {corrected}.", PUBLISH),
    "P11.CALENDAR_UNKNOWN": NO_CALENDAR,
    "P11.NOT_TESTED": Text("No day of declaration is stated; the claim could be declared until "
                           "{due}.", "State the day: muniment priority correct --declared"),
    "P11.NOT_TESTED.no-date": _NO_DATE,
    "P11.NOT_TESTED.too-early": TOO_EARLY,
    "P11.TO_VERIFY.another": Text(
        "The claim was declared on {declared}, by {due}: in time if another claim was made with "
        "the filing, and no day of that one is stated.", "State the day on which the other claim "
        "was declared: muniment priority correct --declared"),
    "P11.TO_VERIFY": Text(
        "The claim was corrected more than once, last on {corrected}, by {due}; whether every "
        "correction came in time is not told here.", "Look at the earlier ones in the log."),

    "P12.IN_TIME": Text("The number was given on {given}, by {due}."),
    "P12.IN_TIME.declared": Text("The number was given with the claim, by {due}."),
    "P12.IN_TIME.recorded": Text("The number stood in the register by {given}; it could be given "
                                 "until {due}."),
    "P12.LATE": Text("The number was given on {given}; it could be given until {due}.",
                     _EXCUSE, True),
    "P12.TO_VERIFY.perhaps-closed": PERHAPS_CLOSED,
    "P12.EXCUSED": Text("The number was given on {given}, after {due}; the later office accepted "
                        "the claim all the same."),
    "P12.EXCUSED.missing": Text("The number is not given; the later office accepted the claim all "
                                "the same."),
    "P12.INVITATION_DUE": Text(
        "The number was given on {given}, after {due}; the claim is not lost before the office "
        "has invited the applicant to give it.", _INVITATION),
    "P12.INVITATION_DUE.missing": Text(
        "The number is not given; the claim is not lost before the office has invited the "
        "applicant to give it.", "Give the number by {due}, or when the office invites."),
    "P12.TO_VERIFY.late": Text("The number was given on {given}, after {due}; nobody sourced what "
                               "follows at {office}.", _EXCUSE),
    "P12.LATE_NOT_VOID": Text(
        "The number was given on {given}, after {due}; the claim is not void for that alone.",
        "Ask the office whether it takes the number into account.",
        basis="PCT Rule 26bis.2(c)(i)"),
    "P12.MISSING": Text("The number is not given; it can be given until {due}.",
                        "Give the number by {due}.", True),
    "P12.MISSING_NOT_VOID": Text("The number is not given; the claim is not void for that alone.",
                                 "Give the number by {due}.", basis="PCT Rule 26bis.2(c)(i)"),
    "P12.POLICY_UNKNOWN": UNKNOWN,
    "P12.CALENDAR_UNKNOWN": NO_CALENDAR,
    "P12.NOT_TESTED": Text("No day on which the number was given is stated; it could be given "
                           "until {due}."),
    "P12.NOT_TESTED.no-date": _NO_DATE,
    "P12.NOT_TESTED.too-early": TOO_EARLY,

    "P13.RECEIVED": Text("{recorder} received a certified copy on {received}."),
    "P13.AVAILABLE": Text("The earlier office recorded here, on {certified}, a copy that it "
                          "certified."),
    "P13.REQUESTED": Text("A digital library or the receiving Office was asked for the copy on "
                          "{requested}."),
    "P13.NOT_REQUIRED": Text("The office asks for no certified copy."),
    "P13.ON_REQUEST": Text("The office asks for a certified copy only if it needs one."),
    "P13.POLICY_UNKNOWN": Text("No copy is recorded, and nobody sourced whether {office} needs "
                               "one.", "Ask for a certified copy."),
    "P13.NOT_TESTED": Text("No certified copy is recorded.", "Record it: muniment priority "
                           "document record"),
    "P13.NOT_TESTED.too-early": TOO_EARLY,

    "P14.IN_TIME": Text("The copy was there on {copy}, by {due}."),
    "P14.IN_TIME.requested": Text("The copy was asked for on {copy}, by {due}."),
    "P14.IN_TIME.library": Text("The digital library was asked for the copy on {copy}, before the "
                                "publication of {published}.", basis="PCT Rule 17.1(b-bis)"),
    "P14.IN_TIME.convention": Text("The copy was there on {copy}, by {due}: within three months "
                                   "of the filing, which suffices at every office."),
    "P14.LAST_DAY": Text("The copy came on {copy}, after {due} and before the publication of "
                         "{published}: it counts as received on the last day.",
                         basis="PCT Rule 17.1(a)"),
    "P14.TO_VERIFY": Text("The copy came, or was asked for, on {copy}, after {due}: it counts as "
                          "in time if the filing was published later, and no day of publication "
                          "is recorded.", "Record it: muniment filing publish",
                          basis="PCT Rule 17.1(a)-(b-bis)"),
    "P14.LATE": Text("The copy came, or was asked for, on {copy}; it was due by {due}.",
                     _EXCUSE, True),
    "P14.TO_VERIFY.perhaps-closed": PERHAPS_CLOSED,
    "P14.EXCUSED": Text("The copy came, or was asked for, on {copy}, after {due}; the later "
                        "office accepted the claim all the same."),
    "P14.INVITATION_DUE": Text(
        "The copy came, or was asked for, on {copy}, after {due}; the claim is not lost before "
        "the office has invited the applicant to file it.", _INVITATION),
    "P14.TO_VERIFY.late": Text("The copy came, or was asked for, on {copy}, after {due}; nobody "
                               "sourced what follows at {office}.", _EXCUSE),
    "P14.LATE_NOT_VOID": Text(
        "The copy came, or was asked for, on {copy}, after {due}; the claim is not void for that. "
        "A designated Office may disregard it only after it gave the applicant an opportunity to "
        "furnish the copy.", "Ask the designated Office for that opportunity.",
        basis="PCT Rules 17.1(c) and 26bis.2"),
    "P14.NOT_REQUIRED": Text("The office asks for no certified copy."),
    "P14.ON_REQUEST": Text("The office asks for a certified copy only if it needs one; no time "
                           "limit runs before."),
    "P14.POLICY_UNKNOWN": UNKNOWN,
    "P14.CALENDAR_UNKNOWN": NO_CALENDAR,
    "P14.NOT_TESTED": Text("No certified copy is recorded; it is due by {due}.",
                           "File it, or ask the digital library for it, by {due}."),
    "P14.NOT_TESTED.no-date": _NO_DATE,
    "P14.NOT_TESTED.too-early": TOO_EARLY,

    "P15.INTACT": Text("The file is the one whose salted digest {certifier} recorded under its "
                       "own account."),
    "P15.OFFICE_CERTIFIED": Text("{certifier} recorded under its own account that it certified "
                                 "the copy on {certified}."),
    "P15.CERTIFIED_BY_ANOTHER": Text(
        "{recorder} recorded the copy, certified by {certifier}; the earlier office recorded none "
        "under its own account.", "Compare the certification with the document itself."),
    "P15.DIGEST_DIFFERS": Text(
        "The digest that {recorder} recorded is none that the earlier office recorded: another "
        "copy, or the same one under another salt.", "Compare both disclosures."),
    "P15.UNRECORDED": Text("No office recorded the digest of the file that was presented.",
                           "Ask the earlier office for its copy."),
    "P15.ALTERED": Text("The file that was presented is not the one that its disclosure "
                        "describes.", "Ask for the copy again."),
    "P15.NOT_TESTED": Text("No certified copy is recorded."),
    "P15.NOT_TESTED.too-early": TOO_EARLY,

    "P16.NOT_ASKED": Text("The office asks for no translation of the earlier filing."),
    "P16.IN_TIME": Text("The translation was filed on {filed_on}, by {due}."),
    "P16.LATE": Text("The translation was filed on {filed_on}; it was due by {due}.",
                     _EXCUSE, True),
    "P16.TO_VERIFY.perhaps-closed": PERHAPS_CLOSED,
    "P16.EXCUSED": Text("The translation was filed on {filed_on}, after {due}; the later office "
                        "accepted the claim all the same."),
    "P16.POLICY_UNKNOWN": UNKNOWN,
    "P16.CALENDAR_UNKNOWN": NO_CALENDAR,
    "P16.NOT_TESTED": Text("No translation is recorded; it is due by {due}.",
                           "File it by {due}."),
    "P16.NOT_TESTED.not-invited": Text("The office asks for a translation by invitation, and none "
                                       "is recorded."),
    "P16.NOT_TESTED.no-date": Text("Without a last day nothing can be compared.", "State the last "
                                   "day that the invitation set."),
    "P16.NOT_TESTED.national-phase": Text(
        "This office asks for a translation within a time limit from filing, and none runs from "
        "the international filing date: it sets one when the filing enters the national phase, or "
        "in an invitation.", "State the last day that the office set.",
        basis="Paris Convention Art. 4D(3); PCT Rule 51bis.1(e)"),
    "P16.NOT_TESTED.too-early": TOO_EARLY,

    "P17.NOT_CHARGED": Text("The office charges no fee for the claim."),
    "P17.PAID": Text("The fee for the claim was paid on {paid}."),
    "P17.POLICY_UNKNOWN": UNKNOWN,
    "P17.NOT_TESTED": Text("The office charges a fee for each claim; no payment is recorded.",
                           "Record the payment: muniment priority correct --fee-paid"),
    "P17.NOT_TESTED.too-early": TOO_EARLY,

    "P18.PRIORITY_DATE": Text("Each claim is assessed by itself; the earliest that nothing "
                              "excludes counts."),
    "P18.PARTIAL": Text("For the classes named, the claims that nothing excludes count; the other "
                        "goods and services have the filing date."),
    "P18.NONE": Text("No claim gives a priority date on public facts."),

    "P19.NO_PARENT": Text("No office declared a filing from which this one descends."),
    "P19.INHERITED": Text("{parent} holds the same claim, and it stands."),
    "P19.NOT_INHERITED": Text("{parent} holds no claim to this earlier filing.", "Claim only what "
                              "the parent claims.", True),
    "P19.NOT_INHERITED.fallen": Text("The claim of {parent} to this earlier filing was withdrawn, "
                                     "refused, or gives no priority.", "", True),
    "P19.TO_VERIFY": Text("The claims of {parent} do not stand in the public register here.",
                          "Ask the office of the parent."),

    "P20.NO_CHAIN": Text("The earlier filing holds no recorded claim of its own."),
    "P20.ONLY_WHAT_IS_NEW": Text(
        "The earlier filing itself claims the priority of {claims}: it gives priority only for "
        "what is new in it.", "Claim the priority of the first filing for the rest."),
    "P20.ONLY_WHAT_IS_NEW.fallen": Text(
        "The earlier filing claimed the priority of {claims}, and that claim was withdrawn or "
        "refused: that makes it no first filing of what both contain, and it gives priority only "
        "for what is new in it.", "Claim the priority of the first filing for the rest, or show "
        "that it is another subject."),
    "P20.NOT_TESTED": Text("The earlier office's own entry does not stand here; its claims are "
                           "not known."),

    "P21.PUBLIC": Text("The entry is public: everyone gets every result."),
    "P21.GRANTED": Text("The filing is sealed; who holds the applicant's disclosure gets every "
                        "result."),
    "P21.ASSERTED_ONLY": Text("No public entry stands here: the other results rest on what the "
                              "claim asserts."),
    "P21.NOT_CONFIRMED": Text("Nothing is answered beyond what is public."),

    "P22.STANDS": Text("No withdrawal or refusal is recorded."),
    "P22.ACCEPTED": Text("The later office accepted the claim, in whole or in part."),
    "P22.WITHDRAWN": Text("The claim was withdrawn.", "", True),
    "P22.REFUSED": Text("The later office refused the claim.", "Ask the later office; its "
                        "decision may be open to appeal.", True),
}
"""Each result in words."""
