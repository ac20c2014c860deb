// Things that open over the page: menus and the question before an action.
import { el } from "./dom.js";

/** A button that opens `body` beneath itself; closes on Escape, on a click elsewhere, and when told to. */
export function opener(button, body, onclose = () => {}) {
  const root = el("span", { class: "opener" }, button, body);
  const outside = (event) => {
    if (!root.contains(event.target)) close();
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
    button.focus();
  };
  function open() {
    body.hidden = false;
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside);
    const box = body.getBoundingClientRect();
    body.classList.toggle("to-left", box.right > window.innerWidth - 8);
    body.classList.toggle("to-top", box.bottom > window.innerHeight - 8 && box.top > box.height + 60);
    body.querySelector("button, input")?.focus({ preventScroll: true });
  }
  function close() {
    if (body.hidden) return;
    body.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    onclose();
  }
  body.hidden = true;
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => (body.hidden ? open() : close()));
  root.addEventListener("keydown", escape);
  return { root, close };
}

/** A menu of choices under a button. `choices`: [{label, pick}]. */
export function menu(button, choices) {
  const body = el("div", { class: "menu", role: "menu" });
  const { root, close } = opener(button, body);
  button.setAttribute("aria-haspopup", "menu");
  body.append(...choices.map(({ label, pick, more }) => el("button", {
    type: "button", role: "menuitem", class: "menu-item", ...more,
    onclick: () => {
      close();
      button.focus();
      pick();
    },
  }, label)));
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...body.children];
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  });
  return root;
}

/** Ask before acting, in the app's own words (a Block Kit confirm object, already as nodes). Resolves to true or false. */
export function confirmed({ title, text, confirm, deny, danger }) {
  return new Promise((settle) => {
    const dialog = el("dialog", { class: "dialog small", "aria-label": "Confirmation", "data-testid": "confirm" });
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      settle(answer);
    };
    dialog.append(
      el("header", { class: "dialog-head" }, el("h2", null, title)),
      el("div", { class: "dialog-body" }, text),
      el("footer", { class: "dialog-foot" },
        el("button", { type: "button", class: "button", onclick: () => finish(false) }, deny),
        el("button", { type: "button", class: danger ? "button danger" : "button primary", "data-testid": "confirm-yes", onclick: () => finish(true) }, confirm)),
    );
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      finish(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A line at the bottom that goes away by itself. */
export function toast(text) {
  const place = document.querySelector("#toasts");
  const line = el("div", { class: "toast" }, text);
  place.append(line);
  setTimeout(() => line.remove(), 6000);
}
