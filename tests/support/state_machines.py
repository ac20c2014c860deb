"""How hypothesis runs state machines whose steps are whole syncs."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def machine_settings(examples: int, steps: int = 8) -> settings:
    """So many examples of so many steps, none of which is made smaller: that would take hours."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
