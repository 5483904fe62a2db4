"""Claims in the register: what fits into a value, and what operations do to a claim in turn."""

from typing import get_args

from muniment.codec import encode
from muniment.model import example
from muniment.model.claim import (
    ASSERTED_MAX,
    Claim,
    ClaimStatus,
    ClaimSteps,
    Decision,
    EarlierName,
    Finding,
    Goods,
    Restoration,
)
from muniment.model.document import PriorityDocument
from muniment.model.result_texts import ABOUT, results_of
from muniment.proof import limits

DAY, MANY = "2199-12-31", limits.INTEGER_MAX


def longest(values):
    return max(values, key=len)


def test_the_longest_claim_fits_into_a_value():
    steps = ClaimSteps(**dict.fromkeys(ClaimSteps.__struct_fields__, DAY))
    claim = Claim(
        correction=MANY, date=DAY, decided=Decision(date=DAY, entry=MANY, ground="g" * 40),
        earlier=EarlierName(number="\\" * 40, office="XB", right="utility-model"), entry=MANY,
        goods=Goods(classes=tuple(range(1, 46)), listed=example.DIGEST), recorded=MANY,
        restored=Restoration(criterion="unintentional", date=DAY, entry=MANY, requested=DAY),
        status=longest(get_args(ClaimStatus)), steps=steps, submitter="A" * 43, was=DAY)
    assert len(encode(claim)) <= limits.STATE_VALUE_BYTES_MAX


def test_the_longest_finding_fits_into_a_value():
    results = {check: longest(results_of(check)) for check in ABOUT}
    asserted = dict(sorted(results.items(), key=lambda one: -len(one[1]))[:ASSERTED_MAX])
    finding = Finding(
        asserted=asserted, calendar=f"XA.2199.{MANY}", deadline=DAY, entry=MANY, results=results,
        rules="2026")
    assert len(encode(finding)) <= limits.STATE_VALUE_BYTES_MAX


def test_the_longest_document_fits_into_a_value():
    document = PriorityDocument(
        certified=DAY, certifier="XA", digest=example.DIGEST, entry=MANY, language="en",
        later="~" * 160, received=DAY, recorded=MANY, recorder="XB", submitter="A" * 43)
    assert len(encode(document)) <= limits.STATE_VALUE_BYTES_MAX
