"""Finding filings: a read model in SQLite FTS5, made from ledger and vault, never relied on."""
