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
