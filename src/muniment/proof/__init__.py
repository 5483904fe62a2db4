"""What a verifier needs and nothing else: standard library and `cryptography` only."""
