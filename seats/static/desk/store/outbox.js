// What is on its way from this browser to one conversation, in the order in which it was written.
//
// An entry leaves the box when the server has it, or when the seat takes it back or discards it; never by itself.
// Texts and cards are kept over a reload, and sent by another page of the seat where the one that has them does not. Files
// cannot be, nor anything once the browser's storage is full: see `fragile`.

import { DONE, REFUSED } from "./verdict.js";

const OLD = 12 * 3600;
const LEFT = 60; // seconds after which another page's entries are ours to send; under their names the server takes them once

export class Outbox {
  /**
   * `deliver(entry, signal)` sends one and resolves to { verdict, reason, said }; it may reject, which counts as a lost connection.
   * `changed(verdict, entry, said)` is called after each change, with the verdict where an answer brought it. What has
   * waited for more than OLD seconds is not sent any more without being asked for: it is refused in the words `old`.
   */
  constructor(keep, conversation, { deliver, newId, changed = () => {}, old = "" }) {
    Object.assign(this, { keep, conversation, deliver, newId, changed, old, sending: null, flushing: false, unkept: new Set() });
    this.entries = [];
    this.#take(this.#kept);
  }

  get #kept() { return this.keep.names(`out:${this.conversation}:`).map((name) => this.keep.get(name)).filter(Boolean); }

  #take(entries) {
    this.entries.push(...entries);
    this.entries.sort((one, other) => one.order - other.order);
  }

  /** Take over what another page of the seat has kept and not sent for a while: it was closed, or stands still. */
  adopt() {
    const left = this.#kept.filter((one) => !this.find(one.id) && Date.now() - one.order > LEFT * 1000);
    if (!left.length) return;
    this.#take(left);
    this.changed();
  }

  /** Another page of the seat has changed an entry that is here too; null where it has sent it or thrown it away. */
  heard(id, entry) {
    const own = this.find(id);
    if (!own || own === this.sending) return;
    if (entry) Object.assign(own, entry);
    else this.entries = this.entries.filter((one) => one !== own);
    this.changed();
  }

  get waiting() { return this.entries.filter((one) => !one.refused); }
  get refused() { return this.entries.filter((one) => one.refused); }
  /** Those that a reload would lose. */
  get fragile() { return this.entries.filter((one) => one.file || this.unkept.has(one.id)); }

  /** Put something in, and send it: `{ path, body, words }`, or `{ path, file, words }`. */
  add(what) {
    const last = this.entries.at(-1)?.order ?? 0;
    const entry = { ...what, id: this.newId(), client: this.newId(), order: Math.max(last + 1, Date.now()), asked: Date.now(), refused: false, reason: "" };
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
    if (!entry?.refused) return; // it is on its way already
    Object.assign(entry, change, { client: this.newId(), asked: Date.now(), refused: false, reason: "" });
    this.#write(entry);
    this.changed();
    this.flush();
  }

  /** Take one out: it was discarded, or its words are in the draft again. Where it is being sent, that is broken off. */
  remove(id) {
    if (this.sending?.id === id) this.breaking.abort();
    this.entries = this.entries.filter((one) => one.id !== id);
    this.keep.remove(this.#name(id));
    this.changed();
  }

  /** Send what waits, one after the other; ends at the first that the line does not carry. */
  async flush() {
    if (this.flushing) return;
    this.flushing = true;
    try {
      for (let entry; (entry = this.waiting[0]);) {
        const { verdict, reason, said = "" } = this.#isOld(entry) ? { verdict: REFUSED, reason: this.old } : await this.#try(entry);
        if (verdict !== DONE && !this.entries.includes(entry)) continue; // it was taken out meanwhile
        if (verdict === DONE) this.entries = this.entries.filter((one) => one !== entry);
        else if (verdict === REFUSED) Object.assign(entry, { refused: true, reason });
        if (verdict === DONE) this.keep.remove(this.#name(entry.id));
        else this.#write(entry);
        this.changed(verdict, entry, said);
        if (verdict !== DONE && verdict !== REFUSED) return;
      }
    } finally {
      this.flushing = false;
    }
  }

  /** Also of a page that slept: what was meant for yesterday is not sent today by itself. */
  #isOld(entry) { return Date.now() - (entry.asked ?? entry.order) > OLD * 1000; }

  async #try(entry) {
    this.sending = entry;
    this.breaking = new AbortController();
    try {
      return await this.deliver(entry, this.breaking.signal);
    } catch {
      return { verdict: "down", reason: "" };
    } finally {
      this.sending = null;
    }
  }

  #name(id) { return `out:${this.conversation}:${id}`; }

  #write(entry) {
    if (entry.file) return;
    const kept = this.keep.set(this.#name(entry.id), entry);
    this.unkept[kept ? "delete" : "add"](entry.id);
  }
}
