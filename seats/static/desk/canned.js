// Canned replies: a / at the beginning, then a piece of the title. One list for the composer it belongs to.

import { make, page as fetched, api } from "./net.js";
import { saying } from "./saying.js";

const MOST = 200; // more than that are found by a piece of their titles

export class Canned {
  /** `take(text)` puts a chosen one into the composer. */
  constructor(conversation, list, take) {
    Object.assign(this, { conversation, list, take, all: null, shown: [], at: 0, asked: 0 });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const item = event.target.closest("li");
      if (item) this.#choose(this.shown[Number(item.dataset.at)]);
    });
  }

  get open() { return !this.list.hidden; }

  async offer(text) {
    const found = /^\/(\S*)$/.exec(text);
    const asked = this.asked += 1;
    if (!found) { this.hide(); return; }
    if (!this.all) {
      const { status, said } = await api(`conversations/${this.conversation.id}/canned-replies/`, undefined, { method: "GET", body: undefined });
      if (status !== 200) return;
      this.all = said;
    }
    if (asked !== this.asked) return;
    const word = found[1].toLowerCase();
    this.shown = this.all.filter((one) => (one.title + one.text).toLowerCase().includes(word)).slice(0, MOST);
    this.at = 0;
    this.#draw();
  }

  #draw() {
    this.list.hidden = !this.shown.length;
    this.list.replaceChildren(...this.shown.map((one, at) => {
      const item = make("li", { data: { at } }, make("b", { textContent: one.title }), make("span", { className: "cut", textContent: one.text }));
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(at === this.at));
      return item;
    }));
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  /** Close it; a list that is still on its way does not open it again, and the next / asks anew: names may have changed. */
  hide() {
    this.asked += 1;
    this.all = null;
    this.list.hidden = true;
  }

  #choose(one) {
    this.hide();
    if (one) this.take(one.text);
  }

  /** Keys while the list is open; true where one was meant for it. */
  key(event) {
    if (!this.open) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.shown.length) % this.shown.length;
      this.#draw();
    } else if (event.key === "Enter" || event.key === "Tab") this.#choose(this.shown[this.at]);
    else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    return true;
  }
}

/** The seat's own replies, in their dialog; `changed()` follows each change. */
export class OwnReplies {
  constructor(dialog, changed) { Object.assign(this, { dialog, changed, adding: false }); }

  async open() {
    const answer = await fetched("/desk/replies/");
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    this.dialog.querySelector("#replies-list").innerHTML = html;
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** Add what stands in the form; a second click adds nothing. */
  async add(form) {
    if (this.adding) return;
    this.adding = true;
    try { await this.#add(form); } finally { this.adding = false; }
  }

  async #add(form) {
    const answer = await saying(api("me/canned-replies/", Object.fromEntries(new FormData(form))), { quiet: true });
    if (!answer || answer.status >= 300) return;
    form.reset();
    this.changed();
    await this.open();
  }

  async remove(id) {
    const answer = await saying(api(`me/canned-replies/${id}/`, null, { method: "DELETE", body: undefined }), { quiet: true, expected: 404 });
    this.changed();
    return answer?.status === 204 || answer?.status === 404;
  }
}
