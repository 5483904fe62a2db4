"""What many tests share: a demo ledger, a clock that can be set, the real data."""

import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from lxml import etree

from muniment.node.founding import found
from muniment.node.register import Register
from muniment.reference import packaged_rows

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
START = 1_790_000_000

settings.register_profile(
    "default", deadline=None, max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("default")


class SetClock:
    """A clock that a test moves."""

    def __init__(self, time=START):
        self.time = time

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def ledger_path(tmp_path, clock):
    path = tmp_path / "ledger"
    found(path, office="XA", name="register.test.example", profile="demo",
          rows=packaged_rows("demo"), now=clock)
    return path


@pytest.fixture
def register(ledger_path, clock):
    with Register(ledger_path, now=clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def data():
    """The real data; CI fails without it, a desk skips with the reason."""
    if DATA.is_dir():
        return DATA
    if os.environ.get("CI"):
        pytest.fail(f"the real data is missing: {DATA}")
    pytest.skip(f"the real data is not at {DATA}")
    return None


@pytest.fixture(scope="session")
def st96_archive(data, tmp_path_factory):
    """The folder of WIPO's own schemas, unpacked from their archive."""
    folder = tmp_path_factory.mktemp("st96")
    with tarfile.open(data / "wipo-st96/ST96XMLSchema_V6_0_Flattened.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    return next(folder.iterdir())


@pytest.fixture(scope="session")
def schemas(st96_archive):
    """WIPO's schemas of what is exported, by the name of the root element."""
    return {name: etree.XMLSchema(etree.parse(st96_archive / f"{name}_V6_0.xsd"))
            for name in ("BibliographicData", "TrademarkApplication", "DesignApplication")}
