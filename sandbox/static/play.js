// The sandbox's page: long-polls what changed, and draws a phone and an IM client.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const el = (id) => document.getElementById(id);
const config = read("config");
const words = read("words");
const SYSTEM = /^(\[System\]|【系统】)\s*/;

const world = { entries: new Map(), names: {}, online: [], windows: {}, menus: 0, after: 0 };
const customers = {}; // account slug -> openids
const seen = {}; // "seat/peer" -> number of the newest entry looked at
let peer = "";

function makeOpenid() {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  return `o${Array.from(bytes, (b) => alphabet[b % alphabet.length]).join("")}${alphabet[bytes[0] % 26]}`;
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

const ELEMENTS = {
  TIMImageElem: "image", TIMSoundElem: "voice", TIMVideoFileElem: "video", TIMFileElem: "file", TIMLocationElem: "location",
};

// A few faces as the real clients draw them; the others show their name.
const FACES = [
  ["🙂", "/::)", "[微笑]", "[TUIEmoji_Smile]"], ["👍", "/:strong", "[强]", "[TUIEmoji_Like]"],
  ["🌹", "/:rose", "[玫瑰]", "[TUIEmoji_Flower]"], ["❤️", "/:heart", "[爱心]", "[TUIEmoji_Heart]"],
  ["👌", "/:ok", "[OK]", "[TUIEmoji_Ok]"], ["😭", "/::'(", "[大哭]", "[TUIEmoji_Wail]"],
];
const withFaces = (text) => FACES.reduce(
  (said, [face, ...codes]) => codes.reduce((one, code) => one.replaceAll(code, face), said), text,
).replace(/\[TUIEmoji_(\w+)\]/g, "[$1]");

// What a bubble shows: words, and perhaps a file at an address or a menu to tap.
function imBody(entry) {
  if (entry.kind === "TIMTextElem" || entry.kind === "text") return { text: entry.text };
  const kind = ELEMENTS[entry.kind];
  let data = null;
  try { data = JSON.parse(entry.text); } catch { /* typed here: the words themselves */ }
  if (!data) return { text: `[${words[kind] ?? words.custom}] ${entry.text}`.trim(), kind, url: entry.url };
  if (entry.kind === "TIMFaceElem") return { text: data.Data || `[${words.face}]` };
  if (entry.kind === "TIMCustomElem") return card(data);
  const link = kind === "location" && data.Latitude !== undefined ? mapOf(data) : undefined;
  return { text: `[${words[kind] ?? entry.kind}] ${data.Desc ?? data.FileName ?? ""}`.trim(), kind, url: entry.url, link };
}

const mapOf = ({ Latitude, Longitude, Desc }) => `https://apis.map.qq.com/uri/v1/marker?marker=coord:${Latitude},${Longitude};title:${encodeURIComponent(Desc || "·")}&referer=sandbox`;

// A custom element, shaped like WeChat's own message: a link card, a page of a mini program, a question with answers.
function card({ Data, Desc }) {
  let said = {};
  try { said = JSON.parse(Data) ?? {}; } catch { /* a foreign one */ }
  const article = said.news?.articles?.[0];
  if (article) return { text: `[${words.link}] ${article.title ?? ""}`, link: article.url };
  if (said.miniprogrampage) return { text: `[${words.card}] ${said.miniprogrampage.title ?? ""}` };
  const menu = said.msgmenu;
  if (menu) return { text: [menu.head_content, ...(menu.list ?? []).map((one) => `· ${one.content}`), menu.tail_content].filter(Boolean).join("\n") };
  return { text: `[${words.custom}] ${Desc ?? ""}`.trim() };
}

function phoneBody(entry) {
  if (entry.kind === "text") return { text: entry.text };
  if (entry.mine) {
    const words_ = ["image", "video"].includes(entry.kind) ? "" : entry.text;
    const address = entry.url || (entry.kind === "image" ? entry.text : "");
    return { text: `[${words[entry.kind] ?? entry.kind}] ${words_}`.trim(), kind: entry.kind, url: address };
  }
  if (entry.kind === "notice") return { text: entry.text, link: entry.url, tap: true };
  const data = JSON.parse(entry.text);
  if (entry.kind === "news") return { text: data.articles[0].title, link: data.articles[0].url };
  if (entry.kind === "msgmenu") return { text: data.head_content, menu: data.list, tail: data.tail_content };
  if (entry.kind === "miniprogrampage") return { text: `[${words.card}] ${data.title}` };
  return { text: `[${words[entry.kind] ?? entry.kind}] ${data.title ?? ""}`.trim(), kind: entry.kind, url: entry.url };
}

// A file as people see it: the picture, the player, or a link.
function shown(kind, url) {
  const tag = { image: "img", voice: "audio", video: "video", shortvideo: "video" }[kind];
  const made = node(tag ?? "a", tag ? undefined : words.open);
  if (tag === "img") { made.src = url; made.alt = words.image; made.referrerPolicy = "no-referrer"; }
  else if (tag) { made.src = url; made.controls = true; made.preload = "metadata"; }
  else { made.className = "opener"; made.href = url; made.target = "_blank"; made.rel = "noopener noreferrer"; }
  return made;
}

// Words, with the addresses in them as links.
function withLinks(box, text) {
  for (const part of text.split(/(https?:\/\/[^\s]+)/)) {
    const address = /^https?:\/\//.test(part);
    box.append(address ? Object.assign(shown("link", part), { textContent: part, className: "" }) : withFaces(part));
  }
}

function bubble(entry, body) {
  const system = !entry.mine && SYSTEM.test(body.text);
  const item = node("li", undefined, [entry.mine ? "mine" : "", system ? "notice" : ""].join(" ").trim());
  const box = node("span", undefined, "bubble");
  if (entry.side === "phone" && !entry.mine && entry.peer) box.append(node("small", entry.peer), node("br"));
  if (body.kind !== "image" || !body.url) withLinks(box, body.text.replace(SYSTEM, ""));
  if (body.tap) {
    // A notice by template: the tap opens what it leads to; without that, the chat is where people answer.
    box.append(node("br"), Object.assign(node("button", words.tap, "choice"), { type: "button", onclick: () => tapNotice(body.link) }));
  } else if (body.link) box.append(node("br"), Object.assign(shown("link", body.link), { className: "" }));
  if (body.url && /^(https?:|\/play\/)/.test(body.url)) box.append(shown(body.kind, body.url));
  for (const choice of body.menu ?? []) {
    const button = node("button", choice.content, "choice");
    button.type = "button";
    button.addEventListener("click", () => post("customer", {
      account: entry.account, openid: entry.openid, text: choice.content, menu_id: choice.id,
    }));
    box.append(button);
  }
  if (body.tail) box.append(node("small", body.tail));
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

function tapNotice(link) {
  if (/^https?:/.test(link ?? "")) window.open(link, "_blank", "noopener");
  el("kind").value = "text";
  el("phone-text").focus();
}

function fill(list, items, empty) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.replaceChildren(...(items.length ? items : [node("li", empty, "empty")]));
  if (!atEnd) return;
  const down = () => { list.scrollTop = list.scrollHeight; };
  down();
  for (const picture of list.querySelectorAll("img")) picture.addEventListener("load", down, { once: true });
}

function drawPhone() {
  const account = el("account").value;
  const openid = el("customer").value;
  el("phone-title").textContent = config.accounts.find((one) => one.slug === account)?.name ?? "";
  const mine = entries().filter((e) => e.side === "phone" && e.account === account && e.openid === openid);
  fill(el("phone"), mine.map((e) => bubble(e, phoneBody(e))), words.none);
  const open = world.windows[`${account}/${openid}`];
  const label = el("window");
  el("typing").hidden = !(open?.typing);
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
    button.append(node("span", nameOf(id)), node("span", imBody(last).text.replace(SYSTEM, ""), "last"));
    button.addEventListener("click", () => { peer = id; el("im").scrollTop = el("im").scrollHeight; drawSeat(); });
    return button;
  });
  el("peers").replaceChildren(...(buttons.length ? buttons : [node("p", words.nobody)]));
  el("peer-title").textContent = peer ? nameOf(peer) : words.choose;
  fill(el("im"), own.filter((e) => e.peer === peer).map((e) => bubble(e, imBody(e))), peer ? words.none : words.nobody);
}

