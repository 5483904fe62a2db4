"""The frozen vectors: what is valid stays valid, what is invalid is refused with the same name."""

import json
from pathlib import Path

import pytest
from spec.formats import RUNNERS, run

VECTORS = Path(__file__).parent.parent.parent / "conformance" / "vectors" / "2026"
CASES = [
    pytest.param(path.stem, one, id=f"{path.stem}/{one['name']}")
    for path in sorted(VECTORS.glob("*.json"))
    for one in json.loads(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("name", "one"), CASES)
def test_frozen_vector_is_judged_as_it_says(name, one):
    assert run(name, one) == one["error"]


def test_every_format_has_valid_and_invalid_vectors():
    assert {path.stem for path in VECTORS.glob("*.json")} == set(RUNNERS)
    for path in VECTORS.glob("*.json"):
        errors = [one["error"] for one in json.loads(path.read_text(encoding="utf-8"))]
        assert None in errors
        assert sum(error is not None for error in errors) >= 4, path.name
