// Modals: the top of the stack that the app has opened for this person. Filled once; errors stand under their fields.
import { blocks } from "./blocks.js";
import { digest, el, icon, iconButton } from "./dom.js";
import { textOf } from "./elements.js";
import { toast } from "./popup.js";
import { namesOf } from "./state.js";

const clears = "[data-block='input']";

/** What a form's fields hold: {block_id: {action_id: value}}. */
export function collected(fields) {
  const values = {};
  for (const { block_id, action_id, read } of fields.values()) (values[block_id] ??= {})[action_id] = read();
  return values;
}

/** Fields that were being filled when the app changed the view: kept where block and action have the same ids. */
function carryOver(before, after) {
  for (const old of before.querySelectorAll("input.field, textarea.field, select.select")) {
    if (!old.dataset.actionId) continue;
    const same = after.querySelector(`[data-action-id="${CSS.escape(old.dataset.actionId)}"][data-block-id="${CSS.escape(old.dataset.blockId)}"]`);
    if (same && same.tagName === old.tagName && old.value) same.value = old.value;
  }
}

function showErrors(dialog, errors) {
  let first = null;
  for (const field of dialog.querySelectorAll(clears)) {
    const text = errors[field.dataset.blockId];
    const place = field.querySelector(".b-error");
    place.textContent = text ?? "";
    place.hidden = !text;
    field.classList.toggle("wrong", Boolean(text));
    if (text) first ??= field;
  }
  first?.querySelector("input, textarea, select, button")?.focus();
  const lost = Object.entries(errors).filter(([id]) => !dialog.querySelector(`${clears}[data-block-id="${CSS.escape(id)}"]`));
  for (const [, text] of lost) toast(text);
}

function missing(view, values) {
  const empty = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
  const required = (view.blocks ?? []).filter((block) => block.type === "input" && !block.optional);
  return Object.fromEntries(required.filter((block) => empty(values[block.block_id]?.[block.element?.action_id])).map((block) => [block.block_id, "Please complete this required field."]));
}

/** Mount the modal. `deeds`: {click, submit, close, suggest}. */
export function mountModal(store, deeds) {
  const dialog = el("dialog", { class: "dialog", "data-testid": "modal" });
  document.body.append(dialog);
  let sign = "";
  let view = null;
  let fields = new Map();
  let busy = false;

  const dismiss = () => view && deeds.close(view.id).catch((problem) => toast(problem.message));
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    dismiss();
  });

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    const values = collected(fields);
    const lacking = missing(view, values);
    showErrors(dialog, lacking);
    if (Object.keys(lacking).length) return;
    busy = true;
    dialog.classList.add("busy");
    try {
      showErrors(dialog, (await deeds.submit(view.id, values)).errors ?? {});
    } catch (problem) {
      toast(problem.message);
    } finally {
      busy = false;
      dialog.classList.remove("busy");
    }
  }

  function build(state) {
    fields = new Map();
    const names = namesOf(state);
    const place = { names, fields, act: (what) => deeds.click({ view_id: view.id }, what), suggest: (what) => deeds.suggest(view.id, what) };
    const depth = state.modal.length > 1 ? el("span", { class: "hint" }, `${state.modal.length} of 3`) : null;
    return el("form", { onsubmit: submit, novalidate: true },
      el("header", { class: "dialog-head" }, el("span", { class: "brand-mark small" }, icon("bell")), el("h2", null, textOf(view.title, names)), depth, iconButton("close", "Close", dismiss)),
      el("div", { class: "dialog-body" }, blocks(view.blocks, place)),
      el("footer", { class: "dialog-foot" },
        el("button", { type: "button", class: "button", onclick: dismiss }, view.close ? textOf(view.close, names) : view.submit ? "Cancel" : "Close"),
        view.submit && el("button", { type: "submit", class: "button primary", "data-testid": "modal-submit" }, el("span", { class: "button-label" }, textOf(view.submit, names)))));
  }

  return {
    draw(state) {
      const top = state.modal.at(-1) ?? null;
      // What has been entered (`state`) is no reason to draw the form again: the person is typing in it.
      const next = top ? digest([{ ...top, state: null }, state.modal.length, state.as]) : "";
      if (next === sign) return;
      sign = next;
      const same = view && top && view.id === top.id;
      view = top;
      if (!top) {
        dialog.close();
        dialog.replaceChildren();
        return;
      }
      const form = build(state);
      if (same && dialog.firstElementChild) carryOver(dialog, form);
      dialog.replaceChildren(form);
      dialog.setAttribute("aria-label", top.title?.text ?? "Dialog");
      if (!dialog.open) dialog.showModal();
      if (!same) dialog.querySelector(".dialog-body input, .dialog-body textarea, .dialog-body select")?.focus();
    },
  };
}
