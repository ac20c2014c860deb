"""Reading what the CRM says of itself: organisation, users, modules and their fields."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from connector.copy_ports import LocalCopy
from connector.errors import ConnectorError, NeedsPerson
from connector.mapping import CrmMapping, ModuleMapping, Role, other_mapping
from connector.ports import Clock, CrmSource, FieldDescription, ModuleDescription, Organisation
from connector.sync import decide
from connector.sync.module import Target
from connector.sync.policy import SyncPolicy


class Metadata:
    """What the CRM says of itself, read when it is due and kept in the copy."""

    def __init__(
        self, copy: LocalCopy, crm: CrmSource, mapping: CrmMapping, clock: Clock, policy: SyncPolicy
    ) -> None:
        self._copy = copy
        self._crm = crm
        self._mapping = mapping
        self._clock = clock
        self._policy = policy
        self._changes: dict[str, tuple[str, ...]] = {}
        self._counted: dict[str, Future[int | None]] = {}

    def names(self) -> tuple[str, ...]:
        """Every module that is to be read, those with a role first."""
        mapped = tuple(one.module for one in self._mapping.modules)
        return tuple(dict.fromkeys((*mapped, *self._policy.also)))

    def read_if_due(self, wanted: Sequence[str], *, full: bool) -> None:
        """Read everything, if it is due.

        Args:
            wanted: the modules that are to be read, whose records are counted with it where all are read.
            full: it is due, and so are all records.

        Raises:
            NeedsPerson: the credentials belong to another organisation than the copy, or a module that plays
                a role does not exist.
        """
        held, now = self._copy.organisation(), self._clock.now()
        modules = self._copy.modules()
        known = {one.api_name for one in modules}
        described = [bool(modules), *(bool(self._copy.fields(one)) for one in self.names() if one in known)]
        if not decide.metadata_is_due(held, described, now, self._policy, full=full):
            self._refuse_absent(modules)
            return
        # At once, as every exchange with Zoho takes a third of a second. Of several refusals the first one is
        # told, and what is answered of a module that cannot be read is left unread.
        with ThreadPoolExecutor(self._policy.lanes, thread_name_prefix="metadata") as threads:
            asked_organisation = threads.submit(self._crm.organisation)
            asked_modules, asked_users = threads.submit(self._crm.modules), threads.submit(self._crm.users)
            described_fields = {name: threads.submit(self._crm.fields, name) for name in self.names()}
            counted = {
                name: threads.submit(self._crm.count, name)
                for name in wanted
                if full or self._copy.cursor(name) is None
            }
            try:
                organisation = asked_organisation.result()
                _refuse_another(held, organisation)
                modules = asked_modules.result()
                self._refuse_absent(modules)
                users = asked_users.result()
            except ConnectorError:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
            usable = {one.api_name for one in modules if one.readable}
            fields = {name: one.result() for name, one in described_fields.items() if name in usable}
        self._counted = {name: one for name, one in counted.items() if name in usable}
        for name, found in fields.items():
            self._note_changes(name, found)
        with self._copy.writing() as writer:
            writer.save_modules(modules)
            writer.save_users(users)
            for name, found in fields.items():
                writer.save_fields(name, found)
            writer.save_organisation(organisation, now)

    def count(self, module: str) -> int | None:
        """How many records a module has; None when nobody says.

        Raises:
            ConnectorError: the CRM did not answer.
        """
        counted = self._counted.pop(module, None)
        return self._crm.count(module) if counted is None else counted.result()

    def fields_moved(self, module: str) -> bool:
        """Read a module's fields anew; whether they are others than those held."""
        before, found = self._copy.fields(module), self._crm.fields(module)
        if not found or set(before) == set(found):
            return False
        self._note_changes(module, found)
        with self._copy.writing() as writer:
            writer.save_fields(module, found)
        return True

    def target(self, module: str) -> Target | str:
        """The module as it can be read now, or why it cannot."""
        described = {one.api_name: one for one in self._copy.modules()}
        if module not in described:
            return f"left out: the CRM has no module {module}{_nearest(module, self._copy.modules())}"
        if not described[module].readable:
            return f"left out: Zoho's API does not give the records of {module}"
        fields = self._copy.fields(module)
        if not fields:
            return f"left out: Zoho describes no field of the module {module}"
        mapping = self._mapping_of(module, fields)
        selection = decide.select_fields(mapping, fields, self._policy.own.get(module, frozenset()))
        return Target(mapping, selection, described[module].kind, self._changes.get(module, ()))

    def _mapping_of(self, module: str, fields: Sequence[FieldDescription]) -> ModuleMapping:
        mapped = {one.module: one for one in self._mapping.modules}
        if module in mapped:
            return mapped[module]
        names = {one.role: one.module for one in self._mapping.modules}
        return other_mapping(
            module, fields, names.get(Role.ACCOUNTS, "Accounts"), names.get(Role.CONTACTS, "Contacts")
        )

    def _note_changes(self, module: str, found: Sequence[FieldDescription]) -> None:
        said = decide.field_changes(self._copy.fields(module), found)
        self._changes[module] = (*self._changes.get(module, ()), *said)

    def _refuse_absent(self, modules: Sequence[ModuleDescription]) -> None:
        """A module that plays a role has to be there."""
        readable = {one.api_name: one.readable for one in modules}
        for one in self._mapping.modules:
            if one.role is Role.OTHER or readable.get(one.module):
                continue
            if one.module in readable:
                raise NeedsPerson(
                    f"Zoho's API does not give the records of the module {one.module}, "
                    f"which is mapped to {one.role}.",
                    f"Map {one.role} to another module, or let the user who authorised Bellwether read it.",
                )
            raise NeedsPerson(
                f"The CRM has no module {one.module}, which is mapped to {one.role}"
                f"{_nearest(one.module, modules)}.",
                f"Correct mapping.{one.role}.module in the configuration.",
            )


def _refuse_another(held: Organisation | None, organisation: Organisation) -> None:
    if held is not None and held.id != organisation.id:
        raise NeedsPerson(
            f"This database holds the organisation {held.name} ({held.id}), "
            f"but the credentials belong to {organisation.name} ({organisation.id}).",
            "Set BELLWETHER_DATABASE_URL to a database of its own for each organisation.",
        )


def _nearest(module: str, modules: Sequence[ModuleDescription]) -> str:
    """The module that was probably meant, as the end of a sentence."""
    by_folded = {
        text.casefold(): one.api_name for one in modules for text in (one.label, one.api_name) if text
    }
    (found, *_) = (*difflib.get_close_matches(module.casefold(), by_folded, n=1, cutoff=0.5), "")
    return f" (the nearest is {by_folded[found]})" if found else ""
