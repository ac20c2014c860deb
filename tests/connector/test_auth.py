from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlmodel import SQLModel

from connector.access_ports import AccessToken
from connector.cache.engine import Database, open_database
from connector.cache.token_shelf import SealedShelf
from connector.errors import ConnectorError, Fatal, NeedsPerson, NotConsented, Retriable
from connector.zoho.auth import LEASE, Credentials, Tokens
from connector.zoho.regions import region
from tests.support.fake_crm import SettableClock

ENDPOINT = "https://accounts.zoho.eu/oauth/v2/token"
SECRETS = Credentials("1000.CLIENT", "the-client-secret", "1000.the-refresh-token")
KEY = Fernet.generate_key().decode()
GRANTED = {"access_token": "1000.access", "api_domain": "https://www.zohoapis.eu", "expires_in": 3600}


@pytest.fixture
def zoho() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def one_database(tmp_path: Path) -> Iterator[Database]:
    """For what does not depend on the kind of database."""
    opened = open_database(f"sqlite:///{tmp_path / 'one.sqlite'}")
    SQLModel.metadata.create_all(opened.writes)
    yield opened
    opened.close()


def tokens_of(
    database: Database, clock: SettableClock, *, key: str = KEY, credentials: Credentials = SECRETS
) -> Tokens:
    """As one process has them; waiting moves the clock."""
    return Tokens(
        SealedShelf(database, key),
        credentials,
        region("eu"),
        clock,
        sleep=lambda seconds: clock.forward(seconds=seconds),
    )


def grant(zoho: responses.RequestsMock, **body: Any) -> None:
    zoho.post(ENDPOINT, json=GRANTED | body)


def test_a_token_is_renewed_once_for_all_processes(
    database: Database, clock: SettableClock, zoho: responses.RequestsMock
) -> None:
    grant(zoho)
    one, two = tokens_of(database, clock), tokens_of(database, clock)
    assert one.current().value == two.current().value == one.current().value == "1000.access"
    assert one.current().api_domain == "https://www.zohoapis.eu"
    assert len(zoho.calls) == 1
    body = zoho.calls[0].request.body
    assert "grant_type=refresh_token" in str(body)
    assert "?" not in str(zoho.calls[0].request.url), "secrets do not stand in addresses"


def test_a_token_is_renewed_before_it_expires(
    one_database: Database, clock: SettableClock, zoho: responses.RequestsMock
) -> None:
    grant(zoho)
    tokens = tokens_of(one_database, clock)
    tokens.current()
    clock.forward(seconds=3480)
    tokens.current()
    assert len(zoho.calls) == 1
    clock.forward(seconds=60)
    tokens.current()
    assert len(zoho.calls) == 2


