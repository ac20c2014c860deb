// The middle of the page: a channel or direct messages with their composer, or App Home.
import { blocks } from "./blocks.js";
import { composer, EXAMPLES } from "./compose.js";
import { digest, el, icon, iconButton, keep } from "./dom.js";
import { drawFollowing, messageRows } from "./messages.js";
import { channelOf, inChannel, namesOf, personName } from "./state.js";

const ALERT_CHANNEL = "cs-alerts";

function titleOf(state) {
  const channel = channelOf(state);
  if (state.at === "home") return { sign: "home", name: "Bellwether", about: "" };
  if (!channel) return { sign: "hash", name: "", about: "" };
  if (channel.is_im) return { sign: "bell", name: "Bellwether", about: "just ask, without a mention" };
  return { sign: "hash", name: channel.name, about: channel.purpose ?? "" };
}

/** How the app is addressed here: not at all in direct messages, by mention where it is a member, else by command. */
function addressed(channel, text) {
  if (!channel || channel.is_im) return text;
  return channel.has_bot === false ? `/bellwether ${text}` : `@bellwether ${text}`;
}

const EMPTY = {
  im: ["Ask Bellwether about your accounts", "Write as you would to a colleague. Every answer says how it was read."],
  alerts: ["Alerts arrive here", "When an account’s label gets worse, Bellwether writes one message. To see it happen: in The world, choose Lose deals for a big account."],
  channel: ["Nothing has been said here yet", "Mention @bellwether and ask, or type /bellwether and your question."],
};

/** Mount the conversation. `deeds`: {say, click, openThread, openSide}. */
export function mountConversation(root, store, deeds) {
  const title = el("div", { class: "title" });
  const tab = (label, at) => el("button", { type: "button", class: "tab", "data-tab": at, onclick: () => deeds.go(at === "home" ? "home" : store.now.channels.find((one) => one.is_im)?.id) }, label);
  const tabs = el("div", { class: "tabs", hidden: true }, tab("Home", "home"), tab("Messages", "messages"));
  const alone = el("p", { class: "alone", role: "note", hidden: true }, icon("bell"), "No app is connected to this Slack, so nobody answers yet.");
  const outside = el("p", { class: "outside", hidden: true });
  const status = el("p", { class: "outside", role: "status", "data-testid": "agent-status", hidden: true });
  const head = el("header", { class: "pane-head" },
    iconButton("menu", "Channels", () => deeds.openSide("sidebar"), { class: "icon-button only-narrow" }),
    title, tabs,
    el("button", { type: "button", class: "button quiet only-medium", "aria-label": "The world", onclick: () => deeds.openSide("world") }, icon("world"), el("span", { class: "button-label" }, "The world")));
  const empty = el("div", { class: "empty" });
  const list = el("div", { class: "messages", role: "list", "aria-label": "Messages" });
  const box = el("div", { class: "scroll", tabindex: 0 }, empty, list);
  const newer = el("button", { type: "button", class: "newer", hidden: true, onclick: () => (box.scrollTop = box.scrollHeight) }, icon("down"), "New messages");
  const home = el("div", { class: "scroll app-home", "data-testid": "home-view", hidden: true });
  const examples = () => (store.now.at === "home" ? [] : prompts() ?? EXAMPLES);
  const prompts = () => (channelOf(store.now)?.is_im ? store.now.prompts?.prompts.map((one) => one.message) : null);
  const shortcuts = () => store.now.shortcuts.filter((one) => one.type === "global");
  const fill = (text) => writing.fill(addressed(channelOf(store.now), text));
  const writing = composer({ label: "Message", testid: "composer", examples, pick: (text) => fill(text), shortcuts, use: (id) => deeds.shortcut(id), send: (text) => deeds.say(text) });
  root.append(head, el("div", { class: "pane-body" }, box, home, newer), alone, status, writing.root, outside);
  box.addEventListener("scroll", () => {
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 48) newer.hidden = true;
  });
  let shown = "";
  let last = "";

  function drawEmpty(state, channel) {
    const [first, second] = EMPTY[channel?.is_im ? "im" : channel?.name === ALERT_CHANNEL ? "alerts" : "channel"];
    const chips = examples().map((text) => el("button", { type: "button", class: "chip", "data-testid": "chip", onclick: () => fill(text) }, text));
    keep(empty, [{ key: "empty", sign: digest([first, chips.map((chip) => chip.textContent)]), build: () => el("div", { class: "empty-card" }, el("span", { class: "empty-mark" }, icon(channel?.is_im ? "bell" : "hash")), el("h2", null, first), el("p", null, second), el("p", { class: "try" }, "Try"), el("div", { class: "chips" }, chips)) }]);
  }

  function drawMessages(state, channel) {
    const all = state.messages[state.at];
    const visible = inChannel(all ?? []);
    const moved = shown !== `${state.as} ${state.at}` || (shown && !last && all);
    const place = { names: namesOf(state) };
    const rows = messageRows(visible, {
      state, all: all ?? [], openThread: deeds.openThread, shortcut: (id, message) => deeds.shortcut(id, { channel: state.at, ts: message.ts }),
      placeFor: (message) => ({ ...place, act: (what) => deeds.click({ channel: state.at, ts: message.ts }, what) }),
    });
    empty.hidden = !all || visible.length > 0;
    if (!empty.hidden) drawEmpty(state, channel);
    const newest = visible.at(-1)?.ts ?? "";
    const mine = visible.at(-1)?.user === state.as && newest !== last;
    const follows = drawFollowing(box, list, rows, { jump: moved || mine });
    if (!follows && newest > last) newer.hidden = false;
    if (follows) newer.hidden = true;
    shown = all ? `${state.as} ${state.at}` : "";
    last = newest;
  }

  function drawHome(state) {
    const place = { names: namesOf(state), act: (what) => deeds.click({ view_id: state.home?.id }, what) };
    const body = () => (state.home ? el("div", { class: "home-body" }, blocks(state.home.blocks, place)) : el("div", { class: "home-body waiting" }, state.connected ? "Bellwether is drawing its home…" : "Bellwether is not connected, so its home cannot be drawn."));
    keep(home, [{ key: state.as ?? "", sign: digest([state.home, state.connected > 0, state.users.length]), build: body }]);
  }

  return {
    draw(state) {
      const channel = channelOf(state);
      const { sign, name, about } = titleOf(state);
      keep(title, [{ key: "title", sign: digest([name, about, sign]), build: () => el("div", { class: "title-line" }, el("h1", null, icon(sign), el("span", null, name)), about && el("span", { class: "about" }, about)) }]);
      const atHome = state.at === "home";
      box.hidden = atHome;
      home.hidden = !atHome;
      const barred = !atHome && channel?.is_member === false;
      writing.root.hidden = atHome || !channel || barred;
      outside.hidden = !barred;
      outside.textContent = barred ? `${personName(state.me)} is not a member of #${channel.name}: this person can look, not write.` : "";
      status.hidden = !channel?.is_im || atHome || !state.status;
      status.textContent = `Bellwether ${state.status}`;
      alone.hidden = !state.me || state.connected > 0 || atHome || barred;
      tabs.hidden = !atHome && !channel?.is_im;
      for (const one of tabs.children) one.setAttribute("aria-current", String((one.dataset.tab === "home") === atHome));
      if (atHome) {
        newer.hidden = true;
        shown = "";
        drawHome(state);
        return;
      }
      writing.say({ placeholder: channel?.is_im ? "Ask Bellwether" : `Message #${channel?.name ?? ""} as ${personName(state.me)}`, key: `${state.as} ${state.at}` });
      drawMessages(state, channel);
    },
  };
}
