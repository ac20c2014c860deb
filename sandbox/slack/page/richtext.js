// `rich_text` blocks: text that was never written as mark-up, so there is nothing in it to parse.
import { el, followable, link } from "./dom.js";
import { emoji, withDots } from "./emoji.js";
import { formatted, mentionOf } from "./mrkdwn.js";

const STYLES = [["code", "code"], ["strike", "s"], ["italic", "em"], ["bold", "strong"], ["underline", "u"]];

const LEAVES = {
  text: (leaf) => lines(leaf.text ?? ""),
  link: (leaf) => (followable(leaf.url) ? link(followable(leaf.url), leaf.text || leaf.url) : leaf.text || leaf.url || ""),
  emoji: (leaf) => emoji(leaf.name ?? "", leaf.unicode),
  user: (leaf, names) => mentionOf(`@${names.user(leaf.user_id) ?? leaf.user_id}`, names.me === leaf.user_id),
  channel: (leaf, names) => mentionOf(`#${names.channel(leaf.channel_id) ?? leaf.channel_id}`),
  usergroup: (leaf) => mentionOf(`@${leaf.usergroup_id}`),
  broadcast: (leaf) => mentionOf(`@${leaf.range}`, true),
  date: (leaf) => (Number.isFinite(leaf.timestamp) ? formatted(new Date(leaf.timestamp * 1000), leaf.format ?? "{date}") : leaf.fallback ?? ""),
  color: (leaf) => el("code", null, leaf.value ?? ""),
};

function lines(text) {
  return text.split("\n").flatMap((line, index) => (index ? [el("br"), ...withDots(line)] : withDots(line)));
}

function leafNode(leaf, names) {
  const inner = (LEAVES[leaf.type] ?? (() => `[${leaf.type}]`))(leaf, names);
  return STYLES.filter(([style]) => leaf.style?.[style]).reduce((node, [, tag]) => el(tag, null, node), inner);
}

const leaves = (part, names) => (part.elements ?? []).map((leaf) => leafNode(leaf, names));

const PARTS = {
  rich_text_section: (part, names) => el("p", { class: "rich-section" }, leaves(part, names)),
  rich_text_quote: (part, names) => el("blockquote", null, leaves(part, names)),
  rich_text_preformatted: (part, names) => el("pre", null, leaves(part, names)),
  rich_text_list: (part, names) => el(
    part.style === "ordered" ? "ol" : "ul",
    { class: `indent-${Math.min(part.indent ?? 0, 4)}`, start: part.style === "ordered" && part.offset ? part.offset + 1 : null },
    (part.elements ?? []).map((item) => el("li", null, leaves(item, names))),
  ),
};

/** Nodes of a rich_text block, or of a rich_text table cell. */
export function richText(block, names) {
  return (block.elements ?? []).map((part) => (PARTS[part.type] ? PARTS[part.type](part, names) : el("p", null, `[${part.type}]`)));
}
