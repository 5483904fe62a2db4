"""The nouns: what the register holds, as typed values and state keys."""
