"""The transaction types, one file each, found by name and ordered by number."""

from importlib import import_module
from pkgutil import iter_modules

from muniment.declare import TransactionType


def declared() -> tuple[TransactionType, ...]:
    """Return every declared transaction type, ordered by number."""
    names = sorted(module.name for module in iter_modules(__path__))
    types = [import_module(f"{__name__}.{name}").TYPE for name in names]
    return tuple(sorted(types, key=lambda one: one.number))
