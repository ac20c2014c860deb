// What the page knows, and who is told when it changes. One store, made in app.js.

/** A store: read `.now`, change with `.set({...})`; listeners run once after each batch of changes. */
export function createStore(first) {
  const listeners = [];
  let queued = false;
  const store = {
    now: first,
    set(patch) {
      store.now = { ...store.now, ...patch };
      if (queued) return;
      queued = true;
      queueMicrotask(() => {
        queued = false;
        for (const listener of listeners) listener(store.now);
      });
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
  return store;
}

const FIRST_PERSON = "UDARCEL";

/** What the page knows before the server has answered. */
export function atFirst() {
  const wanted = new URLSearchParams(window.location.search);
  return {
    as: wanted.get("as") || FIRST_PERSON, // whose eyes
    me: null, users: [], channels: [], home: null, modal: [], connected: 0, refusals: [], manifest: "",
    shortcuts: [], prompts: null, status: "", agent: false,
    at: wanted.get("at") ?? "", // a channel id, or "home"
    messages: {}, // channel id -> messages, oldest first
    thread: null, // the ts of the message whose thread is open
    linked: null, // whether live events arrive; null before the first
    side: null, // on narrow screens, the panel that lies over the conversation
  };
}

export const personName = (user) => user?.real_name || user?.name || "Somebody";

/** Names for mentions and choosers, from the state. */
export function namesOf(state) {
  const users = new Map(state.users.map((user) => [user.id, personName(user)]));
  const channels = new Map(state.channels.filter((one) => !one.is_im).map((one) => [one.id, one.name]));
  const listed = (entries) => [...entries].map(([id, name]) => ({ id, name }));
  return {
    me: state.as,
    user: (id) => users.get(id),
    channel: (id) => channels.get(id),
    users: () => listed(users),
    channels: () => listed(channels).map(({ id, name }) => ({ id, name: `#${name}` })),
  };
}

export const channelOf = (state, id = state.at) => state.channels.find((one) => one.id === id) ?? null;

export const isApp = (state, id) => Boolean(state.users.find((user) => user.id === id)?.is_bot) || id === "UBELLWETHER";

/** The messages of a channel that stand in the channel itself: not those that stand only in a thread. */
export function inChannel(messages) {
  return messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast");
}

export function inThread(messages, ts) {
  return messages.filter((one) => one.ts === ts || one.thread_ts === ts);
}
