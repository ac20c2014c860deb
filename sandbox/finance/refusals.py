"""Finance's refusals: ``{"code": <number>, "message": …}``; codes and status as recorded on live answers."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.zoho.answers import Answer, Refused


class FinanceRefused(Refused):
    """The call is answered with Finance's error."""

    def __init__(
        self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, str(code), message=message)
        self.headers = dict(headers or {})
        self.body = {"code": code, "message": message}

    def answer(self) -> Answer:
        """The error as a response."""
        return Answer(self.status, self.body, self.headers, credits=0)


def invalid_token() -> FinanceRefused:
    """An unknown, dead or missing access token."""
    return FinanceRefused(401, 14, "Invalid OAuth token")


def not_allowed() -> FinanceRefused:
    """The token's scopes do not cover the call."""
    return FinanceRefused(401, 57, "You are not authorized to perform this operation")


def no_organisation(given: str) -> FinanceRefused:
    """The organisation is missing or not this one."""
    return FinanceRefused(400, 6041, f"This user is not associated with the CompanyID/CompanyName: {given}.")


def does_not_exist(called: str) -> FinanceRefused:
    """There is no such document."""
    return FinanceRefused(404, 1002, f"{called} does not exist.")


def invalid_url() -> FinanceRefused:
    """There is nothing at this address; the code is uncertain."""
    return FinanceRefused(404, 5, "Invalid URL Passed")


def wrong_method() -> FinanceRefused:
    """The address does not know the method; the code is uncertain."""
    return FinanceRefused(405, 37, "The HTTP method is not supported for this API")


def invalid_value(name: str) -> FinanceRefused:
    """A value is of the wrong kind."""
    return FinanceRefused(400, 2, f"Invalid value passed for {name}")


def value_missing(name: str) -> FinanceRefused:
    """A value that must be there is not."""
    return FinanceRefused(400, 6, f"The mandatory parameter {name} is missing.")


def internal_error() -> FinanceRefused:
    """Something broke on Finance's side."""
    return FinanceRefused(500, 1000, "Sorry, we have encountered an internal error. Please try again.")
