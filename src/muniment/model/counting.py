"""Numbers of things in English, for what commands tell."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 entry`, `2 entries`."""
    if number == 1:
        return f"{number} {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
