"""The demo's story: what each office does, what is expected, and what came out.

Every act states its expected outcome and compares; nothing is printed as done that was not done
and checked. The offices Aldmere XA, Brennia XB, Corvane XC, Dalmark XD and Estovar XE are fiction.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from muniment.cli.account import _made, denying
from muniment.cli.claim import claiming
from muniment.cli.evidence import NOT_PROVEN
from muniment.cli.filing import (
    erase_name,
    keep_sealed,
    open_filing,
    sealed_filing,
)
from muniment.cli.priority import Checker
from muniment.cli.story_network import act_network
from muniment.cli.story_priority import (
    act_country_not_bound,
    act_first_filing,
    act_restoration,
)
from muniment.model.application import formats_of
from muniment.model.checking import filing
from muniment.model.number import suggest
from muniment.model.priority import Assessment
from muniment.node import evidence as maker
from muniment.node.enrolment import enrol
from muniment.node.founding import found
from muniment.node.register import Reference, Register
from muniment.node.solo import POLICY_FILE
from muniment.proof.canonical import encode
from muniment.proof.errors import LedgerError
from muniment.reference import packaged_rows
from muniment.storage.sqlite import FILE_NAME

FIRST = Reference("XA", "patent", "2025/000123")
FIRST_DATE = "2025-09-18"
MONDAY = "2026-09-21"
LATER = {"XB": "2026-00077", "XC": "C 41/2026", "XD": "26/000009"}
APPLICANT = "Wanda Fictional of Aldmere"
TITLE = "Folding lantern"
_NO_NETWORK = """
import socket

def refuse(*args, **kwargs):
    raise SystemExit("the verifier asked for a network")

socket.socket = socket.create_connection = socket.getaddrinfo = refuse
from muniment.cli.main import main

