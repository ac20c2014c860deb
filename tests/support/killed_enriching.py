"""A batch of enrichment in a worker that is killed, over a CRM and many sites of this machine."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests

from sandbox.web.companies import SiteCompany
from sandbox.zoho.serve import running as running_zoho
from sandbox.zoho.specification import OrganisationSpec
from tests.support.many_sites import Manner, ManySites, company_called, manners_for
from tests.support.processes import Product, await_that, install
from tests.support.zoho_client import ZohoHttp

DOCUMENT: Final = """\
version: 1
segmentations: [{name: RFM, labels: [{name: Others, when: purchases >= 1}]}]
enrichment:
  fields:
    phone: {field: Phone}
    street: {field: Billing_Street}
    city: {field: Billing_City}
    postcode: {field: Billing_Code}
    description: {field: Description}
    founded: {field: Year_Established}
    employees: {field: Employees}
"""
FIELDS: Final = (
    "Phone", "Billing_Street", "Billing_City", "Billing_Code", "Description", "Year_Established", "Employees",
)  # fmt: skip
BY_HAND: Final[Mapping[str, Any]] = {"Phone": "by hand", "Billing_City": "By Hand", "Employees": 7}
VISITING, WRITING = "visiting", "writing"
LEASE_SECONDS: Final = 30  # that a killed process keeps its job, and some
AT_ONCE: Final = 100  # records of one call
Records = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Ended:
    """How the batch ended.

    Attributes:
        accounts: of the batch: id, result, reason.
        overwritten: values of people that are not there any more: account and field.
        filled: accounts with a value that they had not.
        twice: the accounts' own hosts whose home page was fetched by more than one process.
        expected: of every account the outcome that its site has, by id.
        fetches: of sites' pages in all.
    """

    batch: Mapping[str, Any]
    accounts: tuple[Mapping[str, Any], ...]
    overwritten: tuple[tuple[str, str], ...]
    filled: frozenset[str]
    twice: tuple[str, ...]
    expected: Mapping[str, str]
    fetches: int
    interrupted: frozenset[str]

    def wrong(self, most_interrupted: int) -> list[str]:
        """What is not as it has to be, in sentences; none when all is well."""
        counts, results = self.batch["counts"], {one["account_id"]: one for one in self.accounts}
        wrong = []
        if sum(counts.values()) != len(self.expected) or len(self.accounts) != len(self.expected):
            wrong.append(f"{len(self.expected)} accounts are counted as {counts}")
        wrong += [f"{name} of account {one} was overwritten" for one, name in self.overwritten]
        wrong += [f"the site of {host} was visited by two processes" for host in self.twice]
        for one, expected in self.expected.items():
            result = results[one]["result"] if one in results else None
            if one not in self.interrupted and result != expected:
                wrong.append(f"account {one} is {result} and not {expected}: {results[one]['reason']}")
            if (result == "found") != (one in self.filled):
                wrong.append(f"account {one} is counted as {result}, but its fields say otherwise")
        if len(self.interrupted) > most_interrupted:
            wrong.append(f"{len(self.interrupted)} accounts were interrupted")
        return wrong


@dataclass
class KilledEnriching:
    """The installation, and what people had written into the accounts by hand."""

    product: Product
    zoho: ZohoHttp
    sites: ManySites
    expected: Mapping[str, str]
    hosts: Mapping[str, str]
    by_hand: dict[str, dict[str, Any]] = field(default_factory=dict)

    def run(self, moments: Sequence[str], chance: random.Random, seconds: float) -> Ended:
        """Enter a batch of every account, and kill the worker that works on it again and again.

        Args:
            moments: for each kill ``VISITING`` or ``WRITING``: when so many more sites are visited as chance
                says, or when the CRM has just been asked to change accounts.
            chance: how many, and how much later.
            seconds: to wait for each moment, and for the end.
        """
        self._told("sync")
        entered = self._told("enrich", "--criteria", "name is not empty", "--background")
        visits: list[set[str]] = []
        for number, moment in enumerate(moments):
            seen = len(self.sites.web.asked)
            come = self._come(moment, chance, seen, part=len(self.hosts) // (len(moments) + 1))
            with self.product.started("worker") as process:
                await_that(come, seconds, f"the moment of a kill: {moment}")
                time.sleep(chance.uniform(0, 0.2))
                process.send_signal(signal.SIGKILL)
                process.wait(10)
            visits.append(self._visited(seen))
            self._somebody_writes(chance)
            self._pass_time((number + 1) * LEASE_SECONDS)
        seen = len(self.sites.web.asked)
        with self.product.started("worker"):
            await_that(lambda: self._state(entered["id"]) == "done", seconds, "the end of the batch")
        visits.append(self._visited(seen))
        return self._ended(entered["id"], visits)

    def _come(self, moment: str, chance: random.Random, since: int, part: int) -> Callable[[], bool]:
        if moment == VISITING:
            enough = chance.randint(1, max(1, part))
            return lambda: len(self._visited(since)) >= enough
        writes = self._writes()
        return lambda: self._writes() > writes

    def _state(self, identifier: str) -> Any:
        with closing(sqlite3.connect(self.product.database)) as connection:
            return connection.execute(
                "SELECT state FROM enrichment_batch WHERE id = ?", [identifier]
            ).fetchone()[0]

    def _writes(self) -> int:
        calls = requests.get(f"{self.zoho.base_url}/_sandbox/calls", timeout=10).json()["calls"]
        return sum(number for name, number in calls.items() if name.startswith("PUT"))

    def _visited(self, since: int) -> set[str]:
        """The hosts whose home page was fetched."""
        asked = [one.url.partition("/") for one in self.sites.web.asked[since:]]
        return {host.partition(":")[0] for host, _, path in asked if not path}

    def _somebody_writes(self, chance: random.Random) -> None:
        """People go on to work: fields of accounts that are empty by now are filled by hand."""
        records = records_of(self.zoho.base_url)
        for identifier in chance.sample(sorted(records), max(1, len(records) // 20)):
            empty = {name: value for name, value in BY_HAND.items() if not records[identifier].get(name)}
            if empty:
                self.by_hand.setdefault(identifier, {}).update(empty)
        write(self.zoho, self.by_hand)

    def _pass_time(self, seconds: int) -> None:
        Path(self.product.environment["BELLWETHER_CLOCK_FILE"]).write_text(str(seconds), encoding="utf-8")

    def _ended(self, identifier: str, visits: list[set[str]]) -> Ended:
        accounts = self._told("enrich", "history", identifier)
        after = records_of(self.zoho.base_url)
        kept = [(one, name, value) for one, values in self.by_hand.items() for name, value in values.items()]
        given = {one: set(FIELDS) - set(self.by_hand.get(one, ())) for one in after}
        often = Counter(host for some in visits for host in some)
        return Ended(
            batch=self._batch(identifier),
            accounts=tuple(accounts),
            overwritten=tuple((one, name) for one, name, value in kept if after[one].get(name) != value),
            filled=frozenset(
                one for one, names in given.items() if any(after[one].get(name) for name in names)
            ),
            twice=tuple(sorted(host for host in self.hosts.values() if often[host] > 1)),
            expected=self.expected,
            fetches=len(self.sites.web.asked),
            interrupted=frozenset(one["account_id"] for one in accounts if one["result"] == "interrupted"),
        )

    def _batch(self, identifier: str) -> Any:
        batches = self._told("enrich", "history")["batches"]
        return next(one for one in batches if one["id"] == identifier)

    def _told(self, *command: str) -> Any:
        outcome = self.product.run(*command, "--json", seconds=300)
        if outcome.returncode:
            raise subprocess.SubprocessError(outcome.stderr)
        return json.loads(outcome.stdout)


@contextmanager
def killed_enriching(directory: Path, accounts: int, seed: int = 1) -> Iterator[KilledEnriching]:
    """An organisation of so many accounts with sites, a third of which cannot be read."""
    spec = OrganisationSpec(accounts=accounts, deals=5, contacts=5, products=2, seed=seed)
    with running_zoho(organisation=spec) as server, closing(ZohoHttp(server.base_url)) as zoho:
        zoho.refresh()
        companies, hosts = _companies(records_of(server.base_url))
        manners = manners_for(list(companies))
        by_hand = _prepared(zoho, hosts, manners)
        sites = ManySites(companies, manners)
        try:
            product = install(directory, zoho_url=server.base_url, slack_url="http://127.0.0.1:9")
            product = product.with_settings(
                SANDBOX_WEB_PORT=str(sites.web.port), CLOCK_FILE=str(directory / "clock")
            )
            Path(product.environment["BELLWETHER_CONFIG_FILE"]).write_text(DOCUMENT, encoding="utf-8")
            expected = {one: manners[host].outcome.value if host in manners else "found"
                        for one, host in hosts.items()}  # fmt: skip
            yield KilledEnriching(product, zoho, sites, expected, hosts, by_hand)
        finally:
            sites.web.close()


def records_of(url: str) -> Records:
    """Every account's values in the CRM."""
    shown = requests.get(f"{url}/_sandbox/records/Accounts", params={"limit": 10_000}, timeout=30).json()
    return {str(one["id"]): one["values"] for one in shown["records"]}


