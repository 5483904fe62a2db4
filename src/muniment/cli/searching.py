"""`muniment filing search`: find filings by number, date, office, right and words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from muniment.cli.common import (
    JsonOption,
    LedgerOption,
    errors,
    opened,
    print_json,
    progress_bar,
    show,
    show_table,
    utc,
)
from muniment.node.register import Register
from muniment.proof.disclosure import parse
from muniment.proof.errors import NotFound

if TYPE_CHECKING:
    from muniment.search.index import SearchIndex
    from muniment.search.query import Answer, Hit

TITLE_SHOWN = 48


def search(
    words: Annotated[list[str] | None, typer.Argument(
        help='Words, all of which must occur; "two words" for neighbours, lant* for a beginning.',
    )] = None,
    number: Annotated[str, typer.Option(help="A number, in any spelling.")] = "",
    office: Annotated[str, typer.Option(help="ST.3 code of the office.")] = "",
    right: Annotated[str, typer.Option(
        help="patent, utility-model, design or trademark.")] = "",
    first: Annotated[str, typer.Option("--from", help="Earliest filing date, YYYY-MM-DD.")] = "",
    last: Annotated[str, typer.Option("--to", help="Latest filing date, YYYY-MM-DD.")] = "",
    page: Annotated[int, typer.Option(help="Which page, from 1.")] = 1,
    size: Annotated[int, typer.Option(help="Filings a page, at most 100.")] = 20,
    rebuild: Annotated[bool, typer.Option(
        "--rebuild", help="Make the index anew from ledger and vault.")] = False,
    ledger: LedgerOption = Path("ledger"),
    as_json: JsonOption = False,
) -> None:
    """Find filings: the office's own entries, and copies that are shown as such."""
    from muniment.search.query import Question, check
    from muniment.search.query import search as find

    asked = Question(" ".join(words or ()), number, office, right, first, last, page, size)
    with errors(as_json=as_json):
        check(asked)
    with indexed(ledger, anew=rebuild, as_json=as_json) as (register, index):
        answer = find(index, register.ledger.state, asked)
        if as_json:
            print_json(_as_json(register, index, answer, asked.page, asked.size))
        else:
            _show(register, index, answer, asked.page, asked.size)


@contextmanager
def indexed(
    ledger: Path, *, anew: bool = False, as_json: bool = False
) -> Iterator[tuple[Register, "SearchIndex"]]:
    """Open a ledger and its index, brought up to date."""
    from muniment.search.index import SearchIndex

    for attempt in range(2):
        with opened(ledger, as_json=as_json, read_only=True) as register, SearchIndex(
            ledger) as index:
            if index.is_ahead(register.ledger) and not attempt:
                continue  # another process indexed a block that this one has not seen yet
            with progress_bar("making the search index", None) as move:
                index.update(register.ledger, _shown(register), move, anew=anew)
            yield register, index
            return


def _shown(register: Register) -> Any:
    """Return the vault's disclosures, or None for a ledger that has no vault."""
    try:
        return register.vault.show
    except NotFound:
        return None


def _disclosed(register: Register, hit: "Hit") -> dict[str, Any]:
    show_one = _shown(register)
    texts = [show_one(digest) for name, digest in hit.standing.disclosed.items()
             if name not in hit.standing.erased] if show_one else []
    return {name: value for _, name, value in (parse(one) for one in texts if one)}


def _as_json(
    register: Register, index: "SearchIndex", answer: "Answer", page: int, size: int
) -> dict[str, Any]:
    head, extent = register.ledger.head, index.extent()
    return {
        "fiction": register.is_fiction,
        "filings_indexed": extent.filings,
        "height": head.height,
        "hits": [{**one.as_json(), "disclosed": _disclosed(register, one)}
                 for one in answer.hits],
        "ledger": register.ledger.identity.origin,
        "more": answer.more,
        "page": page,
        "size": size,
        "time": head.time,
        "total": answer.total,
        "undated_copies": answer.undated,
        "words_indexed": extent.words,
    }


def _show(
    register: Register, index: "SearchIndex", answer: "Answer", page: int, size: int
) -> None:
    head, extent = register.ledger.head, index.extent()
    show([], fiction=register.is_fiction)
    if answer.hits:
        show_table(("filing", "date", "stands as", "title"), [
            (one.reference, one.standing.date or "no date", _stands_as(one),
             _title(register, one)) for one in answer.hits
        ])
    first = (page - 1) * size
    more = "more than " if answer.more else ""
    shown = f"{first + 1} to {first + len(answer.hits)} of " if answer.hits else ""
    rows = [("found", f"{shown}{more}{answer.total}")]
    if first + len(answer.hits) < answer.total and answer.hits:
        rows.append(("next", f"--page {page + 1}"))
    if answer.undated:
        rows.append(("without a date", f"{answer.undated} copies fit but for the date: their "
                     "source gives none"))
    rows.append(("from", f"{register.ledger.identity.origin}, block {head.height} of "
                 f"{utc(head.time)}; {extent.filings} filings and copies, no sealed one"))
    if not extent.words:
        rows.append(("note", "no vault is here: titles and names cannot be searched"))
    show(rows)


def _stands_as(hit: "Hit") -> str:
    from muniment.model.application import Copy

    if isinstance(hit.standing, Copy):
        return f"copy by {hit.recorder} from {hit.standing.source}, {hit.standing.retrieved}"
    return f"entry {hit.standing.entry} of {hit.recorder}"


def _title(register: Register, hit: "Hit") -> str:
    title = _disclosed(register, hit).get("title") or ""
    text = " ".join(str(title).split())
    return text if len(text) <= TITLE_SHOWN else f"{text[: TITLE_SHOWN - 1]}…"
