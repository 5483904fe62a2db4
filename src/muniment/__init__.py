"""Muniment: a register of industrial property whose entries anyone can verify offline.

The package has one public entry for verifiers, `muniment.proof`, which stands alone, and one
command, `muniment`. How the parts fit is on one page: `ARCHITECTURE.md`.
"""

__version__ = "0.1.0"
