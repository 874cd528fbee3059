// The chat that is open: what is said, where one reads, what is new. One object each time a chat is opened.
//
// Whatever is asynchronous looks at `gone` after each wait: what arrives after the seat went to another chat changes nothing.

import { afterwards, composes } from "./composing.js";
import { holding } from "./focus.js";
import { $, $$, api, body, elements, icon, later, make, page, texts } from "./net.js";
import { breaks, dayName } from "./store/days.js";
import { missed } from "./store/gap.js";
import { now, tick, today } from "./ticking.js";

const NEAR_END = 60; // pixels
const SKELETON_AFTER = 200;
const SOON = 7200; // seconds before the window ends
const NOT_THERE = [403, 404]; // it may not be seen, or no longer

const numbers = (root) => $$("[data-day]", root).map((one) => Number(one.id.slice(1)));

export class Chat {
  /** `drawn(chat)` is called whenever the composer has been made anew, `lost(chat)` once it may not be seen any more. */
  constructor(conversation, root, { drawn, lost }) {
    Object.assign(this, { conversation, root, drawn, lost, gone: false, token: "", waiting: new WeakMap(), asked: 0 });
    // What could not be fetched, and is tried again: the whole chat, how one stands to it, its customer.
    Object.assign(this, { broken: false, stale: false, strange: true });
    this.owed = false; // to be drawn anew in any case, once an input method has done its work
    this.read = later(() => this.#read());
    this.customerLater = later(() => this.showCustomer());
    this.standingLater = later(() => this.standing());
  }

  get id() { return this.conversation.id; }
  get log() { return this.gone ? null : $("#messages", this.root); }
  /** Whether it waits in the queue, from which others may take it. */
  get queued() { return Boolean(this.log?.dataset.standing.startsWith("queued ")); }
  get mine() { return Boolean(this.log && "mine" in this.log.dataset); }

  leave() {
    this.gone = true;
    this.observer?.disconnect();
    this.above?.disconnect();
  }

  /** Fetch and show it. Returns false where it may not be seen, or another one was opened meanwhile. */
  async load() {
    const wait = setTimeout(() => { if (!this.gone && !this.log && !this.broken) this.#skeleton(); }, SKELETON_AFTER);
    const { news } = this.conversation;
    try {
      const answer = await page(`/desk/${this.id}/`);
      const html = answer.ok ? await answer.text() : null;
      if (this.gone) return false;
      if (NOT_THERE.includes(answer.status)) { this.#notThere(); return false; }
      if (html === null) throw new Error(String(answer.status));
      this.broken = false;
      this.put(html);
      this.#since(news);
      this.showCustomer().catch(() => {});
      return true;
    } catch (error) {
      if (!this.gone) this.#failed();
      throw error;
    } finally {
      clearTimeout(wait);
    }
  }

  #skeleton() {
    const line = () => make("div", { className: "msg c sk" }, make("i", { className: "av s" }), make("i", { className: "body" }));
    this.#instead(make("div", { className: "log loading", ariaBusy: "true" }, line(), line(), line()));
  }

  /** Show something where the chat would be; on a phone there is a way back from it. */
  #instead(shown) {
    const back = make("button", { type: "button", className: "btn plain icon back", data: { back: "" }, ariaLabel: texts.back }, icon("left"));
    this.root.replaceChildren(make("header", { className: "bar head bare" }, back), shown);
  }

  #notThere() {
    this.#instead(make("p", { className: "empty", textContent: texts.not_there }));
    this.leave();
    this.lost(this);
  }

  /** What came while a page of it was on its way may not stand in that page. */
  #since(news) { if (news !== this.conversation.news) this.look().catch(() => {}); }

  #failed() {
    this.broken = true;
    const again = make("button", { type: "button", className: "btn small", textContent: texts.try_again, onclick: () => this.load().catch(() => {}) });
    this.#instead(make("div", { className: "empty" }, make("p", { textContent: texts.not_loaded }), again));
  }

