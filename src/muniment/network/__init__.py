"""What a ledger needs of a network of offices."""
