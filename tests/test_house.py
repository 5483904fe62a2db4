"""The style of the house is executable, or it is not a rule."""

import ast
import re
import sys
from pathlib import Path

import pytest
from spec.generate import stale
from spec.pages import numbers_lock
from typer.main import get_command

from muniment.cli.app import app
from muniment.node.acts import field_docs
from muniment.operations import declared

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "muniment"
SOURCES = sorted(PACKAGE.rglob("*.py"))
CORE = [path for path in SOURCES if path.relative_to(PACKAGE).parts[0] in (
    "proof", "model", "operations", "codec.py", "declare.py", "invariants.py", "editions.py",
    "admission.py", "authorisation.py", "engine.py")]
EVERYTHING = [path for path in ROOT.rglob("*") if path.is_file() and not any(
    part in {".git", ".venv", "__pycache__", "node_modules", "demo-output", "build"} or
    part.endswith(("_cache", ".egg-info")) or part in {".hypothesis", "results"}
    for part in path.relative_to(ROOT).parts)]

LAYERS = (
    ("cli",), ("network", "report"), ("node", "intake"),
    ("vault", "storage", "reference", "abci", "search", "texts"),
    ("engine",), ("admission", "authorisation"), ("editions",), ("operations",), ("invariants",),
    ("declare",), ("model",), ("codec",), ("proof",),
)
"""From the top down; a module imports only its own layer and those below it."""
PROOF_ORDER = ("evidence", "attestation", "history", "commit", "validators", "header",
               "engine_bytes", "cosignature", "checkpoint", "statetree", "merkle", "disclosure",
               "jws", "shape", "canonical", "crypto", "limits", "errors")
FORBIDDEN_IN_CORE = {"time", "random", "secrets", "socket", "os", "pathlib", "threading",
                     "asyncio", "sqlite3", "logging", "decimal", "locale", "unicodedata",
                     "subprocess", "uuid", "tempfile"}
BANNED_IN_CORE = {
    r"\.now\(": "block time from the context", r"\.today\(": "block time from the context",
    r"\bfloat\(": "integers", r"\bhash\(": "sha256", r"\bid\(": "a name of its own",
    r"json\.loads": "canonical.decode", r"fromisoformat": "calendar.parse_date",
    r"unicodedata": "bytes as received", r"\\d": "[0-9]", r"\$\"": r"\Z",
}
ONLY_IMPORTERS = {
    "msgspec": {"codec.py"},
    "json": {"proof/canonical.py"},
    "cryptography": {"proof/crypto.py"},
}


