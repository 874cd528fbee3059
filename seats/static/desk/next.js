// "Next customer": how many wait whom one could take, why that is not possible now, and what came of it.

import { $, api, newId, texts } from "./net.js";
import { saying } from "./saying.js";

export class Next {
  /** `took(id)` follows where a conversation was taken, `after()` each try. */
  constructor(took, after) {
    Object.assign(this, { took, after, button: $("#take-next"), why: $("#why-not"), taking: false, client: newId() });
  }

  /** Take over how the seat stands: how many it could take (`next`), its `load` and `capacity`. */
  stands(seat) {
    if (!this.button || !seat) return;
    const { next, load, capacity } = seat;
    const why = !next ? texts.nobody_waits : load >= capacity ? texts.no_room : "";
    $("span", this.button).textContent = next ? texts.take_next_of.replace("%d", next) : texts.take_next;
    // Not `disabled`: the keyboard reaches it, and the reason is read with it.
    this.button.setAttribute("aria-disabled", String(Boolean(why)));
    this.why.hidden = !why;
    if (this.why.textContent !== why) this.why.textContent = why;
  }

  async take() {
    if (this.taking || this.button.getAttribute("aria-disabled") === "true") return;
    this.taking = this.button.disabled = true;
    try {
      const answer = await saying(api("me/take/", { client_id: this.client }), { expected: 409 });
      // Until it is known what came of it, pressing again is the same request: it takes nobody else.
      if (answer?.status === 200 || answer?.status === 409) this.client = newId();
      if (answer?.status === 200 && answer.said.conversation) await this.took(answer.said.conversation);
    } finally {
      this.taking = this.button.disabled = false;
      this.after();
    }
  }
}