def test_threads_and_processes_at_once_renew_once(database: Database, clock: SettableClock) -> None:
    grants: list[str] = []
    started = threading.Barrier(6)

    class SlowZoho(requests.Session):
        """Answers after the others have had time to want the same."""

        def post(self, *_arguments: Any, **_named: Any) -> requests.Response:
            grants.append("one more")
            time.sleep(0.2)
            answer = requests.Response()
            answer.status_code = 200
            answer._content = b'{"access_token": "t"}'
            return answer

    def work(mine: Tokens) -> None:
        started.wait()
        found.append(mine.current().value)

    found: list[str] = []
    shelf = SealedShelf(database, KEY)
    processes = [
        Tokens(
            shelf,
            SECRETS,
            region("eu"),
            clock,
            session=SlowZoho(),
            sleep=lambda seconds: time.sleep(seconds / 10),
        )
        for _ in range(3)
    ]
    threads = [threading.Thread(target=work, args=(processes[number % 3],)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["t"] * 6
    assert grants == ["one more"]


def test_calls_that_are_made_at_once_are_refused_once(
    one_database: Database,
    clock: SettableClock,
    zoho: responses.RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zoho.post(ENDPOINT, json={"error": "invalid_code"})
    tokens, refused = tokens_of(one_database, clock), []

    def ask() -> None:
        with pytest.raises(NotConsented) as caught:
            tokens.current()
        refused.append(str(caught.value))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(refused), len(set(refused)), len(zoho.calls)) == (4, 1, 1)
    monkeypatch.setattr("connector.zoho.auth.REFUSED_FOR_SECONDS", 0)
    ask()
    assert len(zoho.calls) == 2, "who comes later asks again: somebody may have acted"
    zoho.remove("POST", ENDPOINT)
    grant(zoho)
    assert tokens.current().value == "1000.access"


def test_a_rejected_token_is_replaced_everywhere(
    database: Database, clock: SettableClock, zoho: responses.RequestsMock
) -> None:
    grant(zoho)
    grant(zoho, access_token="1000.second")
    one, two = tokens_of(database, clock), tokens_of(database, clock)
    old = one.current().value
    assert two.current().value == old
    one.reject(old)
    assert one.current().value == "1000.second"
    two.reject(old)
    assert two.current().value == "1000.second", "the newer token was not thrown away"
    assert len(zoho.calls) == 2


def test_a_process_that_died_while_renewing_holds_nobody_up_for_long(
    database: Database, clock: SettableClock, zoho: responses.RequestsMock
) -> None:
    grant(zoho)
    tokens = tokens_of(database, clock)
    shelf = SealedShelf(database, KEY)
    assert shelf.lease(tokens._name, "the dead", clock.now(), clock.now() + LEASE) is not None
    before = clock.now()
    assert tokens.current().value == "1000.access"
    assert clock.now() - before <= LEASE + timedelta(seconds=1)


def test_another_process_that_renews_for_ever_is_said(one_database: Database, clock: SettableClock) -> None:
    tokens = tokens_of(one_database, clock)
    SealedShelf(one_database, KEY).lease(tokens._name, "other", clock.now(), clock.now() + timedelta(hours=1))
    with pytest.raises(Retriable, match="Another process"):
        tokens.current()


def test_the_database_holds_nothing_readable(
    database: Database, clock: SettableClock, zoho: responses.RequestsMock
) -> None:
    grant(zoho)
    tokens_of(database, clock).current()
    with database.reads.connect() as connection:
        held = repr(connection.execute(text("SELECT * FROM zoho_token")).all())
    for secret in ("1000.access", SECRETS.client_secret, SECRETS.refresh_token):
        assert secret not in held


def test_a_token_sealed_with_another_key_counts_as_absent(
    one_database: Database, clock: SettableClock, zoho: responses.RequestsMock
) -> None:
    grant(zoho)
    tokens_of(one_database, clock).current()
    assert tokens_of(one_database, clock, key=Fernet.generate_key().decode()).current().value == "1000.access"
    assert len(zoho.calls) == 2


def test_other_credentials_do_not_get_the_token(
    one_database: Database, clock: SettableClock, zoho: responses.RequestsMock
) -> None:
    grant(zoho)
    tokens_of(one_database, clock).current()
    zoho.replace(responses.POST, ENDPOINT, json={"error": "invalid_client_secret"})
    wrong = Credentials(SECRETS.client_id, "wrong", SECRETS.refresh_token)
    with pytest.raises(NeedsPerson, match="client secret"):
        tokens_of(one_database, clock, credentials=wrong).current()


@pytest.mark.parametrize(
    ("status", "body", "kind", "parts"),
    [
        (200, {"error": "invalid_client_secret"}, NeedsPerson, ["client secret", "_ZOHO__CLIENT_SECRET"]),
        (200, {"error": "invalid_code"}, NeedsPerson, ["refresh token", "_ZOHO__REFRESH_TOKEN", "region"]),
        (200, {"error": "invalid_client"}, NeedsPerson, ["client id", "BELLWETHER_ZOHO__CLIENT_ID"]),
        (200, {"error": "invalid_scope"}, NeedsPerson, ["scopes", "BELLWETHER_ZOHO__REFRESH_TOKEN"]),
        (200, {"error": "unsupported_grant_type"}, NeedsPerson, ["BELLWETHER_ZOHO__ACCOUNTS_URL"]),
        (200, {"error": "something_new"}, Retriable, ["200", "something_new"]),
        (400, {"error": "Access Denied", "status": "failure"}, Retriable, ["too many"]),
        (429, {}, Retriable, ["too many"]),
        (500, {}, Retriable, ["500"]),
        (200, {"access_token": "two\r\nlines"}, Fatal, ["not an access token"]),
    ],
)  # fmt: skip
def test_what_zoho_refuses_is_said(
    one_database: Database,
    clock: SettableClock,
    zoho: responses.RequestsMock,
    status: int,
    body: dict[str, Any],
    kind: type[ConnectorError],
    parts: list[str],
) -> None:
    zoho.post(ENDPOINT, json=body, status=status)
    with pytest.raises(kind) as caught:
        tokens_of(one_database, clock).current()
    said = str(caught.value)
    assert [part for part in parts if part not in said] == []
    assert "two" not in said
    assert_tells_no_secret(said)


@pytest.mark.parametrize("broken", ["<html>502</html>", "", "[1]", '{"access_token": '])
def test_an_answer_that_is_no_json_can_be_tried_again(
    one_database: Database, clock: SettableClock, zoho: responses.RequestsMock, broken: str
) -> None:
    zoho.post(ENDPOINT, body=broken, status=502)
    with pytest.raises(Retriable, match="502"):
        tokens_of(one_database, clock).current()
    grant(zoho)
    assert tokens_of(one_database, clock).current().value == "1000.access", "the lease was given back"


def test_an_unreachable_server_can_be_tried_again(
    one_database: Database,
    clock: SettableClock,
    zoho: responses.RequestsMock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    zoho.post(ENDPOINT, body=requests.ConnectionError(f"secret {SECRETS.refresh_token}"))
    with caplog.at_level(logging.DEBUG), pytest.raises(Retriable, match="cannot be reached") as caught:
        tokens_of(one_database, clock).current()
    assert_tells_no_secret(str(caught.value) + caplog.text)


def test_a_throttled_endpoint_is_left_alone_by_every_process(
    database: Database, clock: SettableClock, zoho: responses.RequestsMock
) -> None:
    zoho.post(ENDPOINT, json={"error": "Access Denied"}, status=400)
    one, two = tokens_of(database, clock), tokens_of(database, clock)
    with pytest.raises(Retriable) as caught:
        one.current()
    assert caught.value.after_seconds == 30
    grant(zoho)
    before = clock.now()
    assert two.current().value == "1000.access"
    assert clock.now() - before >= timedelta(seconds=30)
    assert len(zoho.calls) == 2


def test_secrets_are_not_shown() -> None:
    assert_tells_no_secret(repr(SECRETS))
    clock = SettableClock()
    assert "1000.access" not in repr(AccessToken("1000.access", "https://x", clock.now()))


def assert_tells_no_secret(said: str) -> None:
    for secret in (SECRETS.client_secret, SECRETS.refresh_token, "1000.access"):
        assert secret not in said
