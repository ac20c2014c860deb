// The world outside the app: accounts that win and lose deals, the clock, and what can break.
import { digest, el, iconButton, keep } from "./dom.js";
import { toast } from "./popup.js";

const FIRST = 6;
const DAY = 86400;

const ZOHO = [[null, "Works"], ["server_error", "Error 500"], ["rate_limit", "Limit 429"], ["bad_gateway", "Down"], ["latency", "Slow"]];
const SLACK = [[null, "Works"], ["down", "Down"], ["rate_limit", "Limit 429"], ["lost_answer", "Lost answer"]];

const money = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 0 });
const weekday = new Intl.DateTimeFormat("en", { weekday: "long" });
const date = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric" });
const time = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });

const part = (title, aside, ...body) => el("section", { class: "card" }, el("header", { class: "card-head" }, el("h3", null, title), aside), ...body);

async function during(button, work) {
  if (button?.getAttribute("aria-busy")) return;
  button?.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (problem) {
    toast(problem.message);
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

function accountsCard(api) {
  const filter = el("input", { type: "search", class: "field", placeholder: "Find an account", "aria-label": "Find an account", oninput: () => draw() });
  const list = el("ul", { class: "accounts" });
  const more = el("button", { type: "button", class: "text-button", onclick: () => { all = !all; draw(); } });
  const note = el("p", { class: "hint" });
  let accounts = [];
  let all = false;

  const row = (account) => el("li", { class: "account", "data-testid": "account", "data-account": account.id },
    el("span", { class: "account-name", title: account.name }, account.name),
    el("span", { class: "account-money" }, money.format(account.won_amount ?? 0)),
    el("span", { class: "hint account-more" }, `${account.won_count ?? 0} won · ${account.open_count ?? 0} open`),
    el("span", { class: "account-deeds" },
      el("button", { type: "button", class: "mini", "data-testid": "lose", "aria-label": `Lose the recent deals of ${account.name}`, title: "Every deal won in the last 120 days, and every open one, becomes lost", onclick: (event) => during(event.currentTarget, () => change("lose", account)) }, "Lose deals"),
      el("button", { type: "button", class: "mini", "data-testid": "win", "aria-label": `Win a deal with ${account.name}`, title: "A new deal, won today", onclick: (event) => during(event.currentTarget, () => change("win", account)) }, "Win a deal")));

  async function change(kind, account) {
    const answer = await api[kind](account.id);
    note.textContent = kind === "lose" ? `${account.name}: ${answer.changed ?? 0} deals lost. Bellwether sees it when it next reads Zoho.` : `${account.name}: one more deal won.`;
    await read();
  }

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    const fits = accounts.filter((one) => one.name.toLowerCase().includes(wanted));
    const shown = all || wanted ? fits : fits.slice(0, FIRST);
    keep(list, shown.map((one) => ({ key: one.id, sign: digest(one), build: () => row(one) })));
    more.hidden = Boolean(wanted) || accounts.length <= FIRST;
    more.textContent = all ? "Show fewer" : `Show all ${accounts.length}`;
  }

  async function read() {
    const answer = await api.accounts();
    accounts = answer.accounts;
    if (answer.missing) note.textContent = answer.missing;
    filter.hidden = Boolean(answer.missing);
    draw();
  }
  return { root: part("Accounts in Zoho", el("span", { class: "hint" }, "by amount won"), filter, list, more, note), read };
}

/** Seconds until 09:00 of the next Monday in the reader's zone. */
export function untilMonday(now) {
  const monday = new Date(now);
  monday.setDate(monday.getDate() + ((8 - monday.getDay()) % 7 || 7));
  monday.setHours(9, 0, 0, 0);
  return Math.round((monday - now) / 1000);
}

function clockCard(api) {
  const face = el("div", { class: "clock", "data-testid": "clock" });
  const moved = el("span", { class: "pill" });
  let offset = 0;
  const present = () => new Date(Date.now() + offset * 1000);
  const button = (label, seconds) => el("button", { type: "button", class: "mini", onclick: (event) => during(event.currentTarget, async () => take(await api.moveClock(Math.round(seconds())))) }, label);
  const ahead = el("p", { class: "hint" }, "Time only goes forward: a CRM whose clock goes back would hide its changes.");

  function draw() {
    const now = present();
    const days = Math.round(offset / DAY);
    face.replaceChildren(el("strong", null, weekday.format(now)), el("span", null, date.format(now)), el("span", { class: "hint" }, time.format(now)));
    moved.hidden = Math.abs(offset) < 60;
    moved.textContent = days ? `${days > 0 ? "+" : "−"}${Math.abs(days)} ${Math.abs(days) === 1 ? "day" : "days"}` : "moved";
  }

  function take(answer) {
    offset = Number(answer.offset_seconds);
    fixed.hidden = answer.can_move !== false;
    minis.hidden = ahead.hidden = !fixed.hidden;
    draw();
  }
  const minis = el("div", { class: "minis" }, button("+1 day", () => DAY), button("+1 week", () => 7 * DAY), button("Next Monday", () => untilMonday(present())));
  const fixed = el("p", { class: "hint", hidden: true }, "It cannot be moved: the sandbox was started without a clock file.");
  draw();
  setInterval(draw, 20000);
  const root = part("Clock", moved, face, minis, ahead, fixed);
  return { root, read: async () => take(await api.clock()) };
}

/** A row of states of which one holds. */
function switchOf(name, states, choose) {
  const buttons = states.map(([kind, label]) => el("button", {
    type: "button", class: kind ? "state" : "state fine", role: "radio", "aria-checked": "false", "data-kind": kind ?? "works", "data-testid": `${name.toLowerCase()}-${kind ?? "works"}`,
    onclick: (event) => during(event.currentTarget, async () => {
      await choose(kind);
      show(kind);
    }),
  }, label));
  const pill = el("span", { class: "pill" });
  function show(kind) {
    const label = states.find(([one]) => one === kind)?.[1] ?? kind;
    buttons.forEach((button, index) => button.setAttribute("aria-checked", String(states[index][0] === kind)));
    pill.textContent = kind ? label : "works";
    pill.className = kind ? "pill bad" : "pill good";
  }
  show(null);
  const root = el("div", { class: "break" }, el("div", { class: "break-head" }, el("strong", null, name), pill), el("div", { class: "states", role: "radiogroup", "aria-label": `${name} is` }, buttons));
  return { root, show };
}

function refusalRow(one) {
  const at = new Date(one.at);
  return el("li", null, el("code", null, one.method), el("span", { class: "refusal" }, one.error), Number.isNaN(at.getTime()) ? null : el("time", { class: "hint" }, time.format(at)));
}

/** Mount the panel. `close` puts it away on narrow screens. */
export function mountWorld(root, api, { close }) {
  const accounts = accountsCard(api);
  const clock = clockCard(api);
  const zoho = switchOf("Zoho", ZOHO, api.breakZoho);
  const slack = switchOf("Slack", SLACK, api.breakSlack);
  const refused = el("ul", { class: "refusals", "data-testid": "refusals" });
  const quiet = el("p", { class: "hint" }, "Nothing was refused so far.");
  root.append(
    el("header", { class: "pane-head" }, el("div", { class: "title" }, el("div", { class: "title-line" }, el("h2", null, "The world"), el("span", { class: "about" }, "change it and watch"))), iconButton("close", "Close the world", close, { class: "icon-button only-medium" })),
    el("div", { class: "scroll cards" }, accounts.root, clock.root, part("Break and mend", null, zoho.root, slack.root), part("What Slack refused", null, quiet, refused)));

  const read = () => Promise.all([accounts.read(), clock.read(), api.broken("zoho").then(({ kind }) => zoho.show(kind)), api.broken("slack").then(({ kind }) => slack.show(kind))]).catch((problem) => toast(problem.message));
  return {
    read,
    draw(state) {
      const rows = [...(state.refusals ?? [])].reverse();
      keep(refused, rows.map((one, index) => ({ key: `${rows.length - index} ${one.at} ${one.method}`, sign: digest(one), build: () => refusalRow(one) })));
      quiet.hidden = rows.length > 0;
    },
  };
}
