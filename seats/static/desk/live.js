// What is new, as server-sent events; while they do not come, the pages poll.

const SILENT = 45000; // three signs of life missed: the line is dead, whatever the browser thinks of it
const AGAIN = 10000;
const PHASES = { open: true, error: false };

/** Connects and stays connected. `hands` are called: conversation(data), seat(), reset(), state(live). */
export class Live {
  constructor(position, hands) {
    Object.assign(this, { position, hands, live: false, count: 0 });
    this.connect();
  }

  connect() {
    this.source?.close();
    const user = document.body.dataset.user ? `&user=${document.body.dataset.user}` : "";
    this.source = new EventSource(`/desk/stream/?after=${this.position}${user}`);
    for (const [name, live] of Object.entries(PHASES)) this.source.addEventListener(name, () => this.set(live));
    for (const name of ["conversation", "seat", "reset", "beat"]) this.source.addEventListener(name, (event) => this.take(name, event));
    this.watch(SILENT);
  }

  take(name, event) {
    this.position = event.lastEventId || this.position;
    this.count += 1;
    this.watch(SILENT);
    if (name === "conversation") this.hands.conversation(JSON.parse(event.data));
    else if (name === "seat") this.hands.seat?.();
    else if (name === "reset") this.hands.reset();
  }

  set(live) {
    // A browser comes again by itself after a lost line, not after an answer that refuses.
    if (!live && this.source.readyState === EventSource.CLOSED) this.watch(AGAIN);
    if (live === this.live) return;
    this.live = live;
    this.hands.state(live);
  }

  watch(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.set(false); this.connect(); }, milliseconds);
  }
}
