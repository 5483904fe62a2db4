"""The entry point: `muniment --version` answers before anything else is imported."""

import os
import sys

COMPLETION = "_MUNIMENT_COMPLETE"
"""Set by a shell that asks what might follow: then every word must be known whole."""


def main() -> None:
    """Run the command, with the commands of the word that was typed and no others."""
    if sys.argv[1:] in (["--version"], ["version"]):
        from muniment import __version__

        sys.stdout.write(f"muniment {__version__}\n")
        return
    from muniment.cli.listing import WORDS, program

    typed = next((one for one in sys.argv[1:] if not one.startswith("-")), "")
    program(WORDS if COMPLETION in os.environ else (typed,))()


if __name__ == "__main__":
    main()
