"""All commands together, each with all that it imports."""

from muniment.cli.listing import WORDS, program

app = program(WORDS)
