// Building the document. Text goes in as text nodes only; nothing here or elsewhere parses HTML.

const SVG = "http://www.w3.org/2000/svg";

// Drawn on a 20 x 20 grid with a 1.6 stroke.
const ICONS = {
  at: ["M13.2 10a3.2 3.2 0 1 1-6.4 0 3.2 3.2 0 0 1 6.4 0Zm0 0v1.2a2 2 0 0 0 4 0V10a7.2 7.2 0 1 0-2.8 5.7"],
  bell: ["M10 3a4.6 4.6 0 0 0-4.6 4.6c0 3.4-1 4.6-1.7 5.4-.4.4-.1 1 .4 1h11.8c.5 0 .8-.6.4-1-.7-.8-1.7-2-1.7-5.4A4.6 4.6 0 0 0 10 3Z", "M8.3 16.2a1.8 1.8 0 0 0 3.4 0"],
  bulb: ["M7.4 13.2A5 5 0 1 1 12.6 13.2V15H7.4Z", "M8 17.2h4"],
  close: ["M5 5l10 10M15 5 5 15"],
  dots: ["M4.5 10h.01M10 10h.01M15.5 10h.01"],
  down: ["M5 8l5 5 5-5"],
  eye: ["M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5Z", "M10 7.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6Z"],
  file: ["M5.5 3h6l3.5 3.5V17h-9.5Z", "M11.5 3v3.5H15"],
  hash: ["M8 3.5 6.5 16.5M13.5 3.5 12 16.5M4 7.7h12.5M3.5 12.3H16"],
  home: ["M3.5 9.2 10 3.8l6.5 5.4v7.3h-4.3v-4.3H7.8v4.3H3.5Z"],
  image: ["M3.5 4.5h13v11h-13Z", "M3.5 13l4-3.6 3.2 2.8 2-1.7 3.8 3.2", "M12.6 7.6h.01"],
  menu: ["M3.5 6h13M3.5 10h13M3.5 14h13"],
  reply: ["M3.5 4.5h13v8.6h-6.4L6.4 16.4v-3.3H3.5Z"],
  send: ["M3.2 4 17 10 3.2 16l1.9-6Z", "M5.1 10h6"],
  spark: ["M4 15.5V10M8 15.5v-9M12 15.5V8.5M16 15.5V4"],
  world: ["M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14Z", "M3.2 10h13.6", "M10 3c2.6 2.4 2.6 11.6 0 14M10 3c-2.6 2.4-2.6 11.6 0 14"],
};

/** An element. `on<event>` attributes are listeners; null, undefined and false mean "absent". */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(4).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  for (const line of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}

/** A button that shows only an icon, with its name for those who do not see it. */
export function iconButton(name, label, onclick, more = {}) {
  return el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

/** The address when it may be followed, else null: only http, https and mailto are links. */
export function followable(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function link(address, ...label) {
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...label);
}

/**
 * Make `parent` hold exactly `rows` of {key, sign, build}: a row whose sign is unchanged keeps its node,
 * so that scroll, focus and half-filled inputs in it survive.
 */
export function keep(parent, rows) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const { key, sign, build } of rows) {
    let node = old.get(key);
    old.delete(key);
    if (!node || node.dataset.sign !== sign) {
      const fresh = build();
      fresh.dataset.key = key;
      fresh.dataset.sign = sign;
      if (node) {
        const focused = node.contains(document.activeElement) ? document.activeElement.dataset.actionId : null;
        if (place === node) place = fresh;
        node.replaceWith(fresh);
        if (focused) fresh.querySelector(`[data-action-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

/** A short number that stands for a text: signs of rows stay small. */
export function digest(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  let hash = 5381;
  for (let i = 0; i < text.length; i += 1) hash = (Math.imul(hash, 33) ^ text.charCodeAt(i)) >>> 0;
  return `${text.length}.${hash}`;
}
