"""Logs without people: one JSON object a line, a fixed list of keys, and numbers of persons struck out.

Messages of the platform are written so that nothing personal is in them; the redaction below is the second wall. A traceback
keeps where it happened (file, line, function) and what kind of error it was, not the values that were at hand.
"""
from __future__ import annotations

import logging
import re
import sys
import traceback
import unicodedata
from collections.abc import MutableMapping
from typing import Any

import structlog

KEYS = ("timestamp", "level", "logger", "event", "error", "frames")
_PERSONAL = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?!\d)")
STRUCK = "***"
MOST_FRAMES = 8
_STRUCTURED = "grid321_structured"


def redacted(text: str) -> str:
    """``text`` with identity numbers (15 or 18 digits) and mobile numbers struck out, full-width digits too."""
    return _PERSONAL.sub(STRUCK, unicodedata.normalize("NFKC", text))


def _where(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its class and frames."""
    info = event.get("exc_info")
    if isinstance(info, tuple) and info[1] is not None:
        frames = traceback.extract_tb(info[2])[-MOST_FRAMES:]
        event["error"] = type(info[1]).__name__
        event["frames"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _allowed(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the listed keys only, texts redacted."""
    return {key: redacted(value) if isinstance(value, str) else value for key, value in event.items() if key in KEYS}


def configure(stream: Any = None) -> None:
    """Write what the platform logs as JSON to ``stream`` (standard error); calling it again changes nothing."""
    logger = logging.getLogger("grid321")
    if any(handler.name == _STRUCTURED for handler in logger.handlers):
        return
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.name = _STRUCTURED
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name,
                           structlog.processors.TimeStamper(fmt="iso", utc=True)],
        processors=[_where, _allowed, structlog.processors.JSONRenderer(ensure_ascii=False)]))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
