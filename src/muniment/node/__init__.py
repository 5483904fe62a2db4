"""What runs a ledger: the solo driver, keys, evidence, export and replay."""
