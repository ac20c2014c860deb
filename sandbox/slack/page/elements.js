// Interactive Block Kit elements. Each is a native control, so that keyboard and screen readers work as everywhere.
//
// A place says what an action does and keeps what a form needs:
//   names   {user(id), channel(id), users(), channels(), me}
//   act     ({block, element, selected, node}) -> void
//   fields  Map "block_id action_id" -> () => value; only in forms (modals)
import { el, followable, icon } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";
import { confirmed, menu, opener } from "./popup.js";

/** Nodes for a text object. In plain_text nothing but emoji names is read. */
export function textOf(object, names) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, names);
  return object.emoji === false ? [object.text ?? ""] : withEmoji(object.text ?? "");
}

const plain = (object) => object?.text ?? "";

/** Draw one element. `input`: it stands in an input block, where only submitting sends it, unless the block dispatches. */
export function element(spec, block, place, { input = false } = {}) {
  const draw = ELEMENTS[spec.type];
  if (!draw) return el("span", { class: "unknown inline" }, `${spec.type} element`);
  const sends = !input || block.dispatch_action === true;
  const hooks = { "data-action-id": spec.action_id ?? "", "data-block-id": block.block_id ?? "", "aria-label": spec.accessibility_label ?? null };
  const context = {
    block, place, input, hooks,
    send: async (selected, node) => {
      if (!sends) return true;
      if (spec.confirm && !(await confirmed(question(spec.confirm, place.names)))) return false;
      place.act({ block, element: spec, selected, node });
      return true;
    },
    keep: (read) => place.fields?.set(`${block.block_id} ${spec.action_id}`, { block_id: block.block_id, action_id: spec.action_id, read }),
  };
  return draw(spec, context);
}

function question(confirm, names) {
  return {
    title: textOf(confirm.title, names), text: textOf(confirm.text, names), confirm: textOf(confirm.confirm, names),
    deny: textOf(confirm.deny, names), danger: confirm.style === "danger",
  };
}

function button(spec, { hooks, place, send }) {
  const style = ["primary", "danger"].includes(spec.style) ? ` ${spec.style}` : "";
  const node = el("button", { type: "button", class: `button${style}`, ...hooks }, el("span", { class: "button-label" }, textOf(spec.text, place.names)));
  node.addEventListener("click", async () => {
    const address = followable(spec.url);
    const goes = await send(undefined, address ? null : node);
    if (goes && address) window.open(address, "_blank", "noopener,noreferrer");
  });
  if (spec.url) node.append(el("span", { class: "unseen" }, " (opens a page)"));
  return node;
}

function options(spec) {
  return spec.option_groups ? spec.option_groups.flatMap((group) => group.options) : spec.options ?? [];
}

const optionNode = (option, chosen) => el("option", { value: option.value, selected: chosen === option.value }, plain(option.text));

function select(spec, { hooks, send, keep, input }, groups, initial) {
  const node = el("select", { class: "select", ...hooks, "aria-label": hooks["aria-label"] ?? (input ? null : plain(spec.placeholder) || "Choose") },
    el("option", { value: "", selected: !initial, hidden: !input, disabled: !input }, plain(spec.placeholder) || "Choose an option"),
    groups.map((group) => (group.label ? el("optgroup", { label: plain(group.label) }, group.options.map((one) => optionNode(one, initial))) : group.options.map((one) => optionNode(one, initial)))));
  let before = node.value;
  node.addEventListener("change", async () => {
    if (await send(node.value, node)) before = node.value;
    else node.value = before;
  });
  keep(() => node.value || null);
  return node;
}

function staticSelect(spec, context) {
  return select(spec, context, spec.option_groups ?? [{ options: options(spec) }], spec.initial_option?.value);
}

const TYPING_MILLISECONDS = 200;

/** A choice whose options the app gives while one types: a field, and what it found below it. */
function externalSelect(spec, { block, hooks, place, send, keep }) {
  const least = spec.min_query_length ?? 3;
  const node = el("select", { class: "select", "data-found": spec.action_id, "aria-label": "What was found" }, el("option", { value: "" }, "Type to search"));
  const typed = el("input", { type: "search", class: "field", ...hooks, placeholder: plain(spec.placeholder), autocomplete: "off" });
  let asked = 0;
  let timer;
  async function look() {
    const mine = (asked += 1);
    const found = typed.value.length < least ? [] : (await place.suggest({ block_id: block.block_id, action_id: spec.action_id, value: typed.value })).options;
    if (mine !== asked) return;
    const none = typed.value.length < least ? "Type to search" : "Nothing found";
    node.replaceChildren(...(found.length ? found.map((one, at) => optionNode(one, at === 0 ? one.value : null)) : [el("option", { value: "" }, none)]));
  }
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => look().catch(() => {}), TYPING_MILLISECONDS);
  };
  typed.addEventListener("input", later);
  node.addEventListener("change", () => send(node.value, node));
  if (!least) later();
  keep(() => node.value || null);
  return el("span", { class: "searching" }, typed, node);
}

