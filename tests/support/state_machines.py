"""What the state machines whose steps are whole syncs have in common."""

from __future__ import annotations

import shutil
from abc import abstractmethod
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from connector.cache.engine import Database, open_database
from tests.support.postgres import SHARED, PostgresServer, emptied


class SyncedWorld(RuleBasedStateMachine):
    """An organisation and its copy, which is SQLite's unless a subclass opens another; settled at the end."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.clock_file = self.folder / "clock"
        self.clock_file.write_text("0")
        self.database = self.stack.enter_context(self.opened())

    def opened(self) -> AbstractContextManager[Database]:
        """An empty database with every table."""
        file = self.folder / "copy.sqlite"
        shutil.copyfile(self.template, file)
        return closing(open_database(f"sqlite:///{file}"))

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.stack.close()

    @abstractmethod
    def settle(self) -> None:
        """Troubles end, one sync comes to its end: then nothing may differ."""


def run_on_sqlite(machine: type[SyncedWorld], template: Path, examples: int) -> None:
    """So many examples, each in a copy of this file."""
    run_state_machine_as_test(
        type(machine.__name__, (machine,), {"template": template}), settings=machine_settings(examples)
    )


def run_on_postgresql(machine: type[SyncedWorld], server: PostgresServer, examples: int) -> None:
    """So many examples, each in the emptied shared database."""

    def opened(_self: SyncedWorld) -> AbstractContextManager[Database]:
        server.execute(emptied(), SHARED)
        return closing(open_database(server.url(SHARED)))

    run_state_machine_as_test(
        type(machine.__name__, (machine,), {"opened": opened}), settings=machine_settings(examples)
    )


def machine_settings(examples: int, steps: int = 8) -> settings:
    """So many examples of so many steps, none of which is made smaller: that would take hours."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
