"""The sandbox's page in a real browser: what it draws, that hostile text stays text, that it fits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.page_browser import blameless_page, chromium, opened_window
from tests.support.page_stub import PageStub, running_stub

pytestmark = pytest.mark.browser

Json = dict[str, Any]
IMAGE = '<img src=x onerror="window.hurt=1">'
HOSTILE = f"{IMAGE}<!channel> <https://evil.example|Open in CRM>"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def options(*words: str) -> list[Json]:
    return [{"text": plain(word), "value": word.lower()} for word in words]


def button(action_id: str, label: str = "Press", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(label), "value": "v", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "block_id": "acts", "elements": list(elements)}


def rich(*runs: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(runs)}]}


def raw(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.fixture(scope="module")
def server() -> Iterator[PageStub]:
    with running_stub() as one:
        yield one


@pytest.fixture(scope="module")
def browser(server: PageStub) -> Iterator[Browser]:
    """Depends on the server so that it leaves before the server does."""
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserContext]:
    with opened_window(browser, timezone_id="UTC") as one:
        yield one


@pytest.fixture
def stub(server: PageStub) -> PageStub:
    server.forget()
    return server


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    with blameless_page(window) as one:
        yield one


def show(page: Page, stub: PageStub, *blocks: Json, channel: str = "CSALES", **more: Any) -> Locator:
    """Open the page on one message of the app; the message."""
    stub.post(channel, "1700000000.000100", "told", blocks=list(blocks), **more)
    page.goto(f"{stub.base_url}/?as=UDARCEL&at={channel}")
    message = page.get_by_test_id("message").first
    message.wait_for()
    return message


BLOCKS: dict[str, tuple[Json, str, str]] = {
    "header": ({"type": "header", "text": plain("Top accounts :bell:")}, ".emoji", "🔔"),
    "section": ({"type": "section", "text": mrkdwn("is *bold*")}, "strong", "bold"),
    "fields": (
        {"type": "section", "fields": [mrkdwn("*Owner*\nAda"), mrkdwn("b")]},
        ".b-field >> nth=0",
        "OwnerAda",
    ),
    "accessory": (
        {"type": "section", "text": plain("x"), "accessory": button("go", "Go")},
        "button[data-action-id=go]",
        "Go",
    ),
    "context": ({"type": "context", "elements": [mrkdwn("Read as `a = b`")]}, "code", "a = b"),
    "button": (actions(button("ok", "Sure", style="primary")), "button.primary[data-action-id=ok]", "Sure"),
    "static_select": (
        actions(
            {
                "type": "static_select",
                "action_id": "s",
                "placeholder": plain("Pick"),
                "options": options("One"),
            }
        ),
        "select[data-action-id=s] option >> nth=1",
        "One",
    ),
    "multi_static_select": (
        actions(
            {
                "type": "multi_static_select",
                "action_id": "m",
                "options": options("Red", "Blue"),
                "initial_options": options("Blue"),
            }
        ),
        "button[data-action-id=m]",
        "Blue",
    ),
    "users_select": (
        actions({"type": "users_select", "action_id": "u", "placeholder": plain("Who")}),
        "select[data-action-id=u] option[value=UADA]",
        "Ada Lindqvist",
    ),
    "overflow": (
        actions({"type": "overflow", "action_id": "o", "options": options("Archive")}),
        "[role=menuitem]",
        "Archive",
    ),
    "checkboxes": (
        actions({"type": "checkboxes", "action_id": "c", "options": options("Tick")}),
        "[data-action-id=c] label:has(input[type=checkbox])",
        "Tick",
    ),
    "radio_buttons": (
        actions({"type": "radio_buttons", "action_id": "r", "options": options("Left")}),
        "[data-action-id=r] label:has(input[type=radio])",
        "Left",
    ),
    "rich_text": (
        rich(
            {"type": "text", "text": "was ", "style": {"strike": True}}, {"type": "user", "user_id": "UADA"}
        ),
        ".mention",
        "@Ada Lindqvist",
    ),
    "rich_text_list": (
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "elements": [
                        {"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]}
                    ],
                }
            ],
        },
        "ol > li",
        "first",
    ),
    "rich_text_quote": (
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": "q"}]}],
        },
        "blockquote",
        "q",
    ),
    "rich_text_preformatted": (
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a  b"}]}],
        },
        "pre",
        "a  b",
    ),
    "table": (
        {
            "type": "table",
            "rows": [[raw("Account"), raw("Spend")], [rich({"type": "text", "text": "Acme"}), raw("$1")]],
            "column_settings": [{}, {"align": "right"}],
        },
        "tbody td.align-right",
        "$1",
    ),
    "raw_text": (
        {"type": "table", "rows": [[raw("Label")], [raw("🟢 :bell: *VIP* <!here> &amp;")]]},
        "td:has(.dot-green)",
        "🟢 :bell: *VIP* <!here> &amp;",
    ),
    "raw_number": (
        {"type": "table", "rows": [[raw("n")], [{"type": "raw_number", "value": 1234}]]},
        "td.align-right",
        "1,234",
    ),
    "markdown": ({"type": "markdown", "text": "# Head\n\n- **one**\n- two"}, "ul > li >> nth=0", "one"),
    "image": (
        {"type": "image", "image_url": "https://elsewhere.example/a.png", "alt_text": "Wins by month"},
        ".picture",
        "Wins by month",
    ),
    "context_actions": (
        {
            "type": "context_actions",
            "elements": [
                {
                    "type": "feedback_buttons",
                    "action_id": "f",
                    "positive_button": {"text": plain("Good"), "value": "up"},
                    "negative_button": {"text": plain("Bad"), "value": "down"},
                }
            ],
        },
        ".feedback button >> nth=1",
        "Bad",
    ),
    "unknown": ({"type": "hologram", "depth": 3}, "strong", "hologram"),
}


def test_every_block_and_element_is_drawn(page: Page, stub: PageStub) -> None:
    message = show(page, stub, *(block for block, _, _ in BLOCKS.values()), {"type": "divider"})
    assert message.locator("[data-block]").count() == len(BLOCKS) + 1
    for name, (_, where, text) in BLOCKS.items():
        index = list(BLOCKS).index(name)
        assert text in (message.locator("[data-block]").nth(index).locator(where).text_content() or ""), name
    assert message.locator("hr[data-block=divider]").count() == 1
    assert message.locator("input[type=date]").count() == 0


NEW_TAB = 'target="_blank" rel="noopener noreferrer"'
MARKUP = {
    "*a* _b_ ~c~ `d`": "<strong>a</strong> <em>b</em> <s>c</s> <code>d</code>",
    "*a _b_*": "<strong>a <em>b</em></strong>",
    "GTX_Pro_x 2*3*4 * a *": "GTX_Pro_x 2*3*4 * a *",
    "*\u200ba*": "*\u200ba*",
    "`*a*` &amp;lt; &lt;b&gt;": "<code>*a*</code> &amp;lt; &lt;b&gt;",
    "&gt; q\n&gt; r\ns": "<blockquote>q<br>r</blockquote>s",
    "```x &lt; *y*```": "<pre>x &lt; *y*</pre>",
    "<https://a.example/?x&amp;y|A &amp; B>": f'<a href="https://a.example/?x&amp;y" {NEW_TAB}>A &amp; B</a>',
    "<javascript:alert(1)|click>": "&lt;javascript:alert(1)|click&gt;",
    "<@UADA> <#CSALES>": ('<span class="mention">@Ada Lindqvist</span> <span class="mention">#sales</span>'),
    "<!here>": '<span class="mention loud">@here</span>',
    "&lt;!channel&gt; &lt;@UADA&gt;": "&lt;!channel&gt; &lt;@UADA&gt;",
    "<!date^0^{date_num}^https://a.example/|then>": f'<a href="https://a.example/" {NEW_TAB}>01/01/1970</a>',
    ":no_such_name: 10:30:45": ":no_such_name: 10:30:45",
    "<img src=x>": "&lt;img src=x&gt;",
}


@pytest.mark.parametrize("text", MARKUP)
def test_mrkdwn_reads_as_in_slack(opened: Page, text: str) -> None:
    drawn = opened.evaluate(
        """async (text) => {
            const { mrkdwn } = await import("/mrkdwn.js");
            const known = { UADA: "Ada Lindqvist", CSALES: "sales" };
            const names = { user: (id) => known[id], channel: (id) => known[id] };
            const box = document.createElement("div");
            box.append(...mrkdwn(text, names));
            return box.innerHTML;
        }""",
        text,
    )
    assert drawn == MARKUP[text]


@pytest.fixture(scope="module")
def opened(window: BrowserContext, server: PageStub) -> Iterator[Page]:
    with blameless_page(window) as one:
        one.goto(server.base_url)
        yield one


def test_hostile_names_stay_text_wherever_they_stand(page: Page, stub: PageStub) -> None:
    stub.accounts = [{"id": "1", "name": HOSTILE, "won_amount": 1, "won_count": 1, "open_count": 0}]
    stub.refusals = [{"method": HOSTILE, "error": HOSTILE, "at": "2026-11-24T19:20:00+00:00"}]
    message = show(
        page,
        stub,
        {"type": "header", "text": plain(HOSTILE)},
        {"type": "section", "text": mrkdwn(escaped(HOSTILE)), "fields": [mrkdwn(f"*{escaped(HOSTILE)}*")]},
        {"type": "table", "rows": [[raw(HOSTILE)], [rich({"type": "text", "text": HOSTILE})]]},
        {"type": "markdown", "text": f"**{IMAGE}** [x](javascript:alert(1))"},
        rich({"type": "link", "url": "javascript:alert(1)", "text": HOSTILE}),
        actions(
            button("b", HOSTILE, url="javascript:alert(1)"),
            {
                "type": "static_select",
                "action_id": "s",
                "placeholder": plain(HOSTILE),
                "options": options(HOSTILE),
            },
        ),
        {"type": HOSTILE},
    )
    stub.post("CSALES", "1700000001.000100", escaped(HOSTILE), user="UDARCEL")
    stub.modal = [
        {
            "id": "V1",
            "type": "modal",
            "title": plain(HOSTILE),
            "blocks": [{"type": "section", "text": plain(HOSTILE)}],
        }
    ]
    stub.tell({"kind": "modal"})
    expect(page.get_by_test_id("modal").get_by_role("heading")).to_have_text(HOSTILE)
    expect(message.locator("h3")).to_have_text(HOSTILE)
    expect(message.locator("th")).to_have_text(HOSTILE)
    expect(page.get_by_test_id("message").nth(1).locator(".m-text")).to_have_text(HOSTILE)
    expect(page.get_by_test_id("account").locator(".account-name")).to_have_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert page.locator(".mention").count() == 0
    assert page.locator('a[href^=javascript], a:text-is("Open in CRM")').count() == 0
    assert page.evaluate("window.hurt") is None


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (800, "light"), (1280, "dark")])
def test_nothing_scrolls_sideways_at_any_width(
    browser: Browser, stub: PageStub, width: int, scheme: Any
) -> None:
    wide = {"type": "table", "rows": [[raw(f"A rather long heading {n}") for n in range(12)]]}
    stub.accounts = [
        {"id": "1", "name": "Acme " * 20, "won_amount": 1e9, "won_count": 9999, "open_count": 999}
    ]
    stub.home = {"id": "VH", "type": "home", "blocks": [{"type": "header", "text": plain("W" * 150)}, wide]}
    with opened_window(browser, width, color_scheme=scheme) as window, blameless_page(window) as page:
        message = show(
            page, stub, wide, {"type": "section", "text": mrkdwn("long" * 100), "accessory": button("b")}
        )
        fits(page)
        assert message.locator(".table-scroll").evaluate("box => box.scrollWidth > box.clientWidth")
        if width < 660:
            page.get_by_role("button", name="Channels").click()
        page.get_by_test_id("home").click()
        page.get_by_test_id("home-view").get_by_role("heading").first.wait_for()
        fits(page)
        if width < 1120:
            page.get_by_role("button", name="The world", exact=True).click()
        page.get_by_test_id("lose").first.click()
        expect(page.get_by_test_id("world").get_by_text("7 deals lost")).to_be_visible()
        fits(page)
    assert stub.asked_of("world/lose") == [{"account_id": "1"}]


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    boxes = "[...document.querySelectorAll('.scroll, .pane-head')]"
    wider = f"{boxes}.filter((box) => box.scrollWidth > box.clientWidth + 1)"
    assert page.evaluate(f"{wider}.map((box) => box.className)") == []


def test_a_button_waits_until_the_app_has_answered(page: Page, stub: PageStub) -> None:
    message = show(page, stub, actions(button("ack", "Acknowledge"), button("no", "No")))
    ack = message.locator("[data-action-id=ack]")
    ack.click()
    expect(ack).to_have_attribute("aria-busy", "true")
    stub.post(
        "CSALES", "1700000000.000100", blocks=[{"type": "section", "text": plain("Acknowledged by Darcel")}]
    )
    expect(message).to_contain_text("Acknowledged by Darcel")
    assert stub.asked_of("click") == [
        {
            "as": "UDARCEL",
            "channel": "CSALES",
            "ts": "1700000000.000100",
            "action_id": "ack",
            "block_id": "acts",
            "value": "v",
        }
    ]


def test_choices_are_sent_when_they_are_made(page: Page, stub: PageStub) -> None:
    message = show(
        page,
        stub,
        actions(
            {
                "type": "static_select",
                "action_id": "one",
                "placeholder": plain("P"),
                "options": options("A", "B"),
            },
            {"type": "multi_static_select", "action_id": "many", "options": options("Red", "Blue", "Green")},
            {"type": "datepicker", "action_id": "day"},
            {"type": "overflow", "action_id": "more", "options": options("Archive", "Remove")},
        ),
    )
    message.locator("[data-action-id=one]").select_option("b")
    stub.tell({"kind": "state"})
    message.locator("[data-action-id=many]").click()
    message.get_by_label("Red").check()
    message.get_by_label("Green").check()
    page.keyboard.press("Escape")
    message.locator("[data-action-id=day]").fill("2026-12-24")
    message.locator("[data-action-id=more]").click()
    message.get_by_role("menuitem", name="Remove").click()
    eventually(lambda: len(stub.asked_of("click")) == 4)
    chosen = [(one["action_id"], one["selected"]) for one in stub.asked_of("click")]
    assert chosen == [("one", "b"), ("many", ["red", "green"]), ("day", "2026-12-24"), ("more", "remove")]


def test_a_confirmation_is_asked_in_the_apps_words(page: Page, stub: PageStub) -> None:
    confirm = {
        "title": plain("Erase?"),
        "text": mrkdwn("It *goes*."),
        "confirm": plain("Erase"),
        "deny": plain("Keep"),
    }
    message = show(page, stub, actions(button("erase", confirm=confirm)))
    message.locator("[data-action-id=erase]").click()
    expect(page.get_by_test_id("confirm").locator("strong")).to_have_text("goes")
    page.get_by_role("button", name="Keep").click()
    message.locator("[data-action-id=erase]").click()
    page.get_by_role("button", name="Erase").click()
    eventually(lambda: stub.asked_of("click") != [])
    assert len(stub.asked_of("click")) == 1


def asking(view_id: str, title: str) -> Json:
    why: Json = {"type": "plain_text_input", "action_id": "text", "multiline": True}
    how: Json = {"type": "checkboxes", "action_id": "how", "options": options("Tell", "Hide")}
    until: Json = {"type": "datepicker", "action_id": "day", "initial_date": "2026-12-01"}
    elements = {"why": why, "how": how, "until": until}
    blocks = [
        {
            "type": "input",
            "block_id": name,
            "label": plain(name.title()),
            "element": element,
            "optional": name == "how",
        }
        for name, element in elements.items()
    ]
    return {"id": view_id, "type": "modal", "title": plain(title), "submit": plain("Save"), "blocks": blocks}


def test_a_modal_is_filled_refused_and_sent(page: Page, stub: PageStub) -> None:
    show(page, stub)
    stub.modal = [asking("V1", "Snooze")]
    stub.tell({"kind": "modal"})
    modal = page.get_by_test_id("modal")
    page.get_by_test_id("modal-submit").click()
    expect(modal.get_by_text("Please complete this required field.")).to_be_visible()
    assert stub.asked_of("submit") == []
    modal.get_by_label("Why").fill("On holiday")
    modal.get_by_label("Tell").check()
    stub.errors = {"until": "That day is in the past."}
    page.get_by_test_id("modal-submit").click()
    expect(modal.locator("[data-block-id=until] [role=alert]")).to_have_text("That day is in the past.")
    expect(modal.get_by_label("Why")).to_have_value("On holiday")
    sent = {"why": {"text": "On holiday"}, "how": {"how": ["tell"]}, "until": {"day": "2026-12-01"}}
    assert stub.asked_of("submit") == [{"as": "UDARCEL", "view_id": "V1", "values": sent}]


def test_several_are_found_and_chosen_while_one_searches(page: Page, stub: PageStub) -> None:
    show(page, stub)
    view = asking("V1", "Export")
    fields = {
        "type": "multi_external_select",
        "action_id": "some",
        "min_query_length": 0,
        "max_selected_items": 2,
    }
    view["blocks"] = [
        {"type": "input", "block_id": "fields", "label": plain("Fields"), "element": fields, "optional": True}
    ]
    stub.offered = options("Phone", "City", IMAGE)
    stub.modal = [view]
    stub.tell({"kind": "modal"})
    modal = page.get_by_test_id("modal")

    def box(name: str) -> Locator:
        return modal.get_by_role("checkbox", name=name)

    box("Phone").check()
    expect(box("Phone")).to_be_focused()
    modal.get_by_label("Fields").fill("cit")
    expect(box("Phone")).to_be_hidden()
    box("City").check()
    modal.get_by_label("Fields").fill("img")
    expect(box(IMAGE)).to_be_disabled()
    modal.get_by_role("button", name="Leave out Phone").click()
    box(IMAGE).check()
    modal.get_by_label("Fields").fill("nothing so called")
    expect(modal.get_by_text("Nothing found")).to_be_visible()
    page.get_by_test_id("modal-submit").click()
    eventually(lambda: stub.asked_of("submit") != [])
    sent = {"fields": {"some": ["city", IMAGE.lower()]}}
    assert stub.asked_of("submit") == [{"as": "UDARCEL", "view_id": "V1", "values": sent}]
    assert page.evaluate("window.hurt") is None


def test_modals_stack_and_close_one_by_one(page: Page, stub: PageStub) -> None:
    show(page, stub)
    stub.modal = [asking("V1", "First"), asking("V2", "Second")]
    stub.tell({"kind": "modal"})
    heading = page.get_by_test_id("modal").get_by_role("heading", level=2)
    expect(heading).to_have_text("Second")
    page.keyboard.press("Escape")
    expect(heading).to_have_text("First")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_test_id("modal")).to_be_hidden()
    assert [one["view_id"] for one in stub.asked_of("close")] == ["V2", "V1"]


def test_typing_completes_breaks_lines_and_sends(page: Page, stub: PageStub) -> None:
    show(page, stub)
    composer = page.get_by_test_id("composer")
    composer.focus()
    page.keyboard.type("@be")
    page.keyboard.press("Tab")
    expect(composer).to_have_value("@bellwether ")
    page.keyboard.type("show VIP accounts")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("in healthcare")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("message").last).to_contain_text("in healthcare")
    expect(composer).to_have_value("")
    assert stub.asked_of("say")[0]["text"] == "@bellwether show VIP accounts\nin healthcare"


def test_a_hint_fills_the_composer(page: Page, stub: PageStub) -> None:
    page.goto(f"{stub.base_url}/?as=UDARCEL&at=CSALES")
    page.get_by_test_id("chip").first.click()
    expect(page.get_by_test_id("composer")).to_have_value("@bellwether show VIP accounts in healthcare")


def test_replies_are_folded_and_open_beside(page: Page, stub: PageStub) -> None:
    message = show(page, stub)
    stub.post("CSALES", "1700000002.000100", "an answer", user="UADA", thread_ts="1700000000.000100")
    message.get_by_test_id("replies").click()
    thread = page.get_by_label("Thread", exact=True)
    expect(thread).to_contain_text("an answer")
    assert page.locator("#conversation [data-testid=message]").count() == 1
    page.get_by_test_id("thread-composer").fill("thanks")
    page.keyboard.press("Enter")
    expect(message.get_by_test_id("replies")).to_contain_text("2 replies")
    assert stub.asked_of("say")[0]["thread_ts"] == "1700000000.000100"
    page.keyboard.press("Escape")
    expect(thread).to_be_hidden()


def test_a_reader_above_stays_and_one_at_the_end_follows(page: Page, stub: PageStub) -> None:
    for n in range(40):
        stub.post("CSALES", f"17000000{n:02d}.000000", f"line {n}", user="UADA" if n % 2 else "UDARCEL")
    page.goto(f"{stub.base_url}/?as=UDARCEL&at=CSALES")
    last = page.get_by_text("line 39")
    expect(last).to_be_in_viewport()
    stub.post("CSALES", "1700000100.000000", "a new one", user="UADA")
    expect(page.get_by_text("a new one", exact=True)).to_be_in_viewport()
    box = page.locator("#conversation .scroll").first
    box.evaluate("box => box.scrollTo(0, 0)")
    stub.post("CSALES", "1700000101.000000", "one more", user="UADA")
    expect(page.get_by_role("button", name="New messages")).to_be_visible()
    assert box.evaluate("box => box.scrollTop") == 0
    assert page.get_by_text("one more", exact=True).count() == 1
    expect(page.locator("#live")).to_have_text("Ada Lindqvist: one more")


def test_what_was_missed_while_disconnected_is_read_again(page: Page, stub: PageStub) -> None:
    show(page, stub)
    stub.hang_up()
    stub.post("CSALES", "1700000050.000000", "said meanwhile", user="UADA")
    expect(page.get_by_text("said meanwhile", exact=True)).to_be_visible()
    expect(page.get_by_test_id("connected")).to_have_text("Bellwether connected")


def test_one_sees_as_another(page: Page, stub: PageStub) -> None:
    show(page, stub, ephemeral_for="UDARCEL")
    expect(page.get_by_text("Only visible to you")).to_be_visible()
    expect(page.get_by_test_id("channel-cs-alerts").locator(".count")).to_have_text("3")
    page.get_by_test_id("view-as").select_option("UADA")
    expect(page.get_by_text("Only visible to you")).to_have_count(0)
    page.get_by_test_id("composer").fill("hello")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("message").last).to_contain_text("Ada Lindqvist")


def eventually(holds: Any, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert holds()
