// Asking one thing again and again: one at a time, so that on a slow line each answer counts.

/** Runs `work`, a promise's function, one at a time: what is asked for meanwhile is run once more after it. */
export class Turns {
  constructor(work) { Object.assign(this, { work, now: null, next: null }); }

  /** Returns the promise of the run that begins now, or of the one after that which goes on. */
  run() {
    if (!this.now) return this.#begin();
    this.next ??= this.now.then(() => this.#begin(), () => this.#begin());
    return this.next;
  }

  #begin() {
    this.next = null;
    const running = this.now = this.work().finally(() => { if (this.now === running) this.now = null; });
    return running;
  }
}