// What a tap on each type of menu button is called in WeChat's push; its key says which button.
const TAPS = { click: "CLICK", view: "VIEW", miniprogram: "view_miniprogram", view_limited: "VIEW", article_view_limited: "VIEW" };

function menuButton(one, account, openid) {
  const button = node("button", one.name);
  button.type = "button";
  button.addEventListener("click", () => {
    const key = one.key || one.url || one.media_id || one.article_id;
    post("event", { account, openid, event: TAPS[one.type] ?? one.type, key }).catch(() => { el("lost").hidden = false; });
    if (one.type === "view") window.open(one.url, "_blank", "noopener");
  });
  return button;
}

function subMenu(one, account, openid) {
  const made = node("details");
  const list = node("div", undefined, "below");
  list.append(...one.sub_button.map((below) => menuButton(below, account, openid)));
  list.addEventListener("click", () => { made.open = false; });
  made.append(node("summary", one.name), list);
  return made;
}

// The menu is asked for again when the account, the customer or a menu changed; an answer for another one is dropped.
async function drawMenu() {
  const account = el("account").value;
  const openid = el("customer").value;
  const now = `${account}/${openid}/${world.menus}`;
  if (!openid || drawMenu.of === now) return;
  drawMenu.of = now;
  const reply = await fetch(`/play/menu?${new URLSearchParams({ account, openid })}`);
  const { button } = await reply.json();
  if (drawMenu.of !== now) return;
  const made = button.map((one) => (one.sub_button?.length ? subMenu : menuButton)(one, account, openid));
  el("menu").replaceChildren(...made);
  el("menu").hidden = !made.length;
}

