// All that this browser knows of one conversation. Nothing of it stands anywhere else.

export class Conversation {
  constructor(id, keep, outbox) {
    this.id = id;
    this.keep = keep;
    this.outbox = outbox;
    this.readTo = 0; // the id of the newest message that was seen and said to be
    this.scroll = { end: true, top: 0 };
    this.unseen = 0; // new messages below what is on the screen
    this.unread = 0; // as the server counts
    this.mine = false;
    this.unkept = null; // the draft, where only this page has it
    this.news = 0; // how often something new of it has come
  }

  get draft() { return this.unkept ?? this.keep.get(`draft:${this.id}`, ""); }

  /** Where the browser's storage is full, it is this page that keeps it. */
  set draft(text) {
    if (text && !this.keep.set(`draft:${this.id}`, text)) { this.unkept = text; return; }
    this.unkept = null;
    if (!text) this.keep.remove(`draft:${this.id}`);
  }

  /** Note that messages up to `newest` were seen; false where that is nothing new. */
  saw(newest) {
    if (!newest || newest <= this.readTo) return false;
    this.readTo = newest;
    return true;
  }

  /**
   * Note how far down one reads. Whoever was at the end and has not gone up is there still, also where a picture has made the
   * chat longer meanwhile: what is measured then is not what the reader did.
   */
  scrolled(top, atEnd) {
    const before = this.scroll;
    this.scroll = { end: atEnd || (before.end && top >= before.top), top };
    return this.scroll.end;
  }

  /** Put words that came back behind what is being written; nothing is lost of either. */
  takeBack(words) {
    const draft = this.draft;
    this.draft = draft.trim() ? `${draft.trimEnd()}\n${words}` : words;
  }
}
