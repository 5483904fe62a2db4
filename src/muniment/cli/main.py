"""The entry point: `muniment --version` answers before anything else is imported."""

import sys


def main() -> None:
    """Run the command."""
    if sys.argv[1:] in (["--version"], ["version"]):
        from muniment import __version__

        sys.stdout.write(f"muniment {__version__}\n")
        return
    from muniment.cli.app import app

    app()


if __name__ == "__main__":
    main()
