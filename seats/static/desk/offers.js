// What other seats offer: it stays until it is answered or over, and is announced once.

import { $, $$, api, page, texts } from "./net.js";
import { saying, toast } from "./saying.js";
import { clock } from "./store/times.js";
import { now } from "./ticking.js";

/** Name a conversation whose standing a toast tells of: the newest takes the place of the one before. */
export const about = (id) => `moved-${id}`;

export class Offers {
  /** `announce(id, words, said)` is called once for each new one; `settled(id, accepted)` after an answer. */
  constructor(root, announce, settled) {
    Object.assign(this, { root, announce, settled, strip: $("#offer-strip"), known: new Set(), asked: 0, busy: new Set() });
    root.addEventListener("click", (event) => {
      const { settle } = event.target.closest("button")?.dataset ?? {};
      if (settle) this.#settle(event.target.closest(".offer").dataset.offer, settle);
    });
    setInterval(() => this.#tick(), 1000);
  }

  async refresh() {
    const asked = this.asked += 1;
    const answer = await page("/desk/offers/");
    const html = await answer.text();
    if (!answer.ok || asked !== this.asked) return;
    this.root.innerHTML = html;
    const found = $$(".offer", this.root);
    for (const one of found) if (!this.known.has(one.dataset.offer)) this.announce(Number(one.dataset.offer), $("header .cut", one).textContent, $(".who, .from strong", one).textContent);
    this.known = new Set(found.map((one) => one.dataset.offer));
    this.#tick();
  }

  /** Something new of a conversation: `offered` says whether it is offered to this seat. */
  news(id, offered) { if (offered !== this.known.has(String(id))) this.refresh().catch(() => {}); }

  #tick() {
    for (const one of $$(".offer", this.root)) {
      const left = Math.min(Number(one.dataset.until) - now(), Number(one.dataset.seconds)); // the clocks may be a second apart
      $("time", one).textContent = clock(left);
      $("progress", one).value = Math.max(0, left);
      if (left < -1) this.#over(one);
    }
    this.#overChat();
  }

  /** On a phone the list is out of sight while one chats: the first of them stands over the chat. */
  #overChat() {
    const [first] = $$(".offer", this.root);
    this.strip.hidden = !first;
    if (!first) return;
    const words = $("header .cut", first).textContent;
    if ($("span", this.strip).textContent !== words) $("span", this.strip).textContent = words;
    $("time", this.strip).textContent = $("time", first).textContent;
  }

  #over(one) {
    const { offer } = one.dataset;
    one.remove();
    this.known.delete(offer);
    toast(texts.offer_over, { about: about(offer) });
  }

  async #settle(id, name) {
    if (this.busy.has(id)) return;
    this.busy.add(id);
    const status = (await saying(api(`conversations/${id}/commands/${name}/`)))?.status ?? 0;
    if (status) await this.refresh().catch(() => {});
    this.busy.delete(id);
    if (status >= 200 && status < 300) this.settled(Number(id), name === "accept");
  }
}
