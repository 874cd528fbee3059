// What is new, as server-sent events; while they do not come, the pages poll.

import { $ } from "./net.js";

const SILENT = 45000; // three signs of life missed: the line is dead, whatever the browser thinks of it
const AGAIN = 10000;
const PHASES = { open: true, error: false };

/** Connects and stays connected. `hands` are called: conversation(data), reset(), state(live). */
export class Live {
  constructor(position, hands) {
    Object.assign(this, { position, hands, live: false, count: 0 });
    this.connect();
  }

  connect() {
    this.source?.close();
    this.source = new EventSource(`/desk/stream/?after=${this.position}`);
    for (const [name, live] of Object.entries(PHASES)) this.source.addEventListener(name, () => this.set(live));
    for (const name of ["conversation", "reset", "beat"]) this.source.addEventListener(name, (event) => this.take(name, event));
    this.watch(SILENT);
  }

  take(name, event) {
    this.position = event.lastEventId || this.position;
    this.count += 1;
    this.watch(SILENT);
    if (name === "conversation") this.hands.conversation(JSON.parse(event.data));
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

/** Put a bubble of the open chat in its place, or in the place of what it was before. */
export function draw(made) {
  const log = $("#messages");
  const id = Number(made.id.slice(1));
  const before = document.getElementById(made.id);
  if (before) { before.replaceWith(made); return; }
  const shown = [...log.querySelectorAll("[id^=m]")];
  // What is older than all that is shown belongs to a piece that was not loaded.
  if (shown.length && id < Number(shown[0].id.slice(1))) return;
  $(".empty", log)?.remove();
  const later = shown.find((one) => Number(one.id.slice(1)) > id) ?? $("#token");
  const days = log.querySelectorAll(".day");
  if (days[days.length - 1]?.dataset.day !== made.dataset.day && later.id === "token") log.insertBefore(dayLine(made.dataset.day), later);
  log.insertBefore(made, later);
}

function dayLine(day) {
  const line = document.createElement("div");
  const words = document.createElement("span");
  line.className = "day";
  line.dataset.day = day;
  words.textContent = day;
  line.append(words);
  return line;
}
