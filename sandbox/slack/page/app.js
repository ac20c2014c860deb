// Wires the page: the store, the server's interface, live events, and the parts that draw.
import { api, listen } from "./api.js";
import { mountConversation } from "./conversation.js";
import { mountModal } from "./modal.js";
import { toast } from "./popup.js";
import { mountSidebar, mountTopbar } from "./sidebar.js";
import { atFirst, createStore, inChannel, namesOf } from "./state.js";
import { mountThread } from "./thread.js";
import { mountWorld } from "./world.js";

const PENDING_MILLISECONDS = 8000;
const FIRST_CHANNEL = "sales";
const store = createStore(atFirst());
const pending = new Map(); // node -> timer; buttons that wait for the app's answer
const at = (id) => document.querySelector(id);
const told = (problem) => toast(problem.message);

// --- reading

/** Run `read` now; calls that come meanwhile become one more run after it. */
function oneAtATime(read) {
  let running = null;
  let again = false;
  const run = async () => {
    do {
      again = false;
      await read();
    } while (again);
  };
  return () => {
    if (running) again = true;
    else running = run().catch(told).finally(() => (running = null));
    return running;
  };
}

const readState = oneAtATime(async () => {
  const { as } = store.now;
  const seen = await api.state(as);
  if (as !== store.now.as) return;
  const first = seen.channels?.find((one) => one.name === FIRST_CHANNEL) ?? seen.channels?.[0];
  const exists = store.now.at === "home" || seen.channels?.some((one) => one.id === store.now.at);
  store.set({
    me: seen.me, users: seen.users ?? [], channels: seen.channels ?? [], home: seen.home, modal: seen.modal ?? [],
    connected: seen.connected ?? 0, refusals: seen.refusals ?? [], manifest: seen.manifest ?? "",
    shortcuts: seen.shortcuts ?? [], prompts: seen.prompts ?? null, status: seen.status ?? "", agent: Boolean(seen.agent), at: exists ? store.now.at : first?.id ?? "",
  });
});

const readMessages = oneAtATime(async () => {
  const { as, at: channel } = store.now;
  if (!as || !channel || channel === "home") return;
  const { messages } = await api.messages(as, channel);
  if (as !== store.now.as) return;
  announce(channel, messages);
  store.set({ messages: { ...store.now.messages, [channel]: messages } });
});

/** Tell a screen reader what is new, and only that. */
function announce(channel, messages) {
  const before = store.now.messages[channel];
  const newest = inChannel(messages).at(-1);
  if (!before || !newest || newest.user === store.now.as || before.some((one) => one.ts === newest.ts)) return;
  at("#live").textContent = `${namesOf(store.now).user(newest.user) ?? newest.username ?? "Somebody"}: ${newest.text ?? ""}`;
}

// --- what the reader does

function wait(node) {
  if (!node) return;
  node.classList.add("pending");
  node.setAttribute("aria-busy", "true");
  pending.set(node, setTimeout(() => settle(node), PENDING_MILLISECONDS));
}

function settle(...nodes) {
  for (const node of nodes) {
    clearTimeout(pending.get(node));
    pending.delete(node);
    node.classList.remove("pending");
    node.removeAttribute("aria-busy");
  }
}

async function click(where, { block, element, selected, node }) {
  if (node && pending.has(node)) return;
  wait(node);
  const value = element.value === undefined ? {} : { value: element.value };
  const choice = selected === undefined ? {} : { selected };
  try {
    await api.click(store.now.as, { ...where, action_id: element.action_id, block_id: block.block_id, ...value, ...choice });
  } catch (problem) {
    if (node) settle(node);
    told(problem);
  }
}

function go(id) {
  at("#live").textContent = "";
  store.set({ at: id, thread: null, side: null });
  remember();
  if (id === "home") api.openHome(store.now.as).catch(told);
  else readMessages()?.then(readState);
  // Where the app is an agent, it hears that its messages were opened, and offers what to ask.
  if (store.now.agent && store.now.channels.find((one) => one.id === id)?.is_im) api.openAgent(store.now.as).catch(told);
}

function viewAs(as) {
  const { users, channels } = store.now;
  const im = channels.find((one) => one.id === store.now.at)?.is_im;
  at("#live").textContent = "";
  store.set({ as, me: users.find((user) => user.id === as) ?? null, messages: {}, home: null, modal: [], thread: null, at: im ? `D${as.slice(1)}` : store.now.at });
  connect();
}

function remember() {
  const { as, at: channel } = store.now;
  if (as) window.history.replaceState(null, "", `?${new URLSearchParams({ as, at: channel })}`);
}

const deeds = {
  go, viewAs, click,
  say: (text, thread) => api.say(store.now.as, store.now.at, text, thread),
  submit: (id, values) => api.submit(store.now.as, id, values),
  close: (id) => api.close(store.now.as, id),
  shortcut: (id, where) => api.shortcut(store.now.as, id, where).catch(told),
  suggest: (id, what) => api.suggest(store.now.as, id, what),
  openThread(ts) {
    store.set({ thread: ts, side: "thread" });
    setTimeout(() => parts.thread.focus());
  },
  closeThread: () => store.set({ thread: null, side: null }),
  openSide: (side) => store.set({ side }),
};

// --- live

let stop = () => {};

function connect() {
  stop();
  stop = listen(store.now.as, onEvent, async (linked) => {
    store.set({ linked });
    if (!linked) return;
    await readState();
    if (store.now.at === "home") api.openHome(store.now.as).catch(told);
    else await readMessages();
    remember();
  });
}

function onEvent({ kind, channel }) {
  settle(...pending.keys());
  const here = channel === store.now.at;
  if (channel && here) readMessages();
  if (!channel || !here || ["home", "modal", "state"].includes(kind)) readState();
}

// --- drawing

const parts = {
  topbar: mountTopbar(at("#topbar"), deeds),
  sidebar: mountSidebar(at("#sidebar"), deeds),
  conversation: mountConversation(at("#conversation"), store, deeds),
  thread: mountThread(at("#thread"), store, deeds),
  world: mountWorld(at("#world"), api, { close: () => store.set({ side: null }) }),
  modal: mountModal(store, deeds),
};

store.subscribe((state) => {
  for (const part of Object.values(parts)) part.draw(state);
  document.body.dataset.side = state.side ?? "";
  at("#scrim").hidden = !["sidebar", "world"].includes(state.side);
  const unread = state.channels.reduce((sum, one) => sum + (one.id === state.at ? 0 : one.unread ?? 0), 0);
  document.title = `${unread ? `(${unread}) ` : ""}Bellwether sandbox`;
});
at("#scrim").addEventListener("click", () => store.set({ side: null }));
document.addEventListener("keydown", (event) => event.key === "Escape" && store.now.side && store.set({ side: null, thread: null }));

readState().then(connect).then(parts.world.read);
