"""Usage errors where `--json` is asked for: one JSON value, like every other error.

The parser of the command line prints its own errors as text, whatever was asked for.
"""

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from muniment.cli.common import show_error
from muniment.proof.errors import LedgerError, Malformed, Refused

JSON = "--json"


class Program(TyperGroup):
    """The whole command; under `--json` its usage errors are a JSON value too."""

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None,
        complete_var: str | None = None, standalone_mode: bool = True,
        windows_expand_args: bool = True, **extra: Any,
    ) -> Any:
        """Run the command with the words that were typed, and exit with its code."""
        typed = sys.argv[1:] if args is None else list(args)
        if not standalone_mode or JSON not in typed:
            return super().main(args, prog_name, complete_var, standalone_mode,
                                windows_expand_args, **extra)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False,
                                windows_expand_args=windows_expand_args, **extra)
        except TyperException as error:
            code = _told(Malformed("usage", error.format_message(), remedy=_help_of(error)),
                         error.exit_code)
        except typer.Abort:
            code = _told(Refused("aborted", "Nobody answered what was asked."), 1)
        sys.exit(code if isinstance(code, int) else 0)


def _told(error: LedgerError, code: int) -> int:
    show_error(error, as_json=True)
    return code


def _help_of(error: TyperException) -> str:
    """Return the command that says how the one is used that was typed."""
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context is not None else 'muniment'} --help"
