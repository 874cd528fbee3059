// The sandbox's page: long-polls what changed, and draws a phone and an IM client.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const el = (id) => document.getElementById(id);
const config = read("config");
const words = read("words");
const SYSTEM = /^(\[System\]|【系统】)\s*/;

const world = { entries: new Map(), names: {}, online: [], windows: {}, after: 0 };
const customers = {}; // account slug -> openids
const seen = {}; // "seat/peer" -> number of the newest entry looked at
let peer = "";

function makeOpenid() {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  return "o" + Array.from(bytes, (b) => alphabet[b % alphabet.length]).join("") + alphabet[bytes[0] % 26];
}

function node(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function options(select, pairs) {
  const before = select.value;
  select.replaceChildren(...pairs.map(([value, label]) => new Option(label, value)));
  if (pairs.some(([value]) => value === before)) select.value = before;
}

const customerName = (openid) => `${words.user}${/^[A-Za-z]/.test(words.user) ? " " : ""}${openid.slice(-4)}`;
const nameOf = (id) => world.names[id] || id;
const entries = () => [...world.entries.values()].sort((a, b) => a.id - b.id);

function remember(account, openid) {
  customers[account] ??= [];
  if (!customers[account].includes(openid)) customers[account].push(openid);
}

function showCustomers() {
  const list = customers[el("account").value] ?? [];
  options(el("customer"), list.map((openid) => [openid, customerName(openid)]));
}

// An IM element other than text travels as its JSON.
function imBody(entry) {
  if (entry.kind === "TIMTextElem" || entry.mine) return [entry.text];
  const data = JSON.parse(entry.text);
  if (entry.kind === "TIMImageElem") return [`[${words.image}]`, data.ImageInfoArray?.[0]?.URL];
  if (entry.kind === "TIMLocationElem") return [`[${words.location}] ${data.Desc}`];
  return [`[${entry.kind}]`];
}

function phoneBody(entry) {
  if (entry.kind === "text") return [entry.text];
  return [`[${words[entry.kind] ?? entry.kind}] ${entry.kind === "image" ? "" : entry.text}`, entry.kind === "image" ? entry.text : ""];
}

function bubble(entry, [text, image]) {
  const system = !entry.mine && SYSTEM.test(text);
  const item = node("li", undefined, [entry.mine ? "mine" : "", system ? "notice" : ""].join(" ").trim());
  const box = node("span", text.replace(SYSTEM, ""), "bubble");
  if (image && /^https?:/.test(image)) {
    const picture = node("img");
    picture.src = image;
    picture.alt = words.image;
    picture.referrerPolicy = "no-referrer";
    box.append(picture);
  }
  item.append(box);
  const at = new Date(entry.at * 1000);
  const time = node("time", at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at.toISOString();
  time.title = at.toLocaleString();
  if (entry.mine && (entry.state === "sending" || entry.state === "failed")) {
    time.append(" ", node("span", words[entry.state], entry.state));
  }
  item.append(time);
  return item;
}

function fill(list, items, empty) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.replaceChildren(...(items.length ? items : [node("li", empty, "empty")]));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function drawPhone() {
  const account = el("account").value;
  const openid = el("customer").value;
  el("phone-title").textContent = config.accounts.find((one) => one.slug === account)?.name ?? "";
  const mine = entries().filter((e) => e.side === "phone" && e.account === account && e.openid === openid);
  fill(el("phone"), mine.map((e) => bubble(e, phoneBody(e))), words.none);
  const open = world.windows[`${account}/${openid}`];
  const label = el("window");
  label.textContent = "";
  label.classList.remove("spent");
  if (!open) return;
  const alive = open.left > 0 && open.seconds > 0;
  const time = open.seconds >= 3600
    ? words.hours.replace("{n}", Math.floor(open.seconds / 3600))
    : words.minutes.replace("{n}", Math.ceil(open.seconds / 60));
  label.textContent = alive ? words.left.replace("{n}", open.left).replace("{t}", time) : words.closed;
  label.classList.toggle("spent", !alive);
}

function drawSeat() {
  const seat = el("seat").value;
  const online = world.online.includes(seat);
  el("presence").setAttribute("aria-pressed", online);
  el("presence-word").textContent = online ? words.online : words.offline;
  const own = entries().filter((e) => e.side === "im" && e.seat === seat);
  const peers = new Map();
  for (const e of own) peers.set(e.peer, e);
  const order = [...peers].sort((a, b) => b[1].at - a[1].at);
  if (!peers.has(peer)) peer = order[0]?.[0] ?? "";
  if (peer) seen[`${seat}/${peer}`] = Math.max(0, ...own.filter((e) => e.peer === peer).map((e) => e.number));
  const buttons = order.map(([id, last]) => {
    const button = node("button");
    button.type = "button";
    button.setAttribute("aria-current", id === peer);
    const unread = own.filter((e) => e.peer === id && !e.mine && e.number > (seen[`${seat}/${id}`] ?? 0)).length;
    if (unread) button.append(node("span", unread > 99 ? "99+" : unread, "unread"));
    button.append(node("span", nameOf(id)), node("span", imBody(last)[0].replace(SYSTEM, ""), "last"));
    button.addEventListener("click", () => { peer = id; el("im").scrollTop = el("im").scrollHeight; drawSeat(); });
    return button;
  });
  el("peers").replaceChildren(...(buttons.length ? buttons : [node("p", words.nobody)]));
  el("peer-title").textContent = peer ? nameOf(peer) : words.choose;
  fill(el("im"), own.filter((e) => e.peer === peer).map((e) => bubble(e, imBody(e))), peer ? words.none : words.nobody);
}

function draw() {
  drawPhone();
  drawSeat();
}

async function post(path, body) {
  const reply = await fetch(`/play/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(`${path}: HTTP ${reply.status}`);
}

function writer(form, box, send) {
  const submit = async () => {
    const text = box.value;
    if (!text.trim()) return;
    box.value = "";
    try {
      await send(text);
    } catch {
      box.value = text;
      el("lost").hidden = false;
    }
    box.focus();
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
  });
}

async function poll() {
  for (let wait = 0; ; wait = 3) {
    try {
      const reply = await fetch(`/play/state?after=${world.after}&wait=${wait}`);
      const state = await reply.json();
      if (state.started !== config.started) { location.reload(); return; }
      for (const entry of state.entries) {
        world.entries.set(entry.id, entry);
        world.after = Math.max(world.after, entry.number);
        if (entry.openid) remember(entry.account, entry.openid);
      }
      Object.assign(world, { names: state.names, online: state.online, windows: state.windows });
      showCustomers();
      draw();
      el("lost").hidden = true;
    } catch {
      el("lost").hidden = false;
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

options(el("account"), config.accounts.map((one) => [one.slug, one.name]));
options(el("seat"), config.seats.map((seat) => [seat, seat]));
for (const one of config.accounts) remember(one.slug, localStorage[`openid/${one.slug}`] ??= makeOpenid());
showCustomers();
el("account").addEventListener("change", () => { showCustomers(); draw(); });
el("customer").addEventListener("change", draw);
el("seat").addEventListener("change", () => { peer = ""; draw(); });
el("new-customer").addEventListener("click", () => {
  const openid = makeOpenid();
  remember(el("account").value, openid);
  showCustomers();
  el("customer").value = openid;
  draw();
  el("phone-text").focus();
});
el("presence").addEventListener("click", async () => {
  const seat = el("seat").value;
  const online = !world.online.includes(seat);
  await post("presence", { seat, online });
  world.online = online ? [...world.online, seat] : world.online.filter((one) => one !== seat);
  draw();
});
writer(el("phone-form"), el("phone-text"), (text) =>
  post("customer", { account: el("account").value, openid: el("customer").value, kind: el("kind").value, text }));
writer(el("im-form"), el("im-text"), (text) => {
  if (!peer) return Promise.resolve();
  return post("seat", { seat: el("seat").value, to: peer, text });
});
poll();
