// One message, and a list of them: grouped by author, divided by day, kept in place while the reader reads.
import { blocks } from "./blocks.js";
import { digest, el, followable, icon, iconButton, keep, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";
import { inThread, isApp } from "./state.js";

const GROUPED_SECONDS = 300;
const time = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const whole = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en", { weekday: "long", month: "long", day: "numeric" });

export const moment = (ts) => new Date(Number.parseFloat(ts) * 1000);

/** A square with initials, or the bell for the app. */
export function avatar(name, id, app) {
  const letters = name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const hue = [...String(id)].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 8;
  return el("span", { class: app ? "avatar app" : `avatar hue-${hue}`, "aria-hidden": "true" }, app ? icon("bell") : letters);
}

function attachment(one, place) {
  const body = one.blocks ? blocks(one.blocks, place) : mrkdwn(one.text ?? one.fallback ?? "", place.names);
  return el("div", { class: "attachment" }, body);
}

/** A file: pictures of this server are drawn, everything else is a name to follow. */
function file(one) {
  if (one.mode === "tombstone") return el("div", { class: "file" }, icon("file"), el("span", { class: "hint" }, "This file was deleted."));
  const address = followable(one.permalink ?? one.url_private ?? "");
  const name = one.title || one.name || "file";
  if (address && one.original_w && new URL(address).origin === window.location.origin) return drawn(one, address, name);
  return el("div", { class: "file" }, icon("file"), el("span", null, address ? link(address, name) : name, one.size ? el("span", { class: "hint" }, ` ${Math.ceil(one.size / 1024)} KB`) : null));
}

function drawn(one, address, name) {
  const image = el("img", { class: "picture large", src: address, alt: one.alt_txt || name, width: one.original_w, height: one.original_h });
  return el("figure", { class: "b-image file-image" }, el("figcaption", null, name), el("a", { href: address, target: "_blank", rel: "noopener noreferrer", title: "Download the picture" }, image));
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  return el("div", { class: "reactions" }, message.reactions.map((one) => el("span", { class: "reaction" }, emoji(one.name), ` ${one.count ?? one.users?.length ?? 1}`)));
}

/** The folded thread: who answered, how often, and the beginning of the last answer. */
function replyLine(message, thread, state, names, open) {
  const replies = thread.filter((one) => one.ts !== message.ts);
  const count = replies.length || message.reply_count || 0;
  if (!count) return null;
  const last = replies.at(-1);
  const who = [...new Set(replies.map((one) => one.user))].slice(0, 3);
  const begins = last && el("span", null, mrkdwn(last.text, names)).textContent;
  return el("button", { type: "button", class: "replies", onclick: open, "data-testid": "replies", title: "Open the thread" },
    who.map((id) => avatar(names.user(id) ?? "?", id, isApp(state, id))),
    el("strong", null, count === 1 ? "1 reply" : `${count} replies`),
    last && el("span", { class: "hint" }, begins || `Last reply at ${time.format(moment(last.ts))}`));
}

/** A message as a node. `about`: {state, place, grouped, openThread, thread, shortcut}. */
export function messageNode(message, { state, place, grouped, openThread, thread, shortcut }) {
  const app = isApp(state, message.user);
  const name = place.names.user(message.user) ?? message.username ?? "Somebody";
  const at = el("time", { class: "at", datetime: moment(message.ts).toISOString(), title: whole.format(moment(message.ts)) }, time.format(moment(message.ts)));
  const head = el("div", { class: "m-head" }, el("strong", { class: "author" }, name), app && el("span", { class: "badge" }, "APP"), at);
  const body = message.blocks?.length ? el("div", { class: "m-blocks" }, blocks(message.blocks, place)) : el("div", { class: "m-text" }, mrkdwn(message.text, place.names), message.edited && el("span", { class: "edited" }, " (edited)"));
  return el("article", { class: `message${grouped ? " grouped" : ""}${message.ephemeral_for ? " ephemeral" : ""}`, "data-testid": "message", "data-ts": message.ts, "data-user": message.user, "aria-label": `${name}, ${time.format(moment(message.ts))}` },
    el("div", { class: "m-side" }, grouped ? at.cloneNode(true) : avatar(name, message.user, app)),
    el("div", { class: "m-main" },
      message.ephemeral_for && el("div", { class: "only-you" }, icon("eye"), "Only visible to you"),
      grouped ? null : head, body,
      (message.attachments ?? []).map((one) => attachment(one, place)),
      (message.files ?? []).map(file),
      message.edited && message.blocks?.length ? el("span", { class: "edited" }, "(edited)") : null,
      reactions(message),
      openThread && replyLine(message, thread, state, place.names, openThread)),
    openThread && !message.ephemeral_for && el("div", { class: "m-tools" }, iconButton("reply", "Reply in thread", openThread), shortcut && onMessages(state).map((one) => iconButton("file", one.name, () => shortcut(one.callback_id)))));
}

const onMessages = (state) => (state.shortcuts ?? []).filter((one) => one.type === "message");

function belongsTogether(before, message) {
  if (message.blocks?.length) return false; // an answer or an alert bears its own name and hour
  return Boolean(before) && before.user === message.user && !before.ephemeral_for && !message.ephemeral_for
    && Number(message.ts) - Number(before.ts) < GROUPED_SECONDS && moment(before.ts).getDate() === moment(message.ts).getDate();
}

/** Rows for `keep`: day dividers and messages. `placeFor(message)` gives the place in which its buttons act. */
export function messageRows(list, { state, all, placeFor, openThread, shortcut, days = true }) {
  const rows = [];
  let before = null;
  for (const message of list) {
    const label = day.format(moment(message.ts));
    if (days && (!before || day.format(moment(before.ts)) !== label)) {
      rows.push({ key: `day-${label}`, sign: label, build: () => el("div", { class: "day", role: "separator" }, el("span", null, label)) });
      before = null;
    }
    const grouped = belongsTogether(before, message);
    const thread = openThread ? inThread(all, message.ts) : [];
    rows.push({
      key: message.ts,
      sign: digest([message, grouped, thread.map((one) => [one.ts, one.text]), state.as, state.users.length, state.shortcuts?.length]),
      build: () => messageNode(message, { state, place: placeFor(message), grouped, thread, shortcut: shortcut && ((id) => shortcut(id, message)), openThread: openThread && (() => openThread(message.thread_ts ?? message.ts)) }),
    });
    before = message;
  }
  return rows;
}

/** Draw rows into a scrolling box: a reader at the bottom follows, any other stays where they are. */
export function drawFollowing(box, list, rows, { jump = false } = {}) {
  const atBottom = box.scrollHeight - box.scrollTop - box.clientHeight < 48;
  keep(list, rows);
  if (jump || atBottom) box.scrollTop = box.scrollHeight;
  return jump || atBottom;
}
