"""Where a ledger keeps its bytes: the protocol, the paged state tree, SQLite."""