def modules(path):
    """Yield (imported module, line) of a source file, those within functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def layer(name):
    return next((at for at, names in enumerate(LAYERS) if name in names), None)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    own = layer(path.relative_to(PACKAGE).parts[0].removesuffix(".py"))
    for name, line in modules(path):
        parts = name.split(".")
        if parts[0] == "muniment" and len(parts) > 1 and own is not None:
            other = layer(parts[1])
            assert other is None or other >= own, (
                f"{path}:{line} imports {name} from a layer above")


def test_verifier_stands_alone():
    allowed = {"ast", "base64", "binascii", "calendar", "collections", "dataclasses", "functools",
               "hashlib", "json", "typing", "cryptography"}
    for path in (PACKAGE / "proof").glob("*.py"):
        for name, line in modules(path):
            root = name.split(".")[0]
            assert root in allowed or name.startswith("muniment.proof"), f"{path}:{line} {name}"


def test_abci_server_could_be_lifted_out():
    """It knows nothing of registers, and no library but protobuf."""
    for path in (PACKAGE / "abci").glob("*.py"):
        for name, line in modules(path):
            root = name.split(".")[0]
            allowed = root in sys.stdlib_module_names or name.startswith((
                "google.protobuf", "muniment.abci"))
            assert allowed, f"{path}:{line} {name}"


def test_verifier_is_layered():
    for path in (PACKAGE / "proof").glob("*.py"):
        if path.stem == "__init__":
            continue
        own = PROOF_ORDER.index(path.stem)
        for name, _ in modules(path):
            parts = name.split(".")
            if name.startswith("muniment.proof.") and parts[2] in PROOF_ORDER:
                assert PROOF_ORDER.index(parts[2]) > own, f"{path} imports {name}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_core_knows_no_clock_chance_disk_or_network(path):
    for name, line in modules(path):
        assert name.split(".")[0] not in FORBIDDEN_IN_CORE, f"{path}:{line} imports {name}"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for banned, instead in BANNED_IN_CORE.items():
            if path.name == "canonical.py" and instead == "canonical.decode":
                continue
            assert not re.search(banned, line), f"{path}:{number}: use {instead}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_library_has_one_door(path):
    for name, line in modules(path):
        doors = ONLY_IMPORTERS.get(name.split(".")[0])
        here = path.relative_to(PACKAGE).as_posix()
        assert doors is None or here in doors, f"{path}:{line} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path} has {text.count(chr(10))} lines"
    assert len(path.relative_to(PACKAGE).parts) <= 2
    limit = 40 if path in CORE else 70
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= limit, f"{path}:{node.lineno} {node.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_everything_public_says_what_it_is(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{path} has no docstring"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_bare_assert_no_mark_left(path):
    text = path.read_text(encoding="utf-8")
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text))), path
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text), path
    if "except Exception" in text:
        assert path.relative_to(PACKAGE).as_posix() in {"engine.py", "abci/server.py"}


def test_generated_files_are_fresh():
    assert stale() == []


def test_no_frozen_number_disappears_or_changes():
    kept = (ROOT / "standard/numbers.lock").read_text(encoding="utf-8").splitlines()
    current = numbers_lock().splitlines()
    numbers = [line for line in kept if not line.startswith("edition")]
    assert [line for line in numbers if line not in current] == []


def test_every_member_of_a_payload_is_described():
    for kind in declared():
        assert field_docs(kind.payload)


def test_architecture_fits_on_one_page_and_is_true():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert text.count("\n") <= 100
    for name in re.findall(r"^\| `([a-z_./]+)`", text, re.MULTILINE):
        assert (PACKAGE / name).exists(), name
    sources = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    for name in re.findall(r"`([A-Za-z_.]+)`", text):
        last = name.split(".")[-1]
        known = (ROOT / name).exists() or (PACKAGE / name).exists() or re.search(
            rf"\b{re.escape(last)}\b", sources)
        assert known, name
    for package in {path.relative_to(PACKAGE).parts[0] for path in SOURCES if
                    len(path.relative_to(PACKAGE).parts) > 1}:
        assert f"`{package}/`" in text or f"{package}/" in text, package


def test_links_between_pages_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"


def test_basis_pages_exist():
    for kind in declared():
        for check in kind.checks:
            for page in re.findall(r"docs/[a-z/-]+\.md", check.basis):
                assert (ROOT / page).exists(), page
    for path in SOURCES:
        for page in re.findall(r"docs/[a-z/-]+\.md", path.read_text(encoding="utf-8")):
            assert (ROOT / page).exists(), f"{path}: {page}"


def test_every_command_is_in_the_guide():

    guide = (ROOT / "docs/guide.md").read_text(encoding="utf-8")
    command = get_command(app)
    for name, group in command.commands.items():
        assert name in guide, name
        for inner in getattr(group, "commands", {}):
            assert inner in guide or inner in {"list", "formats", "status", "checkpoint", "lift",
                                               "revoke", "activate-edition"}, f"{name} {inner}"


def test_nothing_names_a_registry_or_this_machine():
    hosts = re.compile(r"https?://[A-Za-z0-9.-]*(proxy|registry|artifact|mirror|pypi|npmjs|golang)")
    for path in EVERYTHING:
        text = path.read_text(encoding="utf-8", errors="ignore")
        if path.name != "test_house.py":
            assert not hosts.search(text), path
            assert "/work/" + "main" not in text, path
