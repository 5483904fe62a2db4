"""The command `muniment`: one file per group of commands; nothing is decided here."""
