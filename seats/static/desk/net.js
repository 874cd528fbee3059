// Talking to the server, and saying so when it can't be done.

export const texts = JSON.parse(document.getElementById("texts").textContent);
export const $ = (selector, root = document) => root.querySelector(selector);
// crypto.randomUUID is there in secure contexts only.
export const newId = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2);

const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(name + "="))?.split("=")[1] ?? "";

/** Call the REST API; the answer's status, and what it says. Rejects without a connection. */
export async function api(path, data, options = {}) {
  const { headers, ...rest } = options;
  const json = rest.body ? {} : { "Content-Type": "application/json" };
  const answer = await fetch("/api/" + path, {
    method: "POST", headers: { ...json, "X-CSRFToken": cookie("csrftoken"), ...headers }, body: JSON.stringify(data ?? {}), ...rest,
  });
  const text = await answer.text();
  let said = {};
  try { said = JSON.parse(text); } catch { /* no JSON: an error page */ }
  return { status: answer.status, said };
}

/** Fetch a piece of a page. Where the session has ended, the whole page goes to the log-in. */
export async function page(address) {
  const answer = await fetch(address);
  if (loggedOut(answer.url)) location.reload();
  return answer;
}

export const loggedOut = (address) => new URL(address, location.href).pathname.endsWith("/login/");

export const detail = (said) => said.detail ?? Object.entries(said).map(([name, one]) => `${name}: ${one}`).join(" ");

let clearing;
export function toast(words) {
  $("#toast").textContent = words;
  clearTimeout(clearing);
  clearing = setTimeout(() => { $("#toast").textContent = ""; }, 5000);
}

export function online(yes) {
  $("#offline").hidden = yes;
  $("#offline").textContent = yes ? "" : texts.offline;
}
