// What the page says to the seat: short words that go by themselves, words that stay, and the line at the top.

import { $, detail, hands, icon, make, texts } from "./net.js";
import { DOWN, LOGIN, OTHER, verdict } from "./store/verdict.js";

const SECONDS = 6;

/**
 * Show a few words. `{ bad }` marks a failure, `{ action: [words, then] }` gives a button, `{ stay }` keeps it until closed.
 * Of what is `{ about }` the same thing only the last words stand there.
 */
export function toast(words, { bad = false, action = null, stay = false, about = "", sign = bad ? "alert" : "" } = {}) {
  if (!words) return null;
  if (about) $(`#toasts [data-about="${about}"]`)?.remove();
  const shown = make("div", { className: `toast${bad ? " bad" : ""}` }, sign ? icon(sign) : null, make("span", { textContent: words }));
  if (about) shown.dataset.about = about;
  const gone = () => shown.remove();
  if (stay && !action) shown.append(make("button", { type: "button", className: "btn small", textContent: texts.shut, onclick: gone }));
  if (action) shown.append(make("button", { type: "button", className: "btn small", textContent: action[0], onclick: () => { gone(); action[1](); } }));
  $("#toasts")?.append(shown);
  const all = $("#toasts") ?? make("div");
  if (stay) shown.dataset.stay = "";
  while (all.childElementCount > 4) (all.querySelector(".toast:not([data-stay])") ?? all.firstElementChild).remove();
  if (!stay) setTimeout(gone, SECONDS * 1000);
  return shown;
}

// The line at the top: what is wrong with the connection. The worst stands there.
const wrong = new Map();
const RANK = ["other", "login", "offline"];

function draw() {
  const line = $("#offline");
  if (!line) return;
  const worst = RANK.find((name) => wrong.has(name));
  line.hidden = !worst;
  line.replaceChildren(...(worst ? wrong.get(worst)() : []));
  document.body.toggleAttribute("data-offline", Boolean(worst));
}

function set(name, on, content) {
  if (on === wrong.has(name)) return;
  if (on) wrong.set(name, content);
  else wrong.delete(name);
  draw();
}

const words = (text) => make("span", { textContent: text });

/** Say whether the server answers. */
export function online(yes) {
  hands.line?.(yes);
  set("offline", !yes, () => [icon("offline"), words(texts.offline)]);
}

/** Say whether the session is there; what is written waits for the log-in. */
export function loggedIn(yes) {
  const link = () => make("a", { href: `/desk/login/?next=${encodeURIComponent(location.pathname + location.search)}`, target: "_blank", textContent: texts.log_in });
  set("login", !yes, () => [icon("lock"), words(texts.login), link()]);
}

/** Say what an answer means for the line and the session; return the words that tell the seat what came of what it did. */
export function heard({ status, said }, otherwise = status < 300 ? "" : texts.error) {
  const meant = verdict(status, said);
  online(meant !== DOWN);
  if (meant === LOGIN) loggedIn(false);
  if (meant === OTHER) return "";
  return { [DOWN]: texts.not_known, [LOGIN]: texts.login_first }[meant] ?? (detail(said) || otherwise);
}

/**
 * Say what came of something that the seat did, once its answer is there; without one nobody knows. Returns the answer, or null.
 * `quiet` says only what went wrong, for what is seen anyway; a status that is `expected` is no failure.
 */
export async function saying(answering, { quiet = false, expected = 200 } = {}) {
  try {
    const answer = await answering;
    const { status } = answer;
    const bad = status >= 300 && status !== expected;
    const words = heard(answer);
    if (bad || !quiet) toast(status === 202 ? texts.waiting : words, { bad });
    return answer;
  } catch {
    online(false);
    toast(texts.not_known, { bad: true });
    return null;
  }
}

/** Somebody else has logged in on this browser: nothing of the one before stays on the screen. */
export function otherUser() {
  set("other", true, () => [icon("lock"), words(texts.other_user), make("button", { type: "button", className: "btn small", textContent: texts.reload, onclick: () => location.reload() })]);
  for (const name of ["#chat", "#customer", "#list", "#offers"]) $(name)?.replaceChildren();
}

hands.other = otherUser;
