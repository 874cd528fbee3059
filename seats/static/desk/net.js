// Talking to the server, and saying so when it can't be done.

import { upload } from "./store/upload.js";

export const body = document.body;
export const texts = JSON.parse(document.getElementById("texts").textContent);
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
// crypto.randomUUID is there in secure contexts only.
export const newId = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2) + String(Date.now());

const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.split("=")[1] ?? "";
// Whose page this is: the server refuses what it sends once another user has logged in here.
const whose = () => (body.dataset.user ? { "X-Desk-User": body.dataset.user } : {});

const known = () => ({ ...whose(), "X-CSRFToken": cookie("csrftoken") });

const PATIENCE = 30000; // milliseconds; a line that carries nothing any more may never say so
const patiently = () => AbortSignal.timeout?.(PATIENCE);

/** Fetch, and tell the page's clock what time the server says it is. */
async function fetched(address, options) {
  const sent = Date.now();
  const answer = await fetch(address, options);
  hands.time?.(Date.parse(answer.headers.get("Date") ?? "") / 1000, sent / 1000, Date.now() / 1000);
  return answer;
}

/** Call the REST API; the answer's status, and what it says. Rejects without a connection. */
export async function api(path, data, options = {}) {
  const { headers, ...rest } = options;
  const json = rest.body ? {} : { "Content-Type": "application/json" };
  const answer = await fetched(`/api/${path}`, {
    method: "POST", headers: { ...json, ...known(), ...headers }, body: JSON.stringify(data ?? {}), signal: patiently(), ...rest,
  });
  return read(answer.status, await answer.text());
}

/** Send a form with a file to the REST API; it takes as long as it takes, while it moves. See `upload`. */
export async function send(path, form, options) {
  const { status, text } = await upload(`/api/${path}`, form, { headers: known(), ...options });
  return read(status, text);
}

function read(status, text) {
  let said = {};
  try { said = JSON.parse(text); } catch { /* no JSON: an error page */ }
  if (said?.code === "other_user") hands.other();
  return { status, said };
}

// What the page does where the session has ended, or is another user's. The desk sets its own.
export const hands = { ended: () => location.reload(), other: () => location.reload() };

const loggedOut = (address) => new URL(address, location.href).pathname.endsWith("/login/");

/** Return the code of the problem that an answer tells; undefined where it is a page. */
async function codeOf(answer) {
  if (!answer.headers.get("Content-Type")?.includes("json")) return undefined;
  return (await answer.clone().json().catch(() => null))?.code;
}

/** Fetch a piece of a page. Throws where the session has ended; the page's hands have been told then. */
export async function page(address, headers = {}) {
  const answer = await fetched(address, { headers: { ...whose(), ...headers }, signal: patiently() });
  if (loggedOut(answer.url)) { hands.ended(); throw new Error("logged out"); }
  if (answer.status === 403 && await codeOf(answer) === "other_user") { hands.other(); throw new Error("another user"); }
  return answer;
}

export const detail = (said) => said.detail ?? Object.entries(said).map(([name, one]) => `${name}: ${one}`).join(" ");

export const elements = (html) => new DOMParser().parseFromString(html, "text/html").body;

/** Return an icon of the set. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${body.dataset.icons ?? "/static/look/icons.svg"}#i-${name}`);
  svg.append(use);
  return svg;
}

/** Make an element: its properties, then what stands in it. */
export function make(tag, properties = {}, ...inside) {
  const { data, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, data ?? {});
  made.append(...inside.filter((one) => one !== null));
  return made;
}

/** Once for all that comes within `milliseconds`. */
export function later(what, milliseconds = 1000) {
  const waiting = { timer: null };
  return () => { waiting.timer ??= setTimeout(() => { waiting.timer = null; Promise.resolve(what()).catch(() => {}); }, milliseconds); };
}
