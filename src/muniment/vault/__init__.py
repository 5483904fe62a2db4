"""The vault: what stays off the ledger, encrypted, erasable, in the office's own keeping."""
