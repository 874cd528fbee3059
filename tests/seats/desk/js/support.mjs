// What the tests share: a storage, a line that can be cut, names that count.

export class Storage {
  constructor() { this.map = new Map(); }
  get length() { return this.map.size; }
  key(at) { return [...this.map.keys()][at]; }
  getItem(name) { return this.map.get(name) ?? null; }
  setItem(name, value) {
    if (this.full) throw new Error("QuotaExceededError");
    this.map.set(name, String(value));
  }
  removeItem(name) { this.map.delete(name); }
}

export function names() {
  let last = 0;
  return () => `n${(last += 1)}`;
}

/** A line to the server: `answers` are taken one by one, then everything is taken. */
export class Line {
  constructor(...answers) { Object.assign(this, { answers, sent: [] }); }
  deliver = async (conversation, entry) => {
    const answer = this.answers.shift() ?? { verdict: "done" };
    if (answer instanceof Error) throw answer;
    const said = typeof answer === "function" ? await answer(entry) : answer;
    if (said.verdict === "done") this.sent.push([conversation.id, entry.body?.text ?? entry.words, entry.client]);
    return said;
  };
}
