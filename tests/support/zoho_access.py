"""How tests get into the sandbox's Zoho."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.fernet import Fernet

from connector.zoho.auth import Credentials
from connector.zoho.client import RetryPolicy

SANDBOX = Credentials("1000.SANDBOXCLIENT", "sandbox-secret", "1000.sandbox.refresh")
IMPATIENT = RetryPolicy(attempts=4, first_wait_seconds=0.01, longest_wait_seconds=0.05, total_seconds=10)
SECRET_KEY = Fernet.generate_key().decode()


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
