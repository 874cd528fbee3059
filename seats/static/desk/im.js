// Tencent's client, with the customer of the open chat beside it.

import { beat } from "./beat.js";
import { listen } from "./commands.js";
import { Live } from "./live.js";
import { $, api, detail, make, page, texts } from "./net.js";
import { toast } from "./saying.js";
import { tick } from "./ticking.js";

const REACHED_WITHIN = 10000; // milliseconds

const state = { peer: "", open: 0 };

/** Show the customer whose chat is open, and what can be done there. */
async function show(peer) {
  state.peer = peer;
  const answer = peer ? await page(`/desk/im/${encodeURIComponent(peer)}/`) : null;
  if (peer !== state.peer) return;
  if (!answer?.ok) {
    state.open = 0;
    $("#beside").replaceChildren(Object.assign(document.createElement("p"), { className: "empty", textContent: texts.choose }));
    return;
  }
  $("#beside").innerHTML = await answer.text();
  tick();
  state.open = Number($("#beside [data-conversation]").dataset.conversation);
}

/** Say what is wrong, and below it what can be looked at; without words, all is well. */
function failed(words, more = "") {
  const said = $("#im-said");
  said.hidden = !words;
  said.replaceChildren(words);
  if (more) said.append(make("ul", {}, ...texts.check.map((one) => make("li", { textContent: one }))), make("small", { textContent: more === true ? "" : more }));
}

const unreachable = (error) => failed(texts.no_login, error?.message || true);

async function start() {
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const { status, said } = await api("me/usersig/", undefined, { method: "GET", body: undefined });
  if (status !== 200) { failed(detail(said) || texts.error); return; }
  try {
    const client = await import("../im-desk/im-desk.js");
    const late = setTimeout(unreachable, REACHED_WITHIN);
    const login = client.start($("#im"), {
      sdkAppId: said.sdk_app_id, userId: said.user_id, userSig: said.user_sig, language, greeting: texts.greeting,
      onPeer: (peer) => show(peer).catch(() => toast(texts.offline)),
      onKicked: () => failed(texts.kicked),
    });
    try { await login; failed(""); } finally { clearTimeout(late); }
  } catch (error) {
    unreachable(error);
  }
}

listen(() => state.open, () => show(state.peer));
new Live(document.body.dataset.position, {
  conversation: (news) => { if (news.id === state.open) show(state.peer); },
  reset: () => show(state.peer),
  state: () => {},
});
setInterval(tick, 5000);
beat(() => {});
start();
