"""Finds the engine; CI fails without it, a desk skips with the reason.

`MUNIMENT_TEST_LINE` names the line of the engine, for a run against a newer one: `make engines`.
"""

import os

import pytest

from muniment.network import install
from muniment.proof.errors import LedgerError

LINE = os.environ.get("MUNIMENT_TEST_LINE", install.DEFAULT_LINE)


@pytest.fixture(scope="session")
def cometbft():
    """The engine's program."""
    try:
        return install.find(LINE).path
    except LedgerError as error:
        reason = f"the engine is not here ({error.name}): muniment engine install"
    if os.environ.get("CI"):
        pytest.fail(reason)
    return pytest.skip(reason)
