"""`muniment engine`: the consensus engine that a network runs on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import JsonOption, errors, group, print_json, show, show_table

app = group("The consensus engine, CometBFT: build it, or see which one is used.")



def _known_profile(name: str) -> str:
    """Return the name of a profile, or say which there are."""
    from muniment.network.home import PROFILES

    if name not in PROFILES:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(PROFILES)}.")
    return name


ProfileOption = Annotated[str, typer.Option(
    "--profile", help="lan or wan: the engine's timing.", callback=_known_profile)]
LineOption = Annotated[str, typer.Option("--line", help="0.38, 0.39 or 0.40.")]


@app.command("install")
def install(
    line: LineOption = "0.38",
    binary: Annotated[Path | None, typer.Option(
        "--binary", help="Use this CometBFT instead of building one.")] = None,
    with_abci_cli: Annotated[bool, typer.Option(
        "--with-abci-cli", help="Build also abci-cli, which drives an application by hand.")
    ] = False,
    with_skew: Annotated[bool, typer.Option(
        "--with-skew", help="Build also one whose clock can be set wrong, for trials.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build it anew.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build CometBFT from its pinned source into the cache; takes one to three minutes once."""
    from muniment.network import install as installing
    from muniment.network.skew import install_skewed

    with errors(as_json=as_json), stages() as progress:
        made = installing.install(line, binary=binary, with_abci_cli=with_abci_cli,
                                  rebuild=rebuild, progress=progress)
        if with_skew:
            install_skewed(line, progress)
    if as_json:
        print_json(asdict(made))
        return
    show([("engine", f"CometBFT {made.version}, {made.origin}"), ("file", made.path),
          ("sha256", made.sha256),
          *([("abci-cli", made.abci_cli)] if made.abci_cli else [])])


@app.command("status")
def status(as_json: JsonOption = False) -> None:
    """Say which engine each line uses, and how to get the missing ones."""
    from muniment.network.install import DEFAULT_LINE, LINES, find
    from muniment.proof.errors import LedgerError

    rows = []
    for line, release in LINES.items():
        try:
            found = find(line)
        except LedgerError as error:
            rows.append({"line": line, "release": release.version, "error": error.name,
                         "remedy": error.remedy})
        else:
            rows.append({"release": release.version, **asdict(found)})
    if as_json:
        print_json(rows)
    else:
        show_table(("line", "pinned", "engine", "where"), [(
            row["line"], row["release"],
            f"{row['version']}, {row['origin']}" if "version" in row else row["error"],
            row["path"] if "path" in row else row["remedy"]) for row in rows])
    if "error" in next(row for row in rows if row["line"] == DEFAULT_LINE):
        raise typer.Exit(3)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int | None], None]]:
    """Show stages of long work on stderr: a bar on a terminal, else a line for each stage."""
    if not sys.stderr.isatty():
        last: list[str] = []

        def tell(stage: str, done: int, total: int | None) -> None:
            if last[-1:] != [stage]:
                last.append(stage)
                sys.stderr.write(f"{stage} ...\n")
                sys.stderr.flush()

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
               TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda stage, done, total: bar.update(
            task, description=stage, completed=done, total=total)
