"""Why something was not fetched: fixed sentences, which tell nobody what our network looks like."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """What people are told; never words of a page, of an error or of an address."""

    NOT_AN_ADDRESS = "What stands as the website is not a web address; correct it in the CRM."
    NOT_PUBLIC = "The website is not at a public address, so it was not visited; correct it in the CRM."
    NO_SUCH_NAME = "The website's name does not exist; correct it in the CRM."
    NO_DNS = "The website's name could not be looked up; try again later."
    NO_ANSWER = "The website did not answer, or not securely; try again later."
    TOO_SLOW = "The website took too long; try again later."
    REDIRECTS = "The website sends its visitors around in circles or to nowhere."
    ERROR_STATUS = "The website answers with an error; try again later."
    NOT_A_PAGE = "What stands at the website is not a page of text."
    TOO_LARGE = "The website's page is too large."
    GARBLED = "The website's answer is garbled."
    ROBOTS = "The website's robots.txt does not let programs read it, or cannot be read."
    LATER = "The website asks to come back later; try again tomorrow."


class NotFetched(Exception):
    """Nothing was fetched.

    Attributes:
        redirected: whether it happened after a redirect, not at the address that was asked for.
    """

    def __init__(self, why: Why, *, redirected: bool = False) -> None:
        self.why = why
        self.redirected = redirected
        super().__init__(why.value)
