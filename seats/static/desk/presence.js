// One's own presence, as the server has it; honest where the line is down.

import { $, api, page } from "./net.js";
import { saying } from "./saying.js";

export class Presence {
  /** `counted(counts, seat)` gets the tabs' numbers and how the seat stands, each time that they come. */
  constructor(counted) {
    Object.assign(this, { counted, field: $("#presence"), mark: $(".pane-list .av > .p"), asked: 0, line: true });
    this.field?.addEventListener("change", () => this.choose(this.field.value));
  }

  async refresh() {
    const asked = this.asked += 1;
    const answer = await page("/desk/state/");
    if (!answer.ok) return;
    const { counts, seat } = await answer.json();
    if (asked !== this.asked) return;
    this.counted(counts, seat);
    if (!seat || !this.field) return;
    this.seat = seat;
    if (document.activeElement !== this.field) this.field.value = seat.availability;
    $("#load").textContent = `${seat.load} / ${seat.capacity}`;
    this.#draw();
  }

  /** Say whether events come; null where that is not sure yet. */
  connected(yes) {
    this.line = yes !== false;
    this.#draw();
  }

  #draw() {
    if (!this.mark) return;
    const shown = this.line ? this.seat?.presence ?? "open" : "offline";
    this.mark.className = `p ${shown}`;
    this.field.dataset.shown = shown;
    // What the server has is not known without a line; nobody chooses anew until it is.
    this.field.hidden = !this.line;
    $("#unconnected").hidden = this.line;
  }

  async choose(value) {
    await saying(api("me/presence/", { presence: value }), { quiet: true });
    this.field.blur();
    await this.refresh().catch(() => {});
  }
}