/** Several of them: what is chosen stays while one searches for more; a click on it leaves it out again. */
function multiExternal(spec, { block, hooks, place, send, keep }) {
  const least = spec.min_query_length ?? 3;
  const most = spec.max_selected_items ?? Infinity;
  const chosen = new Map((spec.initial_options ?? []).map((one) => [one.value, plain(one.text)]));
  const typed = el("input", { type: "search", class: "field", ...hooks, placeholder: plain(spec.placeholder), autocomplete: "off" });
  const taken = el("div", { class: "taken", role: "group", "aria-label": "Chosen" });
  const found = el("div", { class: "found choices", role: "group", "aria-label": "What was found", "data-found": spec.action_id });
  let boxes = [];
  let asked = 0;
  let timer;
  function say() {
    taken.replaceChildren(...[...chosen].map(([value, text]) => el("button", { type: "button", class: "chip", "aria-label": `Leave out ${text}`, onclick: () => choose(value, text, false) }, text, icon("close"))));
    for (const box of boxes) {
      box.checked = chosen.has(box.value);
      box.disabled = chosen.size >= most && !box.checked;
    }
  }
  function choose(value, text, on) {
    if (on) chosen.set(value, text);
    else chosen.delete(value);
    say();
    send([...chosen.keys()], typed);
  }
  function offer(options) {
    boxes = options.map((one) => el("input", { type: "checkbox", value: one.value, onchange: (event) => choose(one.value, plain(one.text), event.target.checked) }));
    const none = el("span", { class: "hint" }, typed.value.length < least ? "Type to search" : "Nothing found");
    found.replaceChildren(...(options.length ? options.map((one, at) => el("label", { class: "menu-item" }, boxes[at], el("span", null, plain(one.text)))) : [none]));
    say();
  }
  async function look() {
    const mine = (asked += 1);
    const answer = typed.value.length < least ? [] : (await place.suggest({ block_id: block.block_id, action_id: spec.action_id, value: typed.value })).options;
    if (mine === asked) offer(answer);
  }
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => look().catch(() => {}), TYPING_MILLISECONDS);
  };
  typed.addEventListener("input", later);
  offer([]);
  if (!least) later();
  keep(() => [...chosen.keys()]);
  return el("span", { class: "searching" }, taken, typed, found);
}

const named = (entries) => [{ options: entries.map(({ id, name }) => ({ value: id, text: { text: name } })) }];

function usersSelect(spec, context) {
  return select(spec, context, named(context.place.names.users()), spec.initial_user);
}

function channelsSelect(spec, context) {
  return select(spec, context, named(context.place.names.channels()), spec.initial_channel ?? spec.initial_conversation);
}

function multiple(spec, { hooks, send, keep }, choices, initial) {
  const chosen = new Set(initial);
  let sent = [...chosen].join();
  const words = el("span", { class: "button-label" });
  const face = el("button", { type: "button", class: "select multi", ...hooks }, words, icon("down"));
  const say = () => {
    const labels = choices.filter((one) => chosen.has(one.value)).map((one) => plain(one.text));
    words.textContent = labels.length ? labels.join(", ") : plain(spec.placeholder) || "Choose options";
    face.classList.toggle("empty", !labels.length);
  };
  const body = el("div", { class: "menu choices", role: "group" }, choices.map((one) => el("label", { class: "menu-item" },
    el("input", {
      type: "checkbox", value: one.value, checked: chosen.has(one.value),
      onchange: (event) => {
        if (event.target.checked) chosen.add(one.value);
        else chosen.delete(one.value);
        say();
      },
    }), el("span", null, plain(one.text)))));
  say();
  keep(() => [...chosen]);
  return opener(face, body, () => {
    if ([...chosen].join() === sent) return;
    sent = [...chosen].join();
    send([...chosen], face);
  }).root;
}

function multiStatic(spec, context) {
  return multiple(spec, context, options(spec), (spec.initial_options ?? []).map((one) => one.value));
}

function multiUsers(spec, context) {
  return multiple(spec, context, named(context.place.names.users())[0].options, spec.initial_users ?? []);
}

function multiChannels(spec, context) {
  return multiple(spec, context, named(context.place.names.channels())[0].options, spec.initial_channels ?? spec.initial_conversations ?? []);
}

