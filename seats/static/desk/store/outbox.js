// What is on its way from this browser to one conversation, in the order in which it was written.
//
// An entry leaves the box when the server has it, or when the seat takes it back or discards it; never by itself.
// Texts and cards are kept over a reload. Files cannot be, nor anything once the browser's storage is full: see `fragile`.

import { DONE, REFUSED } from "./verdict.js";

const OLD = 12 * 3600;

export class Outbox {
  /**
   * `deliver(entry)` sends one and resolves to { verdict, reason, said }; it may reject, which counts as a lost connection.
   * `changed(verdict, entry, said)` is called after each change, with the verdict where an answer brought it. What has
   * waited for more than OLD seconds is not sent any more without being asked for: it is refused in the words `old`.
   */
  constructor(keep, conversation, { deliver, newId, changed = () => {}, old = "" }) {
    Object.assign(this, { keep, conversation, deliver, newId, changed, sending: false, unkept: new Set() });
    this.entries = keep.names(`out:${conversation}:`).map((name) => keep.get(name)).filter(Boolean);
    this.entries.sort((one, other) => one.order - other.order);
    for (const one of this.waiting) if (Date.now() - one.order > OLD * 1000) Object.assign(one, { refused: true, reason: old });
  }

  get waiting() { return this.entries.filter((one) => !one.refused); }
  get refused() { return this.entries.filter((one) => one.refused); }
  /** Those that a reload would lose. */
  get fragile() { return this.entries.filter((one) => one.file || this.unkept.has(one.id)); }

  /** Put something in, and send it: `{ path, body, words }`, or `{ path, file, words }`. */
  add(what) {
    const last = this.entries.at(-1)?.order ?? 0;
    const entry = { ...what, id: this.newId(), client: this.newId(), order: Math.max(last + 1, Date.now()), refused: false, reason: "" };
    this.entries.push(entry);
    this.#write(entry);
    this.changed();
    this.flush();
    return entry;
  }

  find(id) { return this.entries.find((one) => one.id === id); }

  /** Send a refused one again, changed or not. It gets a new name: under the old one the server would only repeat itself. */
  again(id, change = {}) {
    const entry = this.find(id);
    if (!entry) return;
    Object.assign(entry, change, { client: this.newId(), refused: false, reason: "" });
    this.#write(entry);
    this.changed();
    this.flush();
  }

  /** Take one out: it was discarded, or its words are in the draft again. */
  remove(id) {
    this.entries = this.entries.filter((one) => one.id !== id);
    this.keep.remove(this.#name(id));
    this.changed();
  }

  /** Send what waits, one after the other; ends at the first that the line does not carry. */
  async flush() {
    if (this.sending) return;
    this.sending = true;
    try {
      for (let entry; (entry = this.waiting[0]);) {
        const { verdict, reason, said = "" } = await this.#try(entry);
        if (verdict === DONE) this.entries = this.entries.filter((one) => one !== entry);
        else if (verdict === REFUSED) Object.assign(entry, { refused: true, reason });
        if (verdict === DONE) this.keep.remove(this.#name(entry.id));
        else if (this.entries.includes(entry)) this.#write(entry);
        this.changed(verdict, entry, said);
        if (verdict !== DONE && verdict !== REFUSED) return;
      }
    } finally {
      this.sending = false;
    }
  }

  async #try(entry) {
    try {
      return await this.deliver(entry);
    } catch {
      return { verdict: "down", reason: "" };
    }
  }

  #name(id) { return `out:${this.conversation}:${id}`; }

  #write(entry) {
    if (entry.file) return;
    const kept = this.keep.set(this.#name(entry.id), entry);
    this.unkept[kept ? "delete" : "add"](entry.id);
  }
}
