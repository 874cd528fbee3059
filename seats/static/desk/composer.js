// The composer of one chat. The draft is the conversation's; whatever changes the field changes it.

import { Canned } from "./canned.js";
import { composes } from "./composing.js";
import { fill, used } from "./faces.js";
import { $, api, texts } from "./net.js";
import { toast } from "./saying.js";
import { composing, count, inserted } from "./store/words.js";

const MOST = 4000; // characters, as the server takes them
const COUNTED_FROM = 3500;
const ONE = 2048; // bytes of one message, as WeChat takes them
const TYPING = 10000; // milliseconds; WeChat shows it for 15 seconds
const MEGABYTES = 100;
const lastTyped = new Map();

export class Composer {
  constructor(conversation, form) {
    Object.assign(this, { conversation, form, field: $("textarea", form) });
    this.field.value = conversation.draft;
    this.canned = new Canned(conversation, $("#canned", form), (text) => this.replace(text));
    fill(form, conversation.keep);
    this.field.addEventListener("input", () => this.#changed());
    form.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    form.addEventListener("click", (event) => this.#click(event));
    form.addEventListener("paste", (event) => this.#paste(event));
    this.#length();
    this.#grow();
  }

  replace(text) {
    this.field.value = text;
    this.#changed();
    this.field.focus();
  }

  /** Show the draft as another page of the seat has left it; whoever is typing here goes on. */
  elsewhere() {
    if ((document.hasFocus() && document.activeElement === this.field) || composes(this.form)) return;
    this.field.value = this.conversation.draft;
    this.#length();
    this.#grow();
  }

  /** Show the draft as it is now: words came back into it. */
  redraw() { this.replace(this.conversation.draft); }

  insert(piece) {
    const { value, selectionStart, selectionEnd } = this.field;
    const { text, at } = inserted(value, selectionStart, selectionEnd, piece);
    this.replace(text);
    this.field.setSelectionRange(at, at);
  }

  /** What is too long is kept whole; the seat decides where it is cut. */
  send() {
    const text = this.field.value;
    if (!text.trim()) return;
    const size = count(text);
    if (size > MOST) { toast(texts.too_long.replace("%(count)d", size).replace("%(most)d", MOST), { bad: true }); return; }
    this.conversation.draft = "";
    this.field.value = "";
    this.#length();
    this.#grow();
    this.canned.hide();
    this.conversation.scroll.end = true;
    this.conversation.outbox.add({ path: "messages", body: { text: text.trim() }, words: text.trim() });
  }

  /** Put files on their way, to this conversation, whatever is opened meanwhile. */
  attach(files) {
    for (const file of files) {
      if (file.size > MEGABYTES * 1e6) { toast(texts.too_large.replace("%(name)s", file.name).replace("%(most)d", MEGABYTES), { bad: true }); continue; }
      this.conversation.scroll.end = true;
      this.conversation.outbox.add({ path: "files", file, words: file.name });
    }
  }

  #changed() {
    this.conversation.draft = this.field.value;
    this.#length();
    this.#grow();
    this.canned.offer(this.field.value).catch(() => {});
    if (this.field.value) this.#typing();
  }

  #length() {
    const size = count(this.field.value);
    const shown = $("#length", this.form);
    shown.textContent = size >= COUNTED_FROM ? `${size} / ${MOST}` : "";
    shown.classList.toggle("bad", size > MOST);
    // Longer ones go as several messages.
    const bytes = new TextEncoder().encode(this.field.value.trim()).length;
    $("#cost", this.form).hidden = !bytes || bytes > ONE;
  }

  #grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  #key(event) {
    if (event.target !== this.field || composing(event)) return;
    if (this.canned.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.send(); }
  }

  #click(event) {
    const { piece } = event.target.closest("button")?.dataset ?? {};
    if (!piece) return;
    this.insert(piece);
    used(piece, this.conversation.keep);
    fill(this.form, this.conversation.keep);
    const pop = event.target.closest("details");
    if (pop) pop.open = false;
  }

  #paste(event) {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    this.attach([...event.clipboardData.files]);
  }

  // The customer sees that somebody types.
  #typing() {
    const { id } = this.conversation;
    if (Date.now() - (lastTyped.get(id) ?? 0) < TYPING) return;
    lastTyped.set(id, Date.now());
    api(`conversations/${id}/typing/`, { on: true }).catch(() => {});
  }
}
