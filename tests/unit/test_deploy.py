"""What is deployed names commands that exist, and nothing that this project does not have."""

import configparser
import re
from pathlib import Path

import pytest
from typer.main import get_command

from muniment.cli.app import app

ROOT = Path(__file__).parent.parent.parent
COMMAND = re.compile(r"muniment ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
PAGES = [ROOT / "docs/network.md", *(ROOT / "docs/runbooks").glob("*.md"), ROOT / "docs/operating.md",
         *sorted((ROOT / "deploy").glob("*.[sy]*"))]


def exists(words):
    command = get_command(app)
    for word in words.split():
        inner = getattr(command, "commands", None)
        if inner is None:
            return True
        if word not in inner:
            return False
        command = inner[word]
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_that_operators_are_told_exist(page):
    text = page.read_text(encoding="utf-8")
    for words in COMMAND.findall(text):
        assert exists(words), f"{page.name}: muniment {words}"


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy").glob("*.service")), ids=lambda path: path.name)
def test_units_are_hardened(unit):
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(unit)
    service = parser["Service"]
    for name, value in (("NoNewPrivileges", "true"), ("ProtectSystem", "strict"),
                        ("CapabilityBoundingSet", ""), ("User", "muniment")):
        assert service[name] == value


def test_service_finds_the_engine_where_operators_are_told_to_install_it():
    """Homes are hidden from it, and the cache is in a home unless a variable names another."""
    unit = (ROOT / "deploy/muniment@.service").read_text(encoding="utf-8")
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    place = re.search(r"^Environment=MUNIMENT_CACHE=(\S+)$", unit, re.MULTILINE)
    assert "ProtectHome=true" in unit
    assert place is not None
    assert f"export MUNIMENT_CACHE={place[1]}\nmuniment engine install" in page
    assert f"ENV MUNIMENT_CACHE={place[1]}" in (ROOT / "deploy/Containerfile").read_text()
    assert "useradd --system" in page
    assert "/usr/local/bin/muniment" in page


TOLD = re.compile(r"(?:[\"'`]|: |then )muniment ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")


@pytest.mark.parametrize("source", sorted((ROOT / "src/muniment").rglob("*.py")),
                         ids=lambda path: f"{path.parent.name}/{path.name}")
def test_remedies_name_commands_that_exist(source):
    """A remedy that is no command mends nothing; one that is cut off at a line's end is joined."""
    text = re.sub(r'"\s*\n\s*f?"', "", source.read_text(encoding="utf-8"))
    for words in TOLD.findall(text):
        assert exists(words), f"{source.name}: muniment {words}"