function overflow(spec, { hooks, send }) {
  const face = el("button", { type: "button", class: "button square", title: "More actions", ...hooks, "aria-label": hooks["aria-label"] ?? "More actions" }, icon("dots"));
  return menu(face, options(spec).map((option) => ({
    label: plain(option.text), more: { "data-value": option.value },
    pick: () => {
      if (followable(option.url)) window.open(followable(option.url), "_blank", "noopener,noreferrer");
      send(option.value, face);
    },
  })));
}

let groups = 0;

function tickable(spec, { hooks, send, keep, place }, type, initial) {
  groups += 1;
  const name = `group-${groups}`;
  const boxes = options(spec).map((option) => el("input", { type, name, value: option.value, checked: initial.includes(option.value) }));
  const read = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const value = () => (type === "radio" ? read()[0] ?? null : read());
  const root = el("div", { class: "ticks", role: type === "radio" ? "radiogroup" : "group", ...hooks },
    options(spec).map((option, index) => el("label", { class: "tick" }, boxes[index],
      el("span", null, el("span", null, textOf(option.text, place.names)), option.description && el("span", { class: "hint" }, textOf(option.description, place.names))))));
  root.addEventListener("change", () => send(value(), root));
  keep(value);
  return root;
}

const checkboxes = (spec, context) => tickable(spec, context, "checkbox", (spec.initial_options ?? []).map((one) => one.value));
const radios = (spec, context) => tickable(spec, context, "radio", spec.initial_option ? [spec.initial_option.value] : []);

function picker(type, initial) {
  return (spec, { hooks, send, keep }) => {
    const node = el("input", { type, class: "field", ...hooks, value: spec[initial] ?? null, "aria-label": hooks["aria-label"] ?? (plain(spec.placeholder) || null) });
    node.addEventListener("change", () => node.value && send(node.value, node));
    keep(() => node.value || null);
    return node;
  };
}

function momentPicker(spec, { hooks, send, keep }) {
  const local = (seconds) => new Date(seconds * 1000 - new Date(seconds * 1000).getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  const node = el("input", { type: "datetime-local", class: "field", ...hooks, value: spec.initial_date_time ? local(spec.initial_date_time) : null });
  const read = () => (node.value ? Math.floor(new Date(node.value).getTime() / 1000) : null);
  node.addEventListener("change", () => node.value && send(read(), node));
  keep(read);
  return node;
}

function written(type) {
  return (spec, { hooks, send, keep }) => {
    const attributes = {
      class: "field", ...hooks, placeholder: plain(spec.placeholder) || null, maxlength: spec.max_length ?? null,
      rows: spec.multiline ? 4 : null, type: spec.multiline ? null : type, autocomplete: "off",
      min: spec.min_value ?? null, max: spec.max_value ?? null, step: type === "number" && spec.is_decimal_allowed ? "any" : null,
    };
    const node = el(spec.multiline ? "textarea" : "input", attributes);
    node.value = spec.initial_value ?? "";
    node.addEventListener("change", () => send(node.value, node));
    keep(() => node.value || null);
    return node;
  };
}

function feedback(spec, context) {
  const { place, send, hooks } = context;
  return el("span", { class: "feedback", ...hooks }, ["positive_button", "negative_button"].filter((side) => spec[side]).map((side) => {
    const face = el("button", { type: "button", class: "button quiet", "aria-label": spec[side].accessibility_label ?? null }, side === "positive_button" ? "👍 " : "👎 ", textOf(spec[side].text, place.names));
    face.addEventListener("click", () => send(spec[side].value, face));
    return face;
  }));
}

function iconAction(spec, { hooks, send, place }) {
  const node = el("button", { type: "button", class: "button quiet", ...hooks }, textOf(spec.text, place.names));
  node.addEventListener("click", () => send(spec.value, node));
  return node;
}

const ELEMENTS = {
  button,
  static_select: staticSelect,
  external_select: externalSelect,
  users_select: usersSelect,
  channels_select: channelsSelect,
  conversations_select: channelsSelect,
  multi_static_select: multiStatic,
  multi_external_select: multiExternal,
  multi_users_select: multiUsers,
  multi_channels_select: multiChannels,
  multi_conversations_select: multiChannels,
  overflow,
  checkboxes,
  radio_buttons: radios,
  datepicker: picker("date", "initial_date"),
  timepicker: picker("time", "initial_time"),
  datetimepicker: momentPicker,
  plain_text_input: written("text"),
  number_input: written("number"),
  email_text_input: written("text"),
  url_text_input: written("text"),
  feedback_buttons: feedback,
  icon_button: iconAction,
};