main()
"""


class Story:
    """Tells the story in a directory.

    Args:
        directory: Where its files will lie; an earlier telling is replaced.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ledger = directory / "ledger"
        self.as_told = True
        self._number = 0

    def tell(self) -> bool:
        """Tell all of it; return whether every outcome was as told."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.say("Muniment: the main job, by five FICTIONAL offices: Aldmere XA, Brennia XB,\n"
                  "Corvane XC, Dalmark XD, Estovar XE. XA operates the ledger; each has its keys.")
        found(self.ledger, office="XA", name="register.aldmere.example", profile="demo",
              rows=packaged_rows("demo"))
        with Register(self.ledger) as register:
            self._enrol(register)
            self._act_number_and_date(register)
            self._act_three_offices(register)
            self._act_letter_for_digit(register)
            self._act_one_answer(register)
            self._act_barred_agent(register)
            self._act_only_the_office(register)
            act_restoration(self, register, FIRST, FIRST_DATE, {
                office: Reference(office, "patent", LATER[office]) for office in ("XC", "XD")})
            act_first_filing(self, register)
            act_country_not_bound(self, register)
            register.account = "XA"
            self._make_evidence(register)
        self._act_offline()
        with Register(self.ledger) as register:
            self._act_erasure(register)
        act_network(self)
        self._end()
        return self.as_told

    def say(self, text: str) -> None:
        """Print a line."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def act(self, title: str) -> None:
        """Begin an act."""
        self._number += 1
        self.say(f"\n{self._number}  {title}")

    def expect(self, what: str, outcome: Any, expected: Any) -> None:
        """Compare what came out with what is told."""
        good = outcome == expected
        self.as_told &= good
        self.say(f"   {'ok ' if good else 'NOT AS TOLD'} {what}"
                  + ("" if good else f": {outcome!r}, expected {expected!r}"))

    def outcome(self, register: Register, operation: Any, account: str) -> str:
        """Submit an operation; return `accepted`, or the name of its refusal."""
        try:
            register.account = account
            register.act(operation)
        except LedgerError as error:
            return error.name
        finally:
            register.account = register.operator
        return "accepted"

    def _enrol(self, register: Register) -> None:
        for office in ("XB", "XC", "XD", "XE"):
            enrol(register, office)
        register.account = "XB"
        self.agent, _ = enrol(register, None)
        self.applicant, _ = enrol(register, None, algorithm="ES256")
        for account in (self.agent, self.applicant):
            register.act(_made("grant-role", {"account": account, "office": "XB",
                                              "role": "filer"}))
        register.account = "XA"
        register.act(_made("declare-coverage", {"office": "XA", "right": "patent",
                                                "series": ["2025"]}))

    def _act_number_and_date(self, register: Register) -> None:
        self.act("Aldmere accords a number and a date")
        values = {"applicants": [APPLICANT], "title": TITLE}
        operation = open_filing(register, FIRST, FIRST_DATE, values)
        self.expect(f"XA {FIRST.number} of {FIRST_DATE} is entered",
                     self.outcome(register, operation, "XA"), "accepted")
        self.say("       applicant and title lie in XA's vault; the ledger has salted digests")

    def _act_three_offices(self, register: Register) -> None:
        self.act(f"One claim, three offices, all filed on Monday {MONDAY}")
        expected = {"XB": "IN_TIME", "XC": "RESTORABLE", "XD": "LATE"}
        checker = Checker(register.ledger.state)
        earlier = filing(*FIRST, FIRST_DATE)
        for office, number in LATER.items():
            filed = Reference(office, "patent", number)
            register.account = office
            register.act(open_filing(register, filed, MONDAY, {}))
            assessed = checker.assess(filing(*filed, MONDAY), [earlier])
            result = next(one for one in assessed.claims[0].results if one.check == "P06")
            self.expect(f"{office}: {result.result}. {result.reason}", result.result,
                         expected[office])
            if result.remedy:
                self.say(f"       remedy: {result.remedy}")
        register.account = "XA"

    def _act_letter_for_digit(self, register: Register) -> None:
        self.act("A number with a letter O for a zero")
        wrong = Reference("XA", "patent", "2025/00O124")
        outcome = self.outcome(register, open_filing(register, wrong, FIRST_DATE, {}), "XA")
        self.expect(f"XA {wrong.number} is refused", outcome, "number-format-unknown")
        meant = suggest(formats_of(register.ledger.state, "XA", "patent"), wrong.number)
        self.expect(f"did you mean {', '.join(meant)}?", meant, ("2025/000124",))

    def _act_one_answer(self, register: Register) -> None:
        self.act("Unknown, sealed, sealed with a wrong date: one answer")
        secret = Reference("XA", "patent", "2025/000200")
        operation, text = sealed_filing(register, secret, "2025-10-01", {"title": "Secret lamp"})
        keep_sealed(register, operation.sealed, text)
        register.act(operation)
        later = filing("XB", "patent", LATER["XB"], MONDAY)
        checker = Checker(register.ledger.state)
        asked = (("2025/000999", "2025-10-01"), ("2025/000200", "2025-10-01"),
                 ("2025/000200", "2025-10-02"))
        answers = [
            encode(checker.assess(later, [filing("XA", "patent", number, day)]).as_json())
            for number, day in asked
        ]
        self.say(f"       {self._answer(checker.assess(later, [filing(*secret, '2025-10-01')]))}")
        self.expect("three questions, the same answer to the byte", len(set(answers)), 1)
        self.expect("and it does not confirm", b"not-confirmed" in answers[0], True)

    def _answer(self, assessed: Assessment) -> str:
        claim = assessed.claims[0].as_json()
        return f"{claim['answer']}: {claim['reason']}"

    def _act_barred_agent(self, register: Register) -> None:
        self.act("An agent barred at Brennia, and the applicant himself")
        register.account = "XB"
        register.act(denying(register, self.agent, "professional-suspension", 180))
        claim = claiming(f"XB/patent/{LATER['XB']}", "XA/patent/2025/000123", FIRST_DATE)
        self.expect("the agent's claim is refused", self.outcome(register, claim, self.agent),
                     "participant-barred")
        self.expect("the applicant's same claim is recorded",
                     self.outcome(register, claim, self.applicant), "accepted")

    def _act_only_the_office(self, register: Register) -> None:
        self.act("Four offices together try to change Aldmere's date")
        joint, _ = enrol(register, None, keys=4, threshold=4)
        correction = _made("correct-entry", {
            "date": "2025-09-19", "ground": "majority-vote", "number": FIRST.number,
            "office": "XA", "right": "patent", "was": FIRST_DATE,
        })
        self.expect("a joint account of four keys, threshold four, is refused",
                     self.outcome(register, correction, joint), "not-authorised")
        _, entry = register.find(FIRST)
        self.expect(f"the date is still {FIRST_DATE}: only XA can correct it", entry.date,
                     FIRST_DATE)

    def _make_evidence(self, register: Register) -> None:
        _, entry = register.find(FIRST)
        shown = register.disclosures([entry.disclosed["applicants"]])
        data = maker.entry_evidence(register.ledger, entry.entry, shown)
        self.evidence = self.directory / "evidence.json"
        self.evidence.write_bytes(data)
        shutil.copy(self.ledger / POLICY_FILE, self.directory / POLICY_FILE)
        self.entry = entry.entry

    def _act_offline(self) -> None:
        self.act("Evidence, verified in a fresh process with no network and no ledger")
        self.expect(f"{self.evidence} is VALID", self.verify(self.evidence), True)
        forged = self.directory / "forged.json"
        text = self.evidence.read_text(encoding="utf-8")
        forged.write_text(text.replace(FIRST_DATE, "2025-09-17"), encoding="utf-8")
        self.expect("one character changed: refused", self.verify(forged), False)
        forged.unlink()
        found_at = self._flip_a_bit()
        self.expect(f"one bit of the ledger flipped: found at entry {found_at}", found_at,
                     self.entry)

    def verify(self, file: Path, policy: Path | None = None) -> bool:
        """Verify a file in a fresh process that has no network; by default as XA's policy says."""
        policy = policy or self.directory / POLICY_FILE
        command = [sys.executable, "-c", _NO_NETWORK, "evidence", "verify", str(file), "--trust",
                   str(policy), "--json"]
        run = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - ourselves
        valid = run.stdout.startswith(b"{") and json.loads(run.stdout)["valid"]
        return bool(valid) and run.returncode == 0

    def _flip_a_bit(self) -> int | None:
        """Flip one bit of an entry in a copy of the ledger; return where the audit finds it."""
        copy = self.directory / "flipped"
        shutil.copytree(self.ledger, copy)
        database = sqlite3.connect(copy / FILE_NAME)
        with database:
            row = database.execute("SELECT body FROM entry WHERE position = ?", (self.entry,))
            body = bytearray(row.fetchone()[0])
            body[10] ^= 1
            database.execute("UPDATE entry SET body = ? WHERE position = ?",
                             (bytes(body), self.entry))
        database.close()
        try:
            from muniment.node.audit import audit

            with Register(copy, read_only=True) as register:
                audit(register.ledger)
        except LedgerError as error:
            words = error.detail.split(":")[0].split(" ")
            return int(words[1]) if words[0] == "Entry" else None
        finally:
            shutil.rmtree(copy)
        return None

    def _act_erasure(self, register: Register) -> None:
        self.act("The applicant's name is erased")
        erase_name(register, FIRST, "applicants", "data-subject-request")
        register.vault.close()
        left = [path.name for path in self.ledger.rglob("*")
                if path.is_file() and APPLICANT.encode() in path.read_bytes()]
        self.expect("no copy is left in the ledger's directory", left, [])
        _, entry = register.find(FIRST)
        data = maker.entry_evidence(register.ledger, entry.entry)
        fresh = self.directory / "evidence-after-erasure.json"
        fresh.write_bytes(data)
        self.expect("new evidence of the entry is VALID", self.verify(fresh), True)
        self.expect("the evidence handed out before is VALID too", self.verify(self.evidence),
                     True)
        self.say("       out of reach: evidence that was handed out still shows what it disclosed")

    def _end(self) -> None:
        policy = self.directory / POLICY_FILE
        self.say("\nNot proven by any of this:")
        for one in NOT_PROVEN[:3]:
            self.say(f"   - {one}")
        self.say(f"\nEvidence: {self.evidence}   trust policy: {policy}\n\nTry next:")
        for command in (
            f"evidence show {self.evidence} --trust {policy}",
            f"ledger verify --ledger {self.ledger}",
            "deadline XB 2025-09-18 --right patent",
        ):
            self.say(f"   .venv/bin/muniment {command}")
