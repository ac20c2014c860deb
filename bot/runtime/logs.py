"""Logs as events with named values. The one place where logging is configured; secrets are cut out here."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

# Slack and Zoho tokens, what follows "Zoho-oauthtoken", response URLs, secret-looking query parameters.
SECRETS = re.compile(
    r"xox[abeprs]-[\w-]+|xapp-[\w-]+|\b1000\.[0-9a-f.]{8,}|Zoho-oauthtoken\s+\S+"
    r"|\bv0=[0-9a-f]{64}|https://hooks\.slack\.com/\S+|(?i:(?:client_secret|refresh_token|access_token|code)=)[^&\s\"']+"
)
REDACTED = "[redacted]"
_SECRET_KEYS = {"token", "access_token", "refresh_token", "client_secret", "authorization", "response_url"}
_SECRET_KEYS |= {"bot_token", "signing_secret", "signature"}


def redact(value: Any) -> Any:
    """The value without secrets, in texts, lists and mappings of any depth."""
    if isinstance(value, str):
        return SECRETS.sub(REDACTED, value)
    if isinstance(value, dict):
        return {
            key: REDACTED if str(key).casefold() in _SECRET_KEYS else redact(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return type(value)(redact(inner) for inner in value)
    return value


def _redact_event(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = redact(event)
    return cleaned


def configure_logs(log_format: str = "auto", level: int = logging.INFO) -> None:
    """Set logging up: columns on a terminal, JSON lines elsewhere; ``log_format`` json or console forces one.

    Records of libraries take the same way, so that their secrets are cut out as well.
    """
    console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    renderer: Any = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Bolt logs bodies at DEBUG and signatures at INFO; urllib3 logs URLs; APScheduler logs every tick.
    for name in ("slack_bolt", "slack_sdk", "urllib3", "apscheduler", "uvicorn", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
