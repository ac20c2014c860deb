// The pane on the right with one thread: its first message, the replies, its own composer.
import { composer } from "./compose.js";
import { el, iconButton } from "./dom.js";
import { drawFollowing, messageRows } from "./messages.js";
import { channelOf, inThread, namesOf } from "./state.js";

/** Mount the thread pane. `deeds`: {say, click, closeThread}. */
export function mountThread(root, store, deeds) {
  const about = el("span", { class: "about" });
  const first = el("div", { class: "messages" });
  const count = el("div", { class: "reply-count" }, el("span"));
  const list = el("div", { class: "messages", role: "list", "aria-label": "Replies" });
  const box = el("div", { class: "scroll", tabindex: 0 }, first, count, list);
  const writing = composer({ label: "Reply", testid: "thread-composer", send: (text) => deeds.say(text, store.now.thread) });
  root.append(
    el("header", { class: "pane-head" }, el("div", { class: "title" }, el("div", { class: "title-line" }, el("h2", null, "Thread"), about)), iconButton("close", "Close the thread", deeds.closeThread)),
    el("div", { class: "pane-body" }, box), writing.root);
  root.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && deeds.closeThread());
  let shown = null;

  return {
    focus: writing.focus,
    draw(state) {
      root.hidden = !state.thread;
      if (!state.thread) {
        shown = null;
        for (const part of [first, list]) part.replaceChildren(); // what one person saw does not stay for the next
        return;
      }
      const channel = channelOf(state);
      const all = inThread(state.messages[state.at] ?? [], state.thread);
      const names = namesOf(state);
      const options = { state, all, days: false, placeFor: (message) => ({ names, act: (what) => deeds.click({ channel: state.at, ts: message.ts }, what) }) };
      about.textContent = channel?.is_im ? "Bellwether" : `#${channel?.name ?? ""}`;
      const replies = all.filter((one) => one.ts !== state.thread);
      drawFollowing(box, first, messageRows(all.filter((one) => one.ts === state.thread), options));
      count.hidden = !replies.length;
      count.firstElementChild.textContent = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
      drawFollowing(box, list, messageRows(replies, options), { jump: shown !== state.thread });
      writing.say({ placeholder: "Reply…", key: state.thread });
      shown = state.thread;
    },
  };
}
