// Slack's own mark-up (`mrkdwn`) as nodes. Entities are decoded once, at the leaves; nothing is ever parsed as HTML.
import { el, followable, link } from "./dom.js";
import { withEmoji } from "./emoji.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const MARKS = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const SPACE = /[\s\u200b]/;
const BARE_ADDRESS = /^https?:\/\/[^\s<>"'`*|]+[^\s<>"'`*|.,;:!?)\]]/;

export function decoded(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/** Nodes for a whole mrkdwn text: fenced blocks, quotes, lines. */
export function mrkdwn(text, names) {
  const nodes = [];
  for (const [index, part] of String(text ?? "").split("```").entries()) {
    const fenced = index % 2 === 1;
    if (fenced) nodes.push(el("pre", null, decoded(plainEntities(part.replace(/^\n/, "").replace(/\n$/, "")))));
    else nodes.push(...quoted(index ? part.replace(/^\n/, "") : part, names));
  }
  return nodes;
}

/** `<https://a|b>` inside code is shown as its label, as Slack does. */
function plainEntities(text) {
  return text.replace(/<(https?:[^<>|]+|mailto:[^<>|]+)(?:\|([^<>]*))?>/g, (_, address, label) => label ?? address);
}

function quoted(text, names) {
  const nodes = [];
  let run = [];
  let inQuote = false;
  const flush = () => {
    if (!run.length) return;
    const inner = inline(run.join("\n"), names);
    nodes.push(...(inQuote ? [el("blockquote", null, inner)] : inner));
    run = [];
  };
  for (const line of text.split("\n")) {
    const mark = /^(?:&gt;|>) ?/.exec(line);
    if (Boolean(mark) !== inQuote) {
      flush();
      inQuote = Boolean(mark);
    }
    run.push(mark ? line.slice(mark[0].length) : line);
  }
  flush();
  return nodes;
}

/** Nodes for one run of text: emphasis, code, links, mentions, dates, emoji. */
export function inline(text, names) {
  const nodes = [];
  let plain = "";
  const settle = () => {
    if (plain) nodes.push(...withEmoji(decoded(plain)));
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const step = token(text, at, names);
    if (step) {
      settle();
      nodes.push(step.node);
      at = step.next;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  settle();
  return nodes;
}

function token(text, at, names) {
  const sign = text[at];
  if (sign === "\n") return { node: el("br"), next: at + 1 };
  if (sign === "<") return angled(text, at, names);
  if (sign === "`") return coded(text, at);
  if (MARKS[sign]) return emphasised(text, at, names);
  if (sign === "h" && !WORD.test(text[at - 1] ?? " ")) return bareAddress(text, at);
  return null;
}

function coded(text, at) {
  const end = text.indexOf("`", at + 1);
  if (end <= at + 1 || text.slice(at, end).includes("\n")) return null;
  return { node: el("code", null, decoded(plainEntities(text.slice(at + 1, end)))), next: end + 1 };
}

function bareAddress(text, at) {
  const found = BARE_ADDRESS.exec(text.slice(at));
  const address = found && followable(decoded(found[0]));
  return address ? { node: link(address, decoded(found[0])), next: at + found[0].length } : null;
}

function emphasised(text, at, names) {
  const mark = text[at];
  if (WORD.test(text[at - 1] ?? " ") || SPACE.test(text[at + 1] ?? " ") || text[at + 1] === mark) return null;
  for (let end = at + 2; end < text.length && text[end] !== "\n"; end += 1) {
    if (text[end] === "<") end = Math.max(end, text.indexOf(">", end));
    if (text[end] !== mark || SPACE.test(text[end - 1]) || WORD.test(text[end + 1] ?? " ")) continue;
    return { node: el(MARKS[mark], null, inline(text.slice(at + 1, end), names)), next: end + 1 };
  }
  return null;
}

function angled(text, at, names) {
  const end = text.indexOf(">", at);
  const inner = end > 0 ? text.slice(at + 1, end) : "";
  if (!inner || /[<\n]/.test(inner)) return null;
  const node = mention(inner, names) ?? linked(inner);
  return node && { node, next: end + 1 };
}

function linked(inner) {
  const bar = inner.indexOf("|");
  const address = decoded(bar < 0 ? inner : inner.slice(0, bar));
  const href = followable(address);
  if (!href) return null;
  const label = bar < 0 ? address.replace(/^mailto:/, "") : decoded(inner.slice(bar + 1));
  return link(href, withEmoji(label));
}

function mention(inner, names) {
  const [target, label] = inner.split("|", 2);
  if (/^@[UW]\w+$/.test(target)) return mentionOf(`@${names.user(target.slice(1)) ?? label ?? target.slice(1)}`, names.me === target.slice(1));
  if (/^#C\w+$/.test(target)) return mentionOf(`#${names.channel(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (/^!(here|channel|everyone)$/.test(target)) return mentionOf(`@${target.slice(1)}`, true);
  if (target.startsWith("!subteam^")) return mentionOf(label ?? "@group");
  if (target.startsWith("!date^")) return dated(target.split("^"), label);
  return null;
}

export function mentionOf(text, loud = false) {
  return el("span", { class: loud ? "mention loud" : "mention" }, text);
}

function dated([, seconds, format, address], fallback) {
  const moment = new Date(Number(seconds) * 1000);
  const text = Number.isNaN(moment.getTime()) ? decoded(fallback ?? "") : formatted(moment, decoded(format ?? "{date}"));
  const href = address && followable(decoded(address));
  return href ? link(href, text) : el("time", { class: "date", title: decoded(fallback ?? "") }, text);
}

const DAY = { weekday: "long", year: "numeric", month: "long", day: "numeric" };
const PATTERNS = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: DAY,
  date: { year: "numeric", month: "long", day: "numeric" },
  time: { hour: "numeric", minute: "2-digit" },
  time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
};

/** The text of a `{date_short_pretty} at {time}` pattern. */
export function formatted(moment, pattern) {
  return pattern.replace(/\{(date_num|date_short|date_long|date|time_secs|time|ago)(_pretty)?\}/g, (_, kind, pretty) => {
    if (kind === "ago") return ago(moment);
    return (pretty && nearDay(moment)) || new Intl.DateTimeFormat("en", PATTERNS[kind]).format(moment);
  });
}

const ago = (moment) => {
  const minutes = Math.round((moment - Date.now()) / 60000);
  const [amount, unit] = Math.abs(minutes) < 90 ? [minutes, "minute"] : Math.abs(minutes) < 2880 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(amount, unit);
};

function nearDay(moment) {
  const days = Math.round((new Date(moment).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86400000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}
