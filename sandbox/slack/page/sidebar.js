// The left side: where one can go, and what is new there. Above it: whose eyes, and whether the app is connected.
import { digest, el, icon, keep } from "./dom.js";
import { avatar } from "./messages.js";
import { isApp, personName } from "./state.js";

function entry({ state, id, testid, mark, label, unread, deeds }) {
  const here = state.at === id;
  return {
    key: id,
    sign: digest([here, unread, label]),
    build: () => el("button", {
      type: "button", class: `place${here ? " here" : ""}${unread ? " new" : ""}`, "data-testid": testid, "data-action-id": id,
      "aria-current": here ? "page" : null, onclick: () => deeds.go(id),
    }, mark(), el("span", { class: "place-name" }, label), unread ? el("span", { class: "count", "aria-label": `${unread} unread` }, unread > 99 ? "99+" : unread) : null),
  };
}

/** Mount the list of places. `deeds`: {go}. */
export function mountSidebar(root, deeds) {
  const channels = el("div", { class: "places" });
  const direct = el("div", { class: "places" });
  const apps = el("div", { class: "places" });
  root.append(el("h2", { class: "places-head" }, "Channels"), channels, el("h2", { class: "places-head" }, "Direct messages"), direct, el("h2", { class: "places-head" }, "Apps"), apps);
  const bell = () => avatar("Bellwether", "UBELLWETHER", true);
  return {
    draw(state) {
      const unread = (channel) => (channel.id === state.at && document.hasFocus() ? 0 : channel.unread ?? 0);
      keep(channels, state.channels.filter((one) => !one.is_im).map((one) => entry({ state, id: one.id, testid: `channel-${one.name}`, mark: () => icon("hash"), label: one.name, unread: unread(one), deeds })));
      keep(direct, state.channels.filter((one) => one.is_im).map((one) => entry({ state, id: one.id, testid: "dm-bellwether", mark: bell, label: "Bellwether", unread: unread(one), deeds })));
      keep(apps, state.channels.length ? [entry({ state, id: "home", testid: "home", mark: () => icon("home"), label: "Bellwether home", unread: 0, deeds })] : []);
    },
  };
}

/** Mount the bar at the top. `deeds`: {viewAs}. */
export function mountTopbar(root, deeds) {
  const chooser = el("select", { id: "view-as", "data-testid": "view-as", onchange: () => deeds.viewAs(chooser.value) });
  const face = el("span", { class: "face" });
  const light = el("span", { class: "light" });
  const words = el("span", { class: "light-words" });
  const connection = el("span", { class: "connection", "data-testid": "connected", role: "status" }, light, words);
  root.append(
    el("span", { class: "brand" }, el("span", { class: "brand-mark" }, icon("bell")), el("span", { class: "brand-name" }, el("strong", null, "Maven Hardware"), el("span", { class: "brand-sub" }, "a Slack on your machine"))),
    el("span", { class: "whose" }, el("label", { for: "view-as" }, "View as"), face, chooser),
    connection);
  return {
    draw(state) {
      const people = state.users.filter((user) => !isApp(state, user.id) && user.id !== "USLACKBOT");
      const label = (user) => [personName(user), user.title ?? user.profile?.title].filter(Boolean).join(" · ");
      keep(chooser, people.map((user) => ({ key: user.id, sign: label(user), build: () => el("option", { value: user.id }, label(user)) })));
      if (state.as) chooser.value = state.as;
      keep(face, state.me ? [{ key: state.as, sign: state.as, build: () => avatar(personName(state.me), state.as, false) }] : []);
      const [kind, text] = state.linked === false ? ["lost", "Reconnecting…"] : state.connected ? ["on", "Bellwether connected"] : ["off", "Bellwether not connected"];
      light.className = `light ${kind}`;
      words.textContent = text;
      connection.title = state.manifest ? `${text} · app: ${state.manifest}` : text;
    },
  };
}
