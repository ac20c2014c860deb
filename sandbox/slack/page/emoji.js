// Emoji by Slack's names: a sensible set. A name that is not here stays as it was written.
import { el } from "./dom.js";

const SIGNS = {
  "+1": "👍", "-1": "👎", thumbsup: "👍", thumbsdown: "👎", wave: "👋", clap: "👏", pray: "🙏", raised_hands: "🙌",
  ok_hand: "👌", muscle: "💪", point_right: "👉", point_left: "👈", point_down: "👇", point_up: "☝️", eyes: "👀", handshake: "🤝",
  smile: "😄", slightly_smiling_face: "🙂", grinning: "😀", joy: "😂", thinking_face: "🤔", sweat_smile: "😅", sob: "😭",
  cry: "😢", neutral_face: "😐", disappointed: "😞", tada: "🎉", sparkles: "✨", star: "⭐", star2: "🌟", fire: "🔥",
  rocket: "🚀", trophy: "🏆", medal: "🏅", first_place_medal: "🥇", crown: "👑", gem: "💎", heart: "❤️", broken_heart: "💔",
  bell: "🔔", no_bell: "🔕", sheep: "🐑", zzz: "💤", mega: "📣", loudspeaker: "📢", speech_balloon: "💬", robot_face: "🤖",
  warning: "⚠️", rotating_light: "🚨", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", exclamation: "❗",
  question: "❓", information_source: "ℹ️", white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️",
  x: "❌", heavy_plus_sign: "➕", heavy_minus_sign: "➖", arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", arrow_left: "⬅️",
  arrow_upper_right: "↗️", arrow_lower_right: "↘️", repeat: "🔁", arrows_counterclockwise: "🔄", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", alarm_clock: "⏰", clock3: "🕒", stopwatch: "⏱️", calendar: "📅", date: "📅", spiral_calendar_pad: "🗓️",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊", moneybag: "💰", dollar: "💵",
  heavy_dollar_sign: "💲", credit_card: "💳", package: "📦", office: "🏢", hospital: "🏥", factory: "🏭", shopping_trolley: "🛒",
  handbag: "👜", briefcase: "💼", busts_in_silhouette: "👥", bust_in_silhouette: "👤", email: "📧", envelope: "✉️",
  telephone_receiver: "📞", phone: "☎️", link: "🔗", mag: "🔍", bulb: "💡", wrench: "🔧", hammer_and_wrench: "🛠️", gear: "⚙️",
  lock: "🔒", unlock: "🔓", key: "🔑", pushpin: "📌", round_pushpin: "📍", paperclip: "📎", memo: "📝", clipboard: "📋", page_facing_up: "📄",
  open_file_folder: "📂", inbox_tray: "📥", outbox_tray: "📤", label: "🏷️", dart: "🎯", seedling: "🌱", snowflake: "❄️", sunny: "☀️",
  earth_americas: "🌎", globe_with_meridians: "🌐", house: "🏠", checkered_flag: "🏁", triangular_flag_on_post: "🚩",
};

// Circles and squares carry meaning (a state, a label): they are painted, so that they look right without an emoji font.
const PAINTED = {
  "🔴": "red", "🟠": "orange", "🟡": "yellow", "🟢": "green", "🔵": "blue", "🟣": "purple", "⚪": "white", "⚫": "black",
};
const DOTS = {
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢", large_blue_circle: "🔵",
  large_purple_circle: "🟣", white_circle: "⚪", black_circle: "⚫",
};

const ANY = /:([a-z0-9_+-]+):|([🔴🟠🟡🟢🔵🟣⚪⚫]\uFE0F?)/gu;

function drawn(sign, name) {
  const colour = PAINTED[sign.replace("\uFE0F", "")];
  return el("span", { class: colour ? `emoji dot dot-${colour}` : "emoji", role: "img", "aria-label": name ?? colour, title: name && `:${name}:` }, sign);
}

/** One emoji by name, as a node; the written `:name:` when the name is unknown. */
export function emoji(name, unicode) {
  const sign = SIGNS[name] ?? DOTS[name] ?? fromCodes(unicode);
  return sign ? drawn(sign, name) : `:${name}:`;
}

function fromCodes(codes) {
  if (!/^[0-9a-f]{2,6}(-[0-9a-f]{2,6})*$/i.test(codes ?? "")) return null;
  const points = codes.split("-").map((code) => Number.parseInt(code, 16));
  return points.every((point) => point <= 0x10ffff) ? String.fromCodePoint(...points) : null;
}

/** Text with its emoji names drawn; everything else is text. */
export const withEmoji = (text) => replaced(text, true);

/** Text in which names mean nothing, as in rich text and table cells: only the painted circles are drawn. */
export const withDots = (text) => replaced(text, false);

function replaced(text, named) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(ANY)) {
    const node = found[2] ? drawn(found[2]) : named ? emoji(found[1]) : "";
    if (typeof node === "string") continue;
    if (found.index > from) nodes.push(text.slice(from, found.index));
    nodes.push(node);
    from = found.index + found[0].length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}
