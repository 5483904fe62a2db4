"""`muniment priority report`: one page about a claim, for the dossier."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.assessment import LangOption, texts_of
from muniment.cli.common import JsonOption, LedgerOption, opened, print_json, show
from muniment.proof.errors import Malformed


def report(
    claim: Annotated[str, typer.Argument(
        help="OFFICE/KIND/NUMBER#PLACE of the later filing, the place from 0.")],
    html: Annotated[bool, typer.Option("--html", help="As a page of HTML.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="As a page of PDF.")] = False,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", help="The file; - for stdout. Named after the claim by default.")] = None,
    lang: LangOption = None,
    with_names: Annotated[bool, typer.Option(
        "--with-names", help="Show what the vault discloses: personal data.")] = False,
    grant: Annotated[Path | None, typer.Option(
        help="File with the applicant's disclosure of a sealed filing: its results are shown, to "
        "who may see them.")] = None,
    font: Annotated[Path | None, typer.Option(
        help="TrueType font to embed: the PDF is then PDF/A-3b.")] = None,
    ledger: LedgerOption = Path("ledger"),
    as_json: JsonOption = False,
) -> None:
    """Make the report of a recorded claim: one page to file, with its evidence attached."""
    with opened(ledger, as_json=as_json) as register:
        from muniment.cli.priority import granted
        from muniment.report.content import content
        from muniment.report.dossier import gather, parse_claim_name

        if html == pdf:
            raise Malformed("report-form-missing", "A report is either HTML or PDF.",
                            remedy="Say --html or --pdf.")
        texts = texts_of(lang)
        shown = content(gather(register, parse_claim_name(claim), with_names=with_names,
                               grant=granted(register, grant)), texts)
        if pdf:
            from muniment.report.document import as_pdf

            data = as_pdf(shown, font)
        else:
            from muniment.report.page import as_html

            data = as_html(shown).encode("utf-8")
        if str(out) == "-":
            sys.stdout.buffer.write(data)
            return
        file = out or Path(f"{shown.file_stem}.{'pdf' if pdf else 'html'}")
        file.write_bytes(data)
        if as_json:
            from muniment.proof.crypto import sha256

            print_json({
                "attached": {one.name: one.digest for one in shown.attachments},
                "bytes": len(data), "claim": shown.name, "fiction": register.is_fiction,
                "file": str(file), "height": register.ledger.head.height,
                "lang": texts.language, "sha256": sha256(data).hex(),
                "with_names": with_names,
            })
            return
        show([("report", f"{file}: {len(data)} bytes"),
              *(("attached", one.name) for one in shown.attachments)],
             fiction=register.is_fiction)
