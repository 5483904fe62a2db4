"""The example application keeps the specification's requirements."""

from tests.abci.requirements import Requirements, test_the_counting_of_bytes_is_the_engines
from tests.abci.subjects import EXAMPLE

__all__ = ["TestExample", "test_the_counting_of_bytes_is_the_engines"]


class TestExample(Requirements):
    subject = EXAMPLE
