"""Logs for machines: one JSON object a line, on stderr."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Writes a record with its time in UTC, its level and source, and what was added to it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line of JSON."""
        time = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "source": record.name,
            "event": record.getMessage(),
        }
        added = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        line.update(sorted(added.items()))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log_as_json(level: int = logging.INFO) -> None:
    """Send what this process logs to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def last_complaint(text: str) -> str:
    """Return in words what a process complained of last, or else what it said last.

    Args:
        text: The end of its log: lines of JSON, of ours or the engine's, and others, as a panic
            of the engine is.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [_told(line) for line in lines]
    panics = [line for line in lines if line.startswith(("panic:", "fatal error:"))]
    errors = [said for level, said in told if level in {"error", "warning", "critical"}]
    return (panics or errors or [said for _, said in told] or ["nothing"])[-1][:500]


def _told(line: str) -> tuple[str, str]:
    """Return the level of a line and what it says, without what only a machine reads."""
    try:
        plain = json.loads(line)
        said = str(plain["event"] if "event" in plain else plain["_msg"])
        why = plain.get("error") or plain.get("err")
        return str(plain["level"]), f"{said}: {why}" if why else said
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", line
