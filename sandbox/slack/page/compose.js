// Where a person types: Enter sends, Shift and Enter make a line; `/` and `@` are completed.
import { digest, el, icon } from "./dom.js";
import { menu, toast } from "./popup.js";

const COMPLETIONS = [
  { mark: /^\/\w*$/, text: "/bellwether ", name: "/bellwether", says: "Ask Bellwether by command" },
  { mark: /(?:^|\s)@\w*$/, text: "@bellwether ", name: "@bellwether", says: "Ask Bellwether; it answers in a thread" },
];

/** Questions that are worth trying first, without the words that address the app. */
export const EXAMPLES = [
  "show VIP accounts in healthcare",
  "top 10 customers by revenue",
  "at-risk accounts over 50k",
  "how many champions per industry?",
  "how is Konex doing?",
  "help",
];

/**
 * A composer. `send(text)` returns a promise; when it fails the text is kept. `examples()` are what the bulb
 * offers, `pick(text)` takes one; `shortcuts()` are the app's global ones, [{name, callback_id}], `use(id)` runs one.
 * Returns {root, fill(text), focus(), say({placeholder, key})}: a new key swaps the draft.
 */
export function composer({ send, label, testid, examples, pick, shortcuts, use }) {
  const area = el("textarea", { rows: 1, class: "c-text", "data-testid": testid, "aria-label": label, autocomplete: "off", spellcheck: "true" });
  const hints = el("div", { class: "menu completions", role: "listbox", hidden: true });
  const submit = el("button", { type: "button", class: "send", "aria-label": "Send", title: "Send", disabled: true, onclick: post }, icon("send"));
  const drafts = new Map();
  let key = "";

  function grow() {
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 220)}px`;
    submit.disabled = !area.value.trim();
  }

  function complete() {
    const upTo = area.value.slice(0, area.selectionStart);
    const fits = COMPLETIONS.filter(({ mark, name }) => mark.test(upTo) && name.startsWith(upTo.match(/[/@]\w*$/)?.[0] ?? " "));
    hints.replaceChildren(...fits.map(({ text, name, says }) => el("button", {
      type: "button", role: "option", class: "menu-item", "aria-selected": "true",
      onclick: () => {
        area.setRangeText(text, upTo.search(/[/@]\w*$/), area.selectionStart, "end");
        hints.hidden = true;
        area.focus();
        grow();
      },
    }, el("strong", null, name), el("span", { class: "hint" }, says))));
    hints.hidden = !fits.length;
  }

  async function post() {
    const text = area.value.trim();
    if (!text) return;
    hints.hidden = true;
    area.value = "";
    grow();
    try {
      await send(text);
    } catch (problem) {
      area.value = text;
      grow();
      toast(problem.message);
    }
  }

  area.addEventListener("input", () => {
    grow();
    complete();
  });
  area.addEventListener("blur", () => setTimeout(() => hints.contains(document.activeElement) || (hints.hidden = true), 100));
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && !hints.hidden) {
      event.stopPropagation();
      hints.hidden = true;
    } else if ((event.key === "Tab" || event.key === "Enter") && !hints.hidden && !event.shiftKey) {
      event.preventDefault();
      hints.firstElementChild.click();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      post();
    }
  });

  const fill = (text) => {
    area.value = text;
    grow();
    area.focus();
    area.setSelectionRange(text.length, text.length);
  };
  const tools = el("div", { class: "c-tools" });
  const root = el("div", { class: "composer" }, hints, el("div", { class: "c-box" }, area,
    el("div", { class: "c-foot" }, tools, el("span", { class: "c-keys hint" }, el("kbd", null, "Enter"), " sends  ", el("kbd", null, "Shift"), " + ", el("kbd", null, "Enter"), " new line"), submit)));

  let offered = "";
  return {
    root, fill,
    focus: () => area.focus(),
    say({ placeholder, key: next }) {
      area.placeholder = placeholder;
      if (next !== key) {
        drafts.set(key, area.value);
        key = next;
        area.value = drafts.get(key) ?? "";
        hints.hidden = true;
        grow();
      }
      const offers = examples?.() ?? [];
      const quick = shortcuts?.() ?? [];
      if (digest([offers, quick]) === offered) return;
      offered = digest([offers, quick]);
      const face = (sign, name) => el("button", { type: "button", class: "examples" }, icon(sign), name);
      tools.replaceChildren(
        ...(offers.length ? [menu(face("bulb", "Examples"), offers.map((text) => ({ label: text, pick: () => pick(text) })))] : []),
        ...(quick.length ? [menu(face("spark", "Shortcuts"), quick.map((one) => ({ label: one.name, pick: () => use(one.callback_id) })))] : []));
    },
  };
}
