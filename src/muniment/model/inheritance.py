"""What a filing has from those before it (Paris Convention Art. 4C(2), 4F, 4G): P19 and P20."""

from muniment.model.priority_case import Case
from muniment.model.priority_result import Result, plain


def claim_is_inherited(case: Case) -> Result:
    """P19: a divisional, continuation or national phase MUST claim only what its parent claims."""
    descent, inherited = case.descent, case.claim.inherited
    named = (descent.parent or descent.phase) if descent else ""
    if descent is None or not named:
        return plain("P19", "NO_PARENT")
    facts = {"parent": named}
    if inherited == "standing":
        return Result("P19", "INHERITED", facts=facts)
    if inherited == "fallen":
        return Result("P19", "NOT_INHERITED", "fallen", facts)
    if inherited == "none" and descent.parent:
        return Result("P19", "NOT_INHERITED", facts=facts)
    return Result("P19", "TO_VERIFY", facts=facts)


def claim_is_no_chain(case: Case) -> Result:
    """P20: the earlier filing SHOULD NOT itself rest on the priority of another one."""
    if case.claim.found != "application":
        return plain("P20", "NOT_TESTED")
    if case.claim.chain:
        return Result("P20", "ONLY_WHAT_IS_NEW", facts={"claims": list(case.claim.chain)})
    if case.claim.chain_fallen:
        return Result("P20", "ONLY_WHAT_IS_NEW", "fallen",
                      {"claims": list(case.claim.chain_fallen)})
    return plain("P20", "NO_CHAIN")
