"""An engine whose clock can be set wrong, to try what that does; never for real work.

The engine is built from the same source, with two of its files changed in a copy: its
clock is that of the machine plus the seconds that a file says. (A preloaded library cannot do it:
Go asks the system without one.)
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from muniment.network.install import (
    DEFAULT_LINE,
    Progress,
    build,
    engine_folder,
    fetch_source,
    release_of,
    toolchain,
)
from muniment.proof.errors import NotFound, VerificationError

VARIABLE = "MUNIMENT_CLOCK"
"""Names the file with the seconds, in the engine's environment."""
_BINARY = "cometbft-skewed"
_CLOCK = "types/time/time.go"
_CHANGES = {
    _CLOCK: ("Canonical(time.Now())", "Canonical(time.Now().Add(skew()))"),
    "state/validation.go": ("time.Now().Add(tol)", "cmttime.Now().Add(tol)"),
}
_IMPORT = ("import (\n", 'import (\n\tcmttime "github.com/cometbft/cometbft/types/time"\n')
_SKEW = """package time

import (
\t"os"
\t"strconv"
\t"strings"
\t"time"
)

func skew() time.Duration {
\ttold, err := os.ReadFile(os.Getenv("%s"))
\tif err != nil {
\t\treturn 0
\t}
\tseconds, _ := strconv.ParseInt(strings.TrimSpace(string(told)), 10, 64)
\treturn time.Duration(seconds) * time.Second
}
"""


def find_skewed(line: str = DEFAULT_LINE) -> str:
    """Return the engine whose clock can be set.

    Raises:
        NotFound: It was not built.
    """
    path = engine_folder(line) / _BINARY
    if not path.exists():
        raise NotFound("engine-not-installed", "no engine whose clock can be set is built",
                       remedy=f"muniment engine install --line {line} --with-skew")
    return str(path)


def install_skewed(line: str = DEFAULT_LINE, progress: Progress = lambda *_: None) -> str:
    """Build it where it is not there yet, and return its path.

    Raises:
        LedgerError: It cannot be built.
        VerificationError: The source is not as expected.
    """
    folder = engine_folder(line)
    if (folder / _BINARY).exists():
        return str(folder / _BINARY)
    go = toolchain(release_of(line).go, progress)
    source = fetch_source(go, release_of(line), progress)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as temporary:
        copy = Path(temporary) / "source"
        shutil.copytree(source, copy, copy_function=shutil.copyfile)
        _change(copy)
        build(go, copy, "cometbft", Path(temporary) / _BINARY, progress)
        (Path(temporary) / _BINARY).replace(folder / _BINARY)
    return str(folder / _BINARY)


def _change(source: Path) -> None:
    """Let the engine read its clock through ours.

    Raises:
        VerificationError: The source is not as expected.
    """
    for path in source.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for name, (found, instead) in _CHANGES.items():
        path = source / name
        text = path.read_text(encoding="utf-8")
        if found not in text:
            raise VerificationError("engine-source-unknown", f"{name} is not as expected.")
        text = text.replace(found, instead)
        if name != _CLOCK:
            text = text.replace(*_IMPORT, 1)
        path.write_text(text, encoding="utf-8")
    (source / _CLOCK).with_name("skew.go").write_text(_SKEW % VARIABLE, encoding="utf-8")
