"""`muniment priority document`: certified copies, bound by a salted digest and never shown."""

from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli.common import (
    AccountOption,
    JsonOption,
    LedgerOption,
    group,
    named,
    opened,
    progress_bar,
    show,
    show_receipt,
)
from muniment.model.priority_facts import Presented
from muniment.node.register import Register
from muniment.proof.errors import Malformed

app = group("Record certified copies of earlier filings.")
NAME = "priority-document"
"""The name of the disclosure of a document's hashes and size."""
CHUNK = 1 << 20


@app.callback()
def documents() -> None:
    """Record certified copies of earlier filings."""


def hashes_of(path: Path) -> dict[str, Any]:
    """Return SHA-256, SHA-512 and size of a file, read in pieces."""
    from hashlib import sha256, sha512

    from muniment.proof.crypto import b64

    short, long, size = sha256(), sha512(), 0
    total = path.stat().st_size
    with path.open("rb") as file, progress_bar("hash", total) as move:
        while chunk := file.read(CHUNK):
            short.update(chunk)
            long.update(chunk)
            size += len(chunk)
            move(size)
    return {"sha256": b64(short.digest()), "sha512": b64(long.digest()), "size": size}


def read_disclosure(path: Path) -> tuple[str, dict[str, Any]]:
    """Return (text, hashes and size) of a disclosure of a document.

    Raises:
        Malformed: The file holds none.
    """
    from muniment.proof.disclosure import parse

    text = path.read_text(encoding="ascii", errors="replace").strip()
    _, name, value = parse(text)
    if name != NAME or not isinstance(value, dict):
        raise Malformed("disclosure-malformed", f"The disclosure is none of a {NAME}.",
                        basis="docs/formats/disclosure.md",
                        remedy="Use the one that came with the document.")
    return text, value


def present(document: Path, disclosure: Path) -> Presented:
    """Return a document that is presented with its disclosure."""
    from muniment.proof.disclosure import digest

    text, value = read_disclosure(disclosure)
    return Presented(digest(text), hashes_of(document) == value)


def recording(
    earlier: str, digest: str, certifier: str, certified: str, language: str,
    later: str | None = None, received: str | None = None, office: str | None = None,
) -> Any:
    """Return the operation that records a document."""
    from muniment.codec import from_members
    from muniment.operations.record_priority_document import RecordPriorityDocument

    first = named(earlier)
    plain: dict[str, Any] = {
        "certified": certified, "certifier": certifier, "digest": digest, "language": language,
        "earlier": {"number": first.number, "office": first.office, "right": first.right},
        "office": office or first.office, "type": "record-priority-document",
    }
    if later is not None:
        second = named(later)
        plain["later"] = {"number": second.number, "office": second.office,
                          "right": second.right}
        plain["office"] = office or second.office
    return from_members(RecordPriorityDocument,
                        plain if received is None else {**plain, "received": received})


@app.command()
def record(
    earlier: Annotated[str, typer.Argument(help="Earlier filing, OFFICE/KIND/NUMBER.")],
    certified: Annotated[str, typer.Option(help="Day of certification, YYYY-MM-DD.")],
    file: Annotated[Path | None, typer.Option(
        help="The document; its salted hashes are kept in the vault.")] = None,
    disclosure: Annotated[Path | None, typer.Option(
        help="File with the disclosure that came with it, instead of the document.")] = None,
    certifier: Annotated[str | None, typer.Option(
        help="Office that certified it; the earlier one if left out.")] = None,
    language: Annotated[str, typer.Option(help="Language of the copy, ISO 639-1.")] = "en",
    later: Annotated[str | None, typer.Option(
        help="Later filing for which it was received, OFFICE/KIND/NUMBER.")] = None,
    received: Annotated[str | None, typer.Option(help="Day on which it was received.")] = None,
    office: Annotated[str | None, typer.Option(
        help="Office that records it: the earlier one, or the later one with --later.")] = None,
    out: Annotated[Path | None, typer.Option(
        help="File to write the disclosure to; it goes with the document.")] = None,
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record a certified copy that this office made, or one that it received."""
    with opened(ledger, account, as_json=as_json) as register:
        digest, text = _bound(register, earlier, file, disclosure)
        operation = recording(earlier, digest, certifier or named(earlier).office, certified,
                              language, later, received, office)
        receipt = register.act(operation)
        if out is not None:
            out.write_text(text + "\n", encoding="ascii")
        show_receipt(register, receipt, f"certified copy of {earlier}, {digest}",
                     as_json=as_json)
        if not as_json:
            show([("with the document", f"goes its disclosure: {out or 'write it with --out'}")])


def _bound(
    register: Register, earlier: str, file: Path | None, disclosure: Path | None
) -> tuple[str, str]:
    """Return (digest, disclosure) of a document, and keep the disclosure in the vault.

    Raises:
        Malformed: Neither a document nor a disclosure is given, or they do not agree.
    """
    from muniment.proof.disclosure import digest
    from muniment.vault.vault import Disclosure, disclose

    if disclosure is not None:
        text, value = read_disclosure(disclosure)
        if file is not None and hashes_of(file) != value:
            raise Malformed("document-altered", "The document is not the one that its disclosure "
                            "describes.", basis="docs/formats/disclosure.md",
                            remedy="Ask for the copy again.")
        bound = digest(text)
    elif file is not None:
        text, bound = disclose(NAME, hashes_of(file))
    else:
        raise Malformed("document-missing", "Neither a document nor its disclosure is given.",
                        remedy="Add --file FILE or --disclosure FILE.")
    register.vault.keep([Disclosure(register.reference_key(named(earlier)), NAME, text)])
    return bound, text
