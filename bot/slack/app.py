"""The Bolt app: middleware, listeners by topic, and the place where every error of theirs is caught."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import structlog
from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_sdk import WebClient

from bot.app.errors import UserError
from bot.app.people import Person
from bot.app.scope import NOTHING, Scope, seen_by
from bot.app.services import Services
from bot.slack.channels import Channels
from bot.slack.client import web_client
from bot.slack.listeners import (
    agent,
    alert_buttons,
    alert_forms,
    ask,
    ask_shortcut,
    charts,
    config_forms,
    enriching,
    exports,
    home,
    log_note,
    problem,
    rescore,
    saving,
    sharing,
    sorting,
    unfurl,
    workflow_step,
    zoho_link,
)
from bot.slack.middleware import ContextExecutor, Once, acknowledge, name_request
from bot.slack.surroundings import Listener, Surroundings
from bot.slack.workspace import Workspace
from scoring.config import Configuration

_log = structlog.get_logger(__name__)
LISTENER_THREADS: Final = 20


def build_app(
    services: Services,
    *,
    bot_token: str,
    api_url: str,
    configuration: Callable[[], Configuration],
    workspace: Workspace | None = None,
    as_agent: bool = False,
    with_workflow_step: bool = False,
) -> App:
    """Put the Slack app together. Nothing is sent before the first request arrives.

    Args:
        services: the use cases.
        bot_token: ``xoxb-…``.
        api_url: Slack's Web API, or another server that speaks like it.
        configuration: the published configuration, asked for on each use.
        workspace: where the token is when it is not ``bot_token``.
        as_agent: Slack shows the app as an agent.
        with_workflow_step: workflows may find accounts.
    """
    client = web_client(workspace.token if workspace else bot_token, api_url)
    app = App(
        name="bellwether",
        client=web_client(None, api_url) if workspace else client,
        authorize=workspace.authorizing() if workspace else None,
        token_verification_enabled=False,  # auth.test is asked at the first request, not at construction
        request_verification_enabled=False,  # by the connection in Socket Mode, by http_mode over HTTP
        listener_executor=ContextExecutor(LISTENER_THREADS, "listener"),
    )
    around = Surroundings(services, Channels(client), configuration, as_agent, with_workflow_step)
    app.use(name_request)
    app.use(Once(services).take)
    app.use(acknowledge)
    topics = (ask, alert_buttons, charts, enriching, exports, home, rescore, saving, sharing, sorting)
    for topic in (*topics, agent, unfurl, workflow_step, zoho_link):
        topic.register(app, around, lambda listener: _safely(listener, around))
    for forms in (alert_forms, ask_shortcut, config_forms, log_note):
        forms.register(
            app, around, lambda listener: _safely(listener, around), lambda form: _answering(form, around)
        )
    if workspace:
        workspace.register(app)
    problem.register(app)
    _catch_errors_of_middleware(app, around)
    return app


def _safely(listener: Listener, around: Surroundings) -> Callable[..., None]:
    """Acknowledge, run, and tell what goes wrong.

    Not left to Bolt's error handler: Bolt 1.30 takes the acknowledgement back when a listener fails within
    the 10 ms in which it looks for it, and then waits three seconds for another one.
    """

    def run(ack: Ack, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        ack()
        try:
            with seen_by(_scope(context)):
                listener(body, context, client)
        except Exception as error:
            _report(around, error, body, context, client)

    return run


def _answering(listener: alert_forms.FormListener, around: Surroundings) -> Callable[..., None]:
    """Take a form and answer it in its place; what goes wrong stands there instead of it.

    Not acknowledged before it is taken: the acknowledgement is the answer. So it must only ask the database.
    """

    def run(ack: Ack, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        try:
            with seen_by(_scope(context)):
                answer, afterwards = listener(body, context, client)
        except Exception as error:
            ack(response_action="update", view=problem.problem_view(error, _noted(error, context)))
            return
        ack(**answer)
        if afterwards is not None:
            _safely(lambda *_given: afterwards(), around)(lambda: None, body, context, client)

    return run


def _scope(context: BoltContext) -> Scope:
    """Whose accounts are seen meanwhile: nobody's without a person whom the access check let through."""
    person: Person | None = context.get("person")
    return NOTHING if person is None else person.scope


def _report(
    around: Surroundings, error: Exception, body: dict[str, Any], context: BoltContext, client: WebClient
) -> None:
    """Log an error and tell the person whom it concerns; never raises."""
    _noted(error, context)
    try:
        problem.tell_problem(around, error, body, context, client)
    except Exception as second:
        # Slack itself may be what is broken: then nobody can be told, and the log must do.
        _log.warning("request.problem_not_told", reason=f"{type(second).__name__}: {second}")


def _noted(error: Exception, context: BoltContext) -> str:
    """Log an error; the reference by which it is found."""
    reference = str(context.get("reference", ""))
    if isinstance(error, UserError):
        _log.info("request.not_possible", reason=error.what_happened)
    else:
        _log.error("request.failed", reference=reference, exc_info=error)
    return reference


def _catch_errors_of_middleware(app: App, around: Surroundings) -> None:
    def on_error(
        error: Exception, body: dict[str, Any], context: BoltContext, client: WebClient
    ) -> BoltResponse:
        _report(around, error, body, context, client)
        # Acknowledged all the same: the person has been told, and a repetition would fail alike.
        return BoltResponse(status=200, body="")

    app.error(on_error)