def write(zoho: ZohoHttp, values: Mapping[str, Mapping[str, Any]]) -> None:
    """Change accounts as a person does."""
    rows = [{"id": identifier, **changes} for identifier, changes in values.items()]
    for start in range(0, len(rows), AT_ONCE):
        answer = zoho.put("/crm/v8/Accounts", {"data": rows[start : start + AT_ONCE]})
        answer.raise_for_status()
        wrong = [one for one in answer.json()["data"] if one["code"] != "SUCCESS"]
        if wrong:
            raise ValueError(wrong[0])


def _companies(records: Records) -> tuple[dict[str, SiteCompany], dict[str, str]]:
    """By host; and the host of each account."""
    companies: dict[str, SiteCompany] = {}
    hosts: dict[str, str] = {}
    for number, (identifier, values) in enumerate(records.items()):
        host = values["Website"].removeprefix("https://")
        companies[host] = company_called(values["Account_Name"], host, number)
        hosts[identifier] = host
    return companies, hosts


def _prepared(
    zoho: ZohoHttp, hosts: Mapping[str, str], manners: Mapping[str, Manner]
) -> dict[str, dict[str, Any]]:
    """Empty the fields, give the accounts their websites, and let people have filled some; these values."""
    by_hand: dict[str, dict[str, Any]] = {}
    changes: dict[str, dict[str, Any]] = {}
    for number, (identifier, host) in enumerate(hosts.items()):
        own = [(name, value) for at, (name, value) in enumerate(BY_HAND.items()) if number % (at + 3) == 0]
        by_hand[identifier] = dict(own)
        manner = manners.get(host)
        given = manner.website if manner is not None and manner.website is not None else f"http://{host}"
        changes[identifier] = dict.fromkeys(FIELDS) | {"Website": given} | by_hand[identifier]
    write(zoho, changes)
    return {one: values for one, values in by_hand.items() if values}
