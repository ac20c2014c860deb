// Block Kit layout blocks as nodes. An unknown block is a labelled box: it is never dropped.
import { el, followable, icon, link } from "./dom.js";
import { element, textOf } from "./elements.js";
import { withDots } from "./emoji.js";
import { markdown } from "./markdown.js";
import { richText } from "./richtext.js";

/** Nodes for a list of blocks; see elements.js for `place`. */
export function blocks(list, place) {
  return (list ?? []).map((block) => {
    const draw = BLOCKS[block.type];
    const body = draw ? draw(block, place) : unknown(block);
    body.dataset.block = block.type;
    if (block.block_id) body.dataset.blockId = block.block_id;
    return body;
  });
}

function unknown(block) {
  return el("div", { class: "unknown" }, el("strong", null, block.type ?? "block"), " is not drawn on this page",
    el("details", null, el("summary", null, "Its JSON"), el("pre", null, JSON.stringify(block, null, 2))));
}

function header(block, { names }) {
  return el("h3", { class: "b-header" }, textOf(block.text, names));
}

function section(block, place) {
  const text = block.text && el("div", { class: "b-text" }, textOf(block.text, place.names));
  const fields = block.fields && el("div", { class: "b-fields" }, block.fields.map((field) => el("div", { class: "b-field" }, textOf(field, place.names))));
  const side = block.accessory && el("div", { class: "b-accessory" }, block.accessory.type === "image" ? picture(block.accessory, "thumb") : element(block.accessory, block, place));
  return el("div", { class: "b-section" }, el("div", { class: "b-main" }, text, fields), side);
}

function divider() {
  return el("hr", { class: "b-divider" });
}

function context(block, { names }) {
  return el("div", { class: "b-context" }, (block.elements ?? []).map((one) => (one.type === "image" ? picture(one, "tiny") : el("span", { class: "b-context-text" }, textOf(one, names)))));
}

function actions(block, place) {
  return el("div", { class: "b-actions" }, (block.elements ?? []).map((one) => element(one, block, place)));
}

let inputs = 0;

function input(block, place) {
  inputs += 1;
  const field = element(block.element ?? {}, block, place, { input: true });
  const grouped = field.matches(".ticks, .opener");
  const control = grouped ? field : field.matches("[data-action-id]") ? field : field.querySelector("[data-action-id]") ?? field;
  control.id = `input-${inputs}`;
  const label = el(grouped ? "div" : "label", { class: "b-label", id: `label-${inputs}`, for: grouped ? null : control.id },
    textOf(block.label, place.names), block.optional && el("span", { class: "optional" }, " (optional)"));
  control.setAttribute("aria-labelledby", label.id);
  return el("div", { class: "b-input" }, label, field,
    el("div", { class: "b-error", role: "alert", hidden: true }),
    block.hint && el("div", { class: "hint" }, textOf(block.hint, place.names)));
}

/** A picture from this server, or, since the page asks nothing of other hosts, its description and a link. */
function picture(spec, size) {
  const address = spec.image_url ?? spec.slack_file?.url ?? "";
  const local = new URL(address || "about:blank", window.location.href);
  if (address && local.origin === window.location.origin) return el("img", { class: `picture ${size}`, src: local.href, alt: spec.alt_text ?? "" });
  const words = spec.alt_text || "image";
  if (size !== "large") return el("span", { class: `picture ${size} absent`, role: "img", "aria-label": words, title: words }, icon("image"));
  return el("span", { class: "picture large absent" }, icon("image"), el("span", null, words),
    followable(address) && link(followable(address), "open"));
}

function image(block, { names }) {
  return el("figure", { class: "b-image" }, block.title && el("figcaption", null, textOf(block.title, names)), picture(block, "large"));
}

function richTextBlock(block, { names }) {
  return el("div", { class: "b-rich" }, richText(block, names));
}

function markdownBlock(block) {
  return el("div", { class: "b-markdown" }, markdown(block.text));
}

const CELLS = {
  raw_text: (cell) => withDots(cell.text ?? ""),
  raw_number: (cell) => cell.text ?? (Number.isFinite(cell.value) ? new Intl.NumberFormat("en").format(cell.value) : String(cell.value ?? "")),
  rich_text: (cell, names) => richText(cell, names),
};

function table(block, { names }) {
  const settings = block.column_settings ?? [];
  const drawRow = (row, tag) => el("tr", null, row.map((cell, column) => {
    const align = settings[column]?.align ?? (cell.type === "raw_number" ? "right" : "left");
    const wraps = settings[column]?.is_wrapped ? " wraps" : "";
    return el(tag, { class: `align-${align}${wraps}`, scope: tag === "th" ? "col" : null }, (CELLS[cell.type] ?? (() => `[${cell.type}]`))(cell, names));
  }));
  const [head, ...body] = block.rows ?? [];
  return el("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Table" },
    el("table", null, head && el("thead", null, drawRow(head, "th")), el("tbody", null, body.map((row) => drawRow(row, "td")))));
}

const BLOCKS = {
  header, section, divider, context, actions, input, image, table,
  rich_text: richTextBlock,
  markdown: markdownBlock,
  context_actions: actions,
};
