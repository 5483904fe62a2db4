"""The generated reference pages: transaction types, codes, state tables, the lock of numbers."""

import inspect
from collections import Counter
from collections.abc import Iterator

from muniment import codec
from muniment.declare import TransactionType
from muniment.editions import NEWEST, lock, rules_of
from muniment.intake.rules import LEDGER_RULES, READING_RULES, RULES
from muniment.model import (
    account,
    application,
    claim,
    confirmation,
    document,
    ledger,
    member,
    misbehaviour,
    power,
    proposal,
    recovery,
    reference,
    relation,
    validator,
)
from muniment.model.codes import ENVELOPE_CODES, OPERATION_CODES, OPERATION_REASONS
from muniment.model.state import Table
from muniment.node.acts import field_docs
from muniment.operations import declared
from muniment.texts import LANGUAGES, catalogue, gaps

MADE = "<!-- Made by `make generate` from the declarations. Do not edit. -->\n"
FINDINGS = "<!-- The table is made by `make generate` from the declarations. -->\n"
STATE_MODULES = (account, application, claim, confirmation, document, ledger, member, misbehaviour,
                 power, proposal, recovery, reference, relation, validator)


def transactions() -> str:
    """Return the page of transaction types."""
    edition = f"Edition `{NEWEST}`, lock `{rules_of(NEWEST).hash}`.\n"
    parts = [f"# Transaction types\n\n{MADE}\n{edition}"]
    parts += [_transaction(one) for one in declared()]
    return "\n".join(parts)


def _transaction(one: TransactionType) -> str:
    module = inspect.getmodule(one.payload)
    purpose = (inspect.getdoc(module) or "").split("\n")[0]
    signers = ", ".join(sorted(signer.value for signer in one.signers))
    lines = [
        f"## `{one.name}` ({one.number})\n",
        f"{purpose}\n",
        f"Signed by: {signers}. Changes: {', '.join(sorted(one.may_change))}."
        + (f" Status event: {one.event}." if one.event else "") + "\n",
        "| member | required | what it is |",
        "|---|---|---|",
        *_members(one.payload),
        "",
        "| rule | code | refusal | requirement | basis |",
        "|---|---|---|---|---|",
    ]
    for check in one.checks:
        rule = f"{one.name}/{check.code % 100}"
        lines.append(f"| {rule} | {check.code} | `{check.refusal}` | {check.sentence} | "
                     f"{check.basis} |")
    effect = " ".join((one.effects[0].__doc__ or "").split())
    examples = [case for cases in one.cases for case in cases()]
    lines += ["", f"Effect: {effect}", "", "Worked case `" + examples[0].name + "`:", "",
              "```json", codec.encode(examples[0].operation).decode("utf-8"), "```", ""]
    return "\n".join(lines)


def _members(payload: type[codec.Record]) -> Iterator[str]:
    documented = field_docs(payload)
    for name, _, required in codec.fields(payload):
        yield f"| `{name}` | {'yes' if required else 'no'} | {documented[name]} |"


def state_tables() -> str:
    """Return the page of state tables."""
    parts = [f"# State tables\n\n{MADE}"]
    tables = {
        table.name: table
        for module in STATE_MODULES
        for table in vars(module).values()
        if isinstance(table, Table)
    }
    for name in sorted(tables):
        table = tables[name]
        rows = "\n".join(_members(table.kind)) or "| - | - | The key says it all. |"
        parts.append(f"## `{name}/`\n\n{table.describes}\n\n| member | required | what it is |\n"
                     f"|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def codes() -> str:
    """Return the page of codes."""
    lines = [f"# Codes\n\n{MADE}", "## Envelopes\n", "| code | name |", "|---|---|"]
    lines += [f"| {code} | `{name}` |" for name, code in sorted(
        ENVELOPE_CODES.items(), key=lambda pair: pair[1])]
    lines += ["", "An envelope that is refused leaves no trace in the ledger.", "",
              "## Operations\n", "| code | name | meaning |", "|---|---|---|"]
    accepted = "The operation was accepted."
    lines += [f"| {code} | `{name}` | {OPERATION_REASONS.get(code, accepted)} |"
              for name, code in OPERATION_CODES.items()]
    lines += [f"| {check.code} | `{check.refusal}` | {check.sentence} |"
              for one in declared() for check in one.checks]
    lines += ["", "Findings of imported files: [import](../import.md#findings)."]
    return "\n".join(lines) + "\n"


def import_page(written: str) -> str:
    """Return the page on imports: what was written by hand, and the table of findings."""
    head = written[: written.index(FINDINGS) + len(FINDINGS)]
    lines = ["", "| finding | effect | what it means |", "|---|---|---|"]
    told = [(rule.code, rule.refuses, rule.sentence) for rule in RULES]
    known = {code for code, _, _ in told}
    told += [(code, True, text) for code, text in READING_RULES.items() if code not in known]
    told += [(code, refuses, text) for code, (refuses, text) in LEDGER_RULES.items()]
    lines += [f"| `{code}` | {'refused' if refuses else 'flagged'} | {text} |"
              for code, refuses, text in told]
    return head + "\n".join(lines) + "\n"


def texts() -> str:
    """Return the page of texts: what there is in each language, and what falls back to English."""
    rows = catalogue()
    missing = Counter(language for language, _ in gaps())
    lines = [f"# Texts\n\n{MADE}", "What people read stands in `src/muniment/texts/*.csv`, a row a "
             "text. A text that is missing is shown in English.\n",
             "| language | written | missing |", "|---|---|---|"]
    lines += [f"| {one} | {len(rows) - missing[one]} | {missing[one]} |" for one in LANGUAGES]
    lines += ["", "| key | English | French |", "|---|---|---|"]
    lines += [f"| `{key}` | {_cell(row['en'])} | {_cell(row['fr'])} |"
              for key, row in sorted(rows.items())]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\u00a0", " ").strip()


def numbers_lock() -> str:
    """Return the lock of numbers: a line for each number that is frozen with its name."""
    frozen = lock(NEWEST, declared())
    lines = [f"{code} {name}" for name, code in frozen["envelopes"].items()]
    lines += [f"{code} {name}" for name, code in frozen["operations"].items()]
    for one in frozen["types"]:
        lines.append(f"type {one['number']} {one['name']}")
        lines += [f"{code} {one['name']} {name}" for code, name in one["checks"]]
    return "\n".join(lines) + f"\nedition {NEWEST} {rules_of(NEWEST).hash}\n"
