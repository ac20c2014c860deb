// The sandbox's own interface, /_sandbox: the same that the tests use.

/** A request that was not accepted; the message is for a reader. */
export class Refused extends Error {}

async function ask(method, path, body) {
  const about = { method, headers: { "X-Sandbox": "1" } };
  if (body !== undefined) {
    about.headers["Content-Type"] = "application/json";
    about.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(`/_sandbox/${path}`, about);
  } catch {
    throw new Refused("The sandbox does not answer. Is it still running?");
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok || data.ok === false) throw new Refused(String(data.error ?? data.detail ?? `${path} answered ${answer.status}`));
  return data;
}

const query = (values) => new URLSearchParams(values).toString();

export const api = {
  state: (as) => ask("GET", `state?${query({ as })}`),
  messages: (as, channel) => ask("GET", `messages?${query({ channel, as, limit: 200 })}`),
  say: (as, channel, text, thread_ts) => ask("POST", "say", { as, channel, text, ...(thread_ts ? { thread_ts } : {}) }),
  click: (as, what) => ask("POST", "click", { as, ...what }),
  submit: (as, view_id, values) => ask("POST", "submit", { as, view_id, values }),
  close: (as, view_id) => ask("POST", "close", { as, view_id }),
  openHome: (as) => ask("POST", "open_home", { as }),
  openAgent: (as) => ask("POST", "open_agent", { as }),
  shortcut: (as, callback_id, where) => ask("POST", "shortcut", { as, callback_id, ...where }),
  suggest: (as, view_id, what) => ask("POST", "suggest", { as, view_id, ...what }),
  accounts: () => ask("GET", "world/accounts"),
  lose: (account_id) => ask("POST", "world/lose", { account_id }),
  win: (account_id) => ask("POST", "world/win", { account_id }),
  clock: () => ask("GET", "world/clock"),
  moveClock: (add_seconds) => ask("POST", "world/clock", { add_seconds }),
  broken: (what) => ask("GET", `world/${what}`),
  breakZoho: (kind) => ask("POST", "world/zoho", { kind }),
  breakSlack: (kind) => ask("POST", "world/slack", { kind }),
};

/**
 * Live events of one person. `onevent` gets {kind, channel, ts}; `onlink(true)` after a connection (again), so that
 * what was missed can be read; `onlink(false)` when it is lost. Returns a function that ends it.
 */
export function listen(as, onevent, onlink) {
  let source;
  let retry;
  let pause = 500;
  const connect = () => {
    source = new EventSource(`/_sandbox/events?${query({ as })}`);
    source.onopen = () => {
      pause = 500;
      onlink(true);
    };
    source.onmessage = (event) => onevent(JSON.parse(event.data));
    source.onerror = () => {
      onlink(false);
      if (source.readyState !== EventSource.CLOSED) return;
      retry = setTimeout(connect, pause);
      pause = Math.min(pause * 2, 8000);
    };
  };
  connect();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}
