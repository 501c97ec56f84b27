"""How the log is written: lines for a person, or one JSON object a line for a collector."""

from __future__ import annotations

import datetime as dt
import json
import logging

_FIELDS = ("request", "method", "endpoint", "status", "ms")
"""What a request's line holds beyond its text; nothing of who asked, from where, or for what."""


class JsonLines(logging.Formatter):
    """Writes one JSON object a line (RFC 8259), with the time in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        told: dict[str, object] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "text": record.getMessage(),
        }
        told |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def begin_log(*, verbose: bool, as_json: bool) -> None:
    """Write the log to standard error.

    Parameters
    ----------
    verbose : bool
        Everything, not warnings alone.
    as_json : bool
        As JSON; then each request has its line, too.
    """
    handler = logging.StreamHandler()
    if as_json:
        handler.setFormatter(JsonLines())
        logging.getLogger("gridmap.requests").setLevel(logging.INFO)
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, handlers=[handler])