  put(html) {
    this.observer?.disconnect();
    const before = this.log && $("#lines", this.root);
    const writes = () => (matchMedia("(min-width: 641px)").matches && $("#composer textarea", this.root)) || this.log;
    holding(this.root, () => {
      this.root.replaceChildren(...elements(html).childNodes);
      if (before) this.#keep(before);
      this.drawn(this);
    }, writes);
    this.token = $("#token", this.root).dataset.token;
    this.standingNow = this.log.dataset.standing;
    this.#dress();
    this.#place();
    this.log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Pictures that arrive later, and a window of another size, leave one where one was.
    this.observer = new ResizeObserver(() => { if (!this.gone && this.conversation.scroll.end) this.toEnd(); });
    this.observer.observe($("#lines", this.root));
    this.observer.observe($("#pending", this.root));
    this.observer.observe(this.log);
    this.read();
  }

  /** Keep what was loaded of a chat that is drawn anew, and what plays there; only what has changed is taken over. */
  #keep(lines) {
    const found = $("#lines", this.root);
    found.replaceWith(lines);
    this.#bridge(found);
    $("#token", lines).replaceWith($("#token", found));
    for (const bubble of $$("[data-day]", found)) this.#draw(bubble);
  }

  // Where one reads

  #place() {
    const { scroll } = this.conversation;
    if (scroll.end) this.toEnd();
    else this.log.scrollTop = scroll.top;
    this.#below();
  }

  toEnd() {
    const { log } = this;
    if (log) log.scrollTop = log.scrollHeight;
  }

  get atEnd() { const { log } = this; return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END; }

  #scrolled() {
    if (this.gone) return;
    if (this.conversation.scrolled(this.log.scrollTop, this.atEnd)) this.conversation.unseen = 0;
    this.#below();
    this.read();
  }

  /** The pill shows only while something below has not been seen. */
  #below() {
    const pill = $("#below", this.root);
    const { unseen } = this.conversation;
    if (!pill) return;
    pill.hidden = !unseen;
    $("span", pill).textContent = texts.below.replace("%d", unseen);
  }

  newest() {
    this.conversation.scroll.end = true;
    this.conversation.unseen = 0;
    this.toEnd();
    this.#below();
  }

  /** On a phone the customer's pane lies over the chat. */
  get #covered() { return "info" in body.dataset && matchMedia("(max-width: 640px)").matches; }

  /** Tell the server up to where the seat has seen the customer's words; only what was on the screen counts. */
  async #read() {
    if (this.gone || !this.mine || document.hidden || this.#covered) return;
    const { log, conversation } = this;
    const bottom = log.getBoundingClientRect().bottom;
    const seen = $$(".bubble.customer", log).findLast((one) => one.getBoundingClientRect().top + 8 < bottom);
    const newest = Number(seen?.id.slice(1));
    const before = conversation.readTo;
    if (!conversation.saw(newest)) return;
    try {
      const { status } = await api(`conversations/${conversation.id}/read/`, { to: newest });
      if (status >= 300) throw new Error(String(status));
    } catch {
      if (conversation.readTo === newest) conversation.readTo = before;
    }
  }

  // What is new

  /** Draw what is new; whoever reads further up is not torn away, and sees that there is more. */
  take(bubbles) {
    const { end } = this.conversation.scroll;
    let fresh = 0;
    for (const bubble of bubbles) if (this.#draw(bubble)) fresh += bubble.matches(".customer, .note") ? 1 : 0;
    this.#dress();
    if (end) this.toEnd();
    else this.conversation.unseen += fresh;
    this.#below();
    this.read();
    this.customerLater();
  }

  /** Put a bubble in its place, or in the place of what it was before; true where it is new and at the end. */
  #draw(made) {
    const lines = $("#lines", this.root);
    const id = Number(made.id.slice(1));
    const before = document.getElementById(made.id);
    if (before) { this.#redraw(before, made); return false; }
    const shown = $$("[id^=m]", lines).filter((one) => /^m\d+$/.test(one.id));
    // What is older than all that is shown belongs to a piece that was not loaded.
    if (shown.length && id < Number(shown[0].id.slice(1))) return false;
    $(".empty", lines)?.remove();
    const after = shown.find((one) => Number(one.id.slice(1)) > id);
    lines.insertBefore(made, after ?? $("#token", lines));
    return !after;
  }

  /** Put `made` in the place of `before`; where a sound or film plays in it, once that stops: nobody's listening is cut off. */
  #redraw(before, made) {
    const playing = $$("audio, video", before).find((one) => !one.paused && !one.ended);
    if (!playing) { before.replaceWith(made); return; }
    if (!this.waiting.has(before)) {
      playing.addEventListener("pause", () => { before.replaceWith(this.waiting.get(before)); if (!this.gone) this.#dress(); }, { once: true });
    }
    this.waiting.set(before, made);
  }

  /** Day lines, runs of one person, and the customer's picture: from what stands there, each time alike. */
  #dress() {
    const lines = $("#lines", this.root);
    this.#onward();
    for (const line of $$(".day", lines)) line.remove();
    const said = $$("[data-day]", lines);
    const days = said.map((one) => one.dataset.day);
    for (const at of breaks(days)) said[at].before(this.#dayLine(days[at]));
    let last = null;
    for (const one of [...lines.children]) {
      if (!one.matches(".msg")) { last = null; continue; }
      one.classList.toggle("follow", Boolean(last) && last.dataset.author === one.dataset.author && last.classList.contains("c") === one.classList.contains("c"));
      last = one;
    }
    const { initial, customer } = this.log.dataset;
    for (const av of $$(".msg.c > .av:empty", lines)) {
      av.classList.add(`av${initial ? (Number(customer) % 8) + 1 : 0}`);
      av.replaceChildren(initial || icon("user"));
    }
  }

  #dayLine(day) {
    const name = dayName(day, today(), document.documentElement.lang, texts);
    return make("div", { className: "day", data: { line: day } }, make("span", { textContent: name }));
  }

  /** Look for what is new, without waiting to be told. */
  async look() {
    if (this.broken) { await this.load(); return; }
    if (!this.log) return;
    if (this.stale) await this.standing();
    if (this.strange) await this.showCustomer();
    const { news } = this.conversation;
    const answer = await page(`/desk/${this.id}/messages/?token=${this.token}`);
    if (this.gone) return;
    if (NOT_THERE.includes(answer.status)) { await this.standing(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    if (answer.status !== 200) return;
    const found = elements(await answer.text());
    // Meanwhile another chat was opened, or this answer may be older than what came.
    if (this.gone) return;
    if (news !== this.conversation.news) { await this.look(); return; }
    this.token = $("#token", found).dataset.token;
    this.#bridge(found);
    this.take($$("[data-day]", found));
  }

  /** Where there may be messages between what is shown and what was found, a button loads them. */
  #bridge(found) {
    const lines = $("#lines", this.root);
    const older = $(".older", found);
    if (older && missed(numbers(lines), numbers(found), true)) lines.insertBefore(older, $("#token", lines));
  }

  /** Older ones are loaded as one scrolls up to them. */
  #onward() {
    this.above?.disconnect();
    this.above = new IntersectionObserver((seen) => {
      for (const { isIntersecting, target } of seen) if (isIntersecting && !this.gone) this.older(target).catch(() => {});
    }, { root: this.log, rootMargin: "300px 0px" });
    for (const button of $$(".older", this.log)) this.above.observe(button);
  }

  async older(button) {
    if (button.disabled) return;
    button.disabled = true;
    try {
      const answer = await page(`/desk/${this.id}/messages/?before=${button.dataset.before}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const found = elements(await answer.text());
      if (!this.gone && button.isConnected) this.#putOlder(button, found);
    } finally {
      button.disabled = false;
    }
  }

  #putOlder(button, found) {
    $("#token", found)?.remove();
    const there = $$("[data-day]", found).filter((one) => document.getElementById(one.id));
    for (const one of there) one.remove();
    if (there.length) $(".older", found)?.remove(); // it reaches back to what was shown before
    // What is read stays where it is, whether or not the browser has seen to it already.
    let read = button.nextElementSibling;
    while (read && !read.dataset.day) read = read.nextElementSibling; // day lines are drawn anew
    const top = () => read?.getBoundingClientRect().top ?? 0;
    const before = top();
    button.replaceWith(...found.childNodes);
    this.#dress();
    this.log.scrollTop += top() - before;
  }

  /** Show it anew where one can do other things there now; what is being written stays untouched otherwise. */
  async standing(surely = false) {
    const asked = this.asked += 1;
    const { news } = this.conversation;
    this.stale = true;
    if (!surely && this.#filling()) return;
    const answer = await page(`/desk/${this.id}/`);
    const html = answer.ok ? await answer.text() : null;
    if (this.gone || asked !== this.asked) return;
    if (NOT_THERE.includes(answer.status)) { this.#notThere(); return; }
    if (html === null) throw new Error(String(answer.status));
    const found = elements(html);
    const anew = surely || $("#messages", found).dataset.standing !== this.standingNow;
    if (anew && composes(this.root)) {
      this.owed ||= surely;
      afterwards(this, () => this.#afterComposing());
      return;
    }
    this.stale = false;
    if (anew) {
      this.put(html);
      this.#since(news);
    } else $(".head", this.root).replaceWith($(".head", found));
    await this.showCustomer();
  }

  #afterComposing() {
    const { owed } = this;
    this.owed = false;
    if (!this.gone) this.standing(owed).catch(() => {});
  }

  /** Whether something is being filled in that would be lost by drawing the chat anew; that is done once the dialog is closed. */
  #filling() {
    const dialog = $("dialog[open]", this.root);
    const filled = $$("input:not([type=radio]), textarea, select", dialog ?? make("i")).some((one) => one.value && one.value !== one.defaultValue);
    if (filled) dialog.addEventListener("close", () => this.standingLater(), { once: true });
    return filled;
  }

  async showCustomer() {
    this.strange = true;
    const answer = await page(`/desk/${this.id}/customer/`);
    const html = await answer.text();
    const pane = $("#customer");
    if (this.gone || !answer.ok) return;
    this.strange = false;
    // Whoever is typing a name there goes on typing it.
    if ($("form :focus", pane)) return;
    const { scrollTop } = $(".side", pane) ?? {};
    const same = pane.dataset.conversation === String(this.id);
    const renaming = same && $(".rename[open] input", pane)?.value;
    holding(pane, () => { pane.replaceChildren(...elements(html).childNodes); });
    if (scrollTop) $(".side", pane).scrollTop = scrollTop;
    const rename = $(".rename", pane);
    if (rename && typeof renaming === "string") { rename.open = true; $("input", rename).value = renaming; }
    this.#allowance($(".window", pane)?.dataset);
    pane.dataset.conversation = this.id;
    body.dataset.known = this.id;
    tick();
  }

  /** The window beside the toolbar: how many messages are left. */
  #allowance(window) {
    const chip = $("#left", this.root);
    if (!chip || !window) return;
    const left = window.left === "" ? null : Number(window.left);
    const soon = Boolean(window.until) && Number(window.until) - now() < SOON;
    const [words, mark] = window.refusal === "time" ? [texts.left_over, "none"]
      : window.refusal ? [texts.left_none, "none"]
        : [left === null ? "" : texts.left.replace("%d", left), left !== null && (left <= 2 || soon) ? "low" : ""];
    const until = words && window.until && mark !== "none" ? make("span", { className: "until" }, "· ", make("span", { className: "countdown", data: { until: window.until } })) : "";
    chip.hidden = !words;
    chip.className = `left-chip ${mark} ${soon ? "soon" : ""}`;
    chip.replaceChildren(words, until);
    $("#cost", this.root).textContent = left && mark !== "none" ? texts.left_after.replace("%d", left - 1) : "";
  }
}
