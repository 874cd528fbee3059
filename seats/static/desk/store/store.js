// The store: one object a conversation, all of one user.

import { Conversation } from "./conversation.js";
import { Keep } from "./keep.js";
import { Outbox } from "./outbox.js";

export class Store {
  /** `deliver(conversation, entry)` sends; `changed(conversation, verdict, entry, said)` follows each change of an outbox. */
  constructor({ user, storage, deliver, newId, changed = () => {}, old = "" }) {
    Object.assign(this, { deliver, newId, changed, old });
    this.keep = new Keep(storage, user);
    this.conversations = new Map();
    this.#known();
  }

  #known() { for (const name of this.keep.names("out:")) this.of(Number(name.split(":")[1])); }

  /** Take over what other pages of the seat have left unsent. */
  adopt() {
    this.#known();
    for (const one of this.all) one.outbox.adopt();
  }

  /** Return the conversation's object, the same each time. */
  of(id) {
    if (!this.conversations.has(id)) this.conversations.set(id, this.#made(id));
    return this.conversations.get(id);
  }

  #made(id) {
    const outbox = new Outbox(this.keep, id, {
      deliver: (entry, signal) => this.deliver(conversation, entry, signal),
      newId: this.newId,
      changed: (...what) => this.changed(conversation, ...what),
      old: this.old,
    });
    const conversation = new Conversation(id, this.keep, outbox);
    return conversation;
  }

  get all() { return [...this.conversations.values()]; }
  get waiting() { return this.all.reduce((sum, one) => sum + one.outbox.waiting.length, 0); }
  get fragile() { return this.all.reduce((sum, one) => sum + one.outbox.fragile.length, 0); }
  get unread() { return this.all.reduce((sum, one) => sum + (one.mine ? one.unread : 0), 0); }

  /** Send all that waits, each conversation on its own. */
  flush() { return Promise.all(this.all.map((one) => one.outbox.flush())); }

  /**
   * Take over which conversations are the seat's own now: `found` maps ids to their unread counts; `all` of them, or the first.
   * Returns what is to be told: `became` are those that became the seat's own, `more` those with more unread words.
   */
  owns(found, all = true) {
    const told = this.complete === undefined ? { became: [], more: [] } : this.#news(found);
    this.complete = all;
    if (all) for (const one of this.all) if (!found.has(one.id)) Object.assign(one, { mine: false, unread: 0 });
    for (const [id, unread] of found) Object.assign(this.of(id), { mine: true, unread });
    return told;
  }

  /** Where only the first of the own ones are known, another one was perhaps the seat's own before. */
  #news(found) {
    const ids = [...found.keys()];
    const became = ids.filter((id) => this.complete && !this.of(id).mine);
    return { became, more: ids.filter((id) => this.of(id).mine && found.get(id) > this.of(id).unread) };
  }

  /** Take over one conversation's state; the same answer. */
  hears(id, mine, unread) {
    const { became, more } = mine && this.complete !== undefined ? this.#news(new Map([[id, unread]])) : { became: [], more: [] };
    Object.assign(this.of(id), { mine, unread: mine ? unread : 0 });
    return { became, more };
  }
}
