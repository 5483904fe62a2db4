"""What is built is what was pinned, and what is run is what was built."""

import base64
import hashlib
import json
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from muniment.network import install
from muniment.proof.errors import LedgerError, NotFound, VerificationError

FITS = {"cometbft": "9.9.9", "abci": "2.0.0", "block_protocol": 11, "p2p_protocol": 8}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MUNIMENT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def engine(folder, **differs):
    """Write a command that says versions."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cometbft"
    path.write_text(f"#!/bin/sh\necho '{json.dumps({**FITS, **differs})}'\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_binary_that_fits_is_used_and_found_again(tmp_path):
    given = engine(tmp_path / "mine")
    made = install.install(binary=given)
    assert made.origin == "given"
    assert install.find() == made


@pytest.mark.parametrize("differs", [
    {"abci": "1.0.0"}, {"abci": "2.1.0"}, {"block_protocol": 12}, {"p2p_protocol": 9}])
def test_a_binary_that_speaks_otherwise_is_refused(tmp_path, differs):
    with pytest.raises(VerificationError, match="engine-does-not-fit"):
        install.install(binary=engine(tmp_path, **differs))
    with pytest.raises(NotFound):
        install.find("0.40")


def test_what_is_no_engine_is_refused(tmp_path):
    for path in (Path("/bin/true"), tmp_path / "nothing", tmp_path):
        with pytest.raises(NotFound, match="engine-not-usable"):
            install.install(binary=path)


def test_a_binary_that_changed_since_is_refused(tmp_path):
    given = engine(tmp_path)
    install.install(binary=given)
    given.write_text(given.read_text() + "# changed\n")
    with pytest.raises(VerificationError, match="engine-changed") as raised:
        install.find()
    assert "--rebuild" in raised.value.remedy


def test_one_on_path_is_used_if_it_fits_and_no_line_was_asked_for(tmp_path, monkeypatch):
    engine(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    assert install.install().origin == "on PATH"
    with pytest.raises(NotFound, match="engine-not-installed"):
        install.find("0.39")


def test_an_unknown_line_is_refused():
    with pytest.raises(NotFound, match="no-such-line"):
        install.find("0.34")


def test_the_sum_of_a_module_is_gos(tmp_path):
    """Computed by hand from the definition: SHA-256 over `digest  name` lines, sorted by name."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.go").write_bytes(b"x")
    (tmp_path / "a.go").write_bytes(b"")
    digests = [hashlib.sha256(data).hexdigest() for data in (b"", b"x")]
    lines = f"{digests[0]}  m@v1/a.go\n{digests[1]}  m@v1/b/x.go\n"
    expected = base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
    assert install.module_sum(tmp_path, "m@v1") == f"h1:{expected}"
    (tmp_path / "a.go").write_bytes(b" ")
    assert install.module_sum(tmp_path, "m@v1") != f"h1:{expected}"


def test_source_that_differs_from_its_pinned_sum_is_not_built(monkeypatch):
    go = shutil.which("go")
    if go is None:
        if os.environ.get("CI"):
            pytest.fail("Go is not here")
        pytest.skip("Go is not here")
    other = replace(install.LINES["0.38"], module_sum="h1:" + "A" * 43 + "=")
    monkeypatch.setitem(install.LINES, "0.38", other)
    monkeypatch.setattr(install, "build", lambda *_: pytest.fail("it was built"))
    with pytest.raises(VerificationError, match="engine-sum-differs"):
        install.install(rebuild=True)


def test_a_build_that_fails_says_why_and_leaves_nothing(cache, monkeypatch):
    monkeypatch.setitem(install.COMMANDS, "cometbft", "./cmd/nothing")
    if shutil.which("go") is None:
        pytest.skip("Go is not here")
    with pytest.raises(LedgerError, match="engine-build-failed"):
        install.install(rebuild=True)
    assert not list((cache / "engine" / "0.38").glob("*comet*"))