function draw() {
  drawPhone();
  drawMenu().catch(() => { drawMenu.of = ""; });
  drawSeat();
}

async function post(path, body) {
  const reply = await fetch(`/play/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(`${path}: HTTP ${reply.status}`);
}

async function upload(file, account, kind) {
  const query = new URLSearchParams({ name: file.name, kind, account });
  const reply = await fetch(`/play/file?${query}`, { method: "POST", headers: { "Content-Type": file.type || "application/octet-stream" }, body: file });
  if (!reply.ok) throw new Error(`file: HTTP ${reply.status}`);
  return reply.json();
}

// A code that is over or unknown is said in the chat: nothing is pushed, as on a real phone.
async function scan(who, code) {
  try {
    await post("scan", { ...who, code: code.trim() });
  } catch (error) {
    if (!error.message.endsWith("404")) throw error;
    el("phone").append(node("li", words.nocode, "notice"));
  }
}

const kindOf = (file) => ({ image: "image", audio: "voice", video: "video" })[file.type.split("/")[0]] ?? "file";

// A customer's phone sends pictures, sound and films; WeChat gives no way to fetch any other file.
async function sendFromPhone(file) {
  const account = el("account").value;
  const kind = kindOf(file);
  const { id } = await upload(file, account, kind);
  const media = kind === "file" ? { text: file.name } : { file: id, text: "" };
  await post("customer", { account, openid: el("customer").value, kind, ...media });
}

async function sendFromSeat(file) {
  if (!peer) return;
  const { url, size } = await upload(file, "", "file");
  const contents = {
    image: ["TIMImageElem", { UUID: "u", ImageFormat: 255, ImageInfoArray: [{ Type: 1, Size: size, Width: 0, Height: 0, URL: url }] }],
    voice: ["TIMSoundElem", { Url: url, UUID: "u", Size: size, Second: 0, Download_Flag: 2 }],
    video: ["TIMVideoFileElem", { VideoUrl: url, VideoUUID: "u", VideoSize: size, VideoSecond: 0, VideoFormat: "mp4", VideoDownloadFlag: 2 }],
    file: ["TIMFileElem", { Url: url, UUID: "u", FileSize: size, FileName: file.name, Download_Flag: 2 }],
  };
  const [MsgType, MsgContent] = contents[kindOf(file)];
  await post("seat", { seat: el("seat").value, to: peer, text: file.name, url, elements: [{ MsgType, MsgContent }] });
}

function attacher(input, send) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try { await send(file); } catch { el("lost").hidden = false; }
  });
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

// What people really send: docs/odd-input.md. Nothing is sent while no conversation is chosen.
function oddSender(id, who) {
  const form = el(id);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const sender = who();
    if (!sender) return;
    try { await post("odd", { ...sender, name: form.querySelector("select").value }); } catch { el("lost").hidden = false; }
  });
}

async function poll() {
  for (let wait = 0; ; wait = 3) {
    try {
      const reply = await fetch(`/play/state?after=${world.after}&wait=${wait}&menus=${world.menus}`);
      const state = await reply.json();
      if (state.started !== config.started) { location.reload(); return; }
      for (const entry of state.entries) {
        world.entries.set(entry.id, entry);
        world.after = Math.max(world.after, entry.number);
        if (entry.openid) remember(entry.account, entry.openid);
      }
      Object.assign(world, { names: state.names, online: state.online, windows: state.windows, menus: state.menus });
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
el("accept").addEventListener("click", () => {
  post("accept", { account: el("account").value, openid: el("customer").value }).catch(() => { el("lost").hidden = false; });
});
el("presence").addEventListener("click", async () => {
  const seat = el("seat").value;
  const online = !world.online.includes(seat);
  await post("presence", { seat, online });
  world.online = online ? [...world.online, seat] : world.online.filter((one) => one !== seat);
  draw();
});
writer(el("phone-form"), el("phone-text"), (text) => {
  const who = { account: el("account").value, openid: el("customer").value };
  const kind = el("kind").value;
  return kind === "scan" ? scan(who, text) : post("customer", { ...who, kind, text });
});
el("kind").addEventListener("change", () => {
  el("phone-text").placeholder = el("kind").value === "scan" ? words.code : words.write;
});
attacher(el("phone-file"), sendFromPhone);
oddSender("phone-odd", () => ({ account: el("account").value, openid: el("customer").value }));
oddSender("im-odd", () => peer && { seat: el("seat").value, to: peer });
attacher(el("im-file"), sendFromSeat);
writer(el("im-form"), el("im-text"), (text) => {
  if (!peer) return Promise.resolve();
  return post("seat", { seat: el("seat").value, to: peer, text });
});
poll();
