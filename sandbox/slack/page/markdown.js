// The `markdown` block: the common part of standard Markdown. Marks that are not known stay as text.
import { el, followable, link } from "./dom.js";
import { withEmoji } from "./emoji.js";

const RULES = [
  [/^`([^`\n]+)`/, ([, code]) => el("code", null, code)],
  [/^\*\*(?=\S)(.+?)\*\*/s, ([, inner]) => el("strong", null, spans(inner))],
  [/^__(?=\S)(.+?)__/s, ([, inner]) => el("strong", null, spans(inner))],
  [/^~~(?=\S)(.+?)~~/s, ([, inner]) => el("s", null, spans(inner))],
  [/^\*(?=\S)([^*\n]+?)\*/, ([, inner]) => el("em", null, spans(inner))],
  [/^_(?=\S)([^_\n]+?)_(?![\p{L}\p{N}])/u, ([, inner]) => el("em", null, spans(inner))],
  [/^\[([^\]\n]+)\]\(([^)\s]+)\)/, ([all, label, address]) => (followable(address) ? link(followable(address), withEmoji(label)) : all)],
  [/^\\([\\`*_~[\]()#>-])/, ([, sign]) => sign],
  [/^ {2,}\n|^\n/, () => el("br")],
];

function spans(text) {
  const nodes = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const insideWord = rest[0] === "_" && /[\p{L}\p{N}]$/u.test(plain);
    const hit = insideWord ? undefined : RULES.map(([rule, build]) => [rule.exec(rest), build]).find(([found]) => found);
    if (hit) {
      nodes.push(...withEmoji(plain), hit[1](hit[0]));
      plain = "";
      at += hit[0][0].length;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  return [...nodes, ...withEmoji(plain)];
}

const BULLET = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const TABLE_RULE = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/;

/** Nodes for a Markdown text. */
export function markdown(text) {
  const lines = String(text ?? "").replace(/\r\n?/g, "\n").split("\n");
  const nodes = [];
  for (let at = 0; at < lines.length; ) {
    const [node, next] = piece(lines, at);
    if (node) nodes.push(node);
    at = next;
  }
  return nodes;
}

function piece(lines, at) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (line.startsWith("```")) return fence(lines, at);
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  if (heading) return [el("p", { class: `md-heading md-${Math.min(heading[1].length, 3)}`, role: "heading", "aria-level": heading[1].length + 2 }, spans(heading[2])), at + 1];
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return [el("hr"), at + 1];
  if (line.startsWith(">")) return run(lines, at, (one) => one.startsWith(">"), (body) => el("blockquote", null, markdown(body.map((one) => one.replace(/^> ?/, "")).join("\n"))));
  if (BULLET.test(line)) return run(lines, at, (one) => BULLET.test(one), listed);
  if (line.includes("|") && TABLE_RULE.test(lines[at + 1] ?? "")) return run(lines, at, (one) => one.includes("|"), tabled);
  return run(lines, at, (one) => one.trim() && !/^(```|#{1,6}\s|>)/.test(one) && !BULLET.test(one), (body) => el("p", null, spans(body.join("\n"))));
}

function run(lines, at, belongs, build) {
  let end = at + 1;
  while (end < lines.length && belongs(lines[end])) end += 1;
  return [build(lines.slice(at, end)), end];
}

function fence(lines, at) {
  let end = at + 1;
  while (end < lines.length && !lines[end].startsWith("```")) end += 1;
  return [el("pre", null, lines.slice(at + 1, end).join("\n")), end + 1];
}

function listed(body) {
  const ordered = /\d/.test(BULLET.exec(body[0])[2]);
  return el(ordered ? "ol" : "ul", null, body.map((line) => {
    const [, indent, , rest] = BULLET.exec(line);
    return el("li", { class: indent.length > 1 ? "deeper" : null }, spans(rest));
  }));
}

function tabled(body) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const head = el("thead", null, el("tr", null, cells(body[0]).map((cell) => el("th", { scope: "col" }, spans(cell)))));
  const rows = body.slice(2).map((line) => el("tr", null, cells(line).map((cell) => el("td", null, spans(cell)))));
  return el("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Table" }, el("table", null, head, el("tbody", null, rows)));
}
