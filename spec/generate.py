"""Write every generated file, or compare: `python -m spec.generate [--check]`."""

import json
import sys
from pathlib import Path

from spec import formats, pages, vectors

ROOT = Path(__file__).parent.parent


def files() -> dict[Path, str]:
    """Return every generated file with its content."""
    made = {
        Path("docs/reference/transactions.md"): pages.transactions(),
        Path("docs/reference/state.md"): pages.state_tables(),
        Path("docs/reference/codes.md"): pages.codes(),
        Path("docs/import.md"): pages.import_page(
            (ROOT / "docs/import.md").read_text(encoding="utf-8")),
        Path("docs/reference/texts.md"): pages.texts(),
        Path("standard/numbers.lock"): pages.numbers_lock(),
    }
    folder = Path("conformance/vectors/2026")
    made |= {
        folder / f"{name}.json": json.dumps(listed, indent=1, sort_keys=True) + "\n"
        for name, listed in formats.vectors().items()
    }
    folder /= "operation"
    return made | {folder / name: text for name, text in vectors.operation_vectors().items()}


def stale() -> list[str]:
    """Return the generated files that are not what the declarations say."""
    return [
        str(path)
        for path, text in files().items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write the files, or name the stale ones."""
    if "--check" in sys.argv:
        names = stale()
        sys.stdout.write("".join(f"stale: {name}\n" for name in names))
        return 1 if names else 0
    for path, text in files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
