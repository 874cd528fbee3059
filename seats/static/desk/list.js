// The list on the left: one tab, narrowed or not, with rows that come and go.

import { holding } from "./focus.js";
import { $, $$, elements, make, page, texts } from "./net.js";
import { before } from "./store/order.js";
import { Turns } from "./store/turns.js";
import { tick } from "./ticking.js";

const SKELETON_AFTER = 200;
const AGAIN = 3000;

export class List {
  /** `listed(rows)` is called with the tab's rows whenever they were fetched whole. */
  constructor(root, listed) {
    Object.assign(this, { root, listed, tab: "mine", query: new URLSearchParams(), asked: 0, puts: 0, next: 0 });
    this.turns = new Turns(() => this.#fetch());
    this.since = []; // what came while an answer was on its way: it may be newer than the answer is
    this.watcher = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) this.more(); }, { root });
  }

  get narrowed() { return [...this.query.values()].some(Boolean); }
  get rows() { return $$("[data-row]", this.root); }

  choose(tab) { this.tab = tab; return this.refresh(true); }
  narrow(query) { this.query = query; return this.refresh(true); }

  /** Fetch it anew; with `other`, another tab or search. While an answer is on its way, once more after it. */
  refresh(other = false) {
    if (!other) return this.turns.run();
    this.asked += 1;
    this.turns = new Turns(() => this.#fetch());
    this.fresh = true;
    return this.turns.run();
  }

  /** Fetch the seat's own rows, whatever is shown. */
  async own() {
    const answer = await page("/desk/list/?tab=mine");
    if (!answer.ok) throw new Error(String(answer.status));
    const list = $(".rows", elements(await answer.text()));
    return { rows: $$("[data-row]", list), all: !list.dataset.next };
  }

  /** `count` rows from `start`; the server gives at least a piece, and no more than it will. */
  #address(start, count) {
    const asked = new URLSearchParams(this.query);
    asked.set("tab", this.tab);
    if (count) asked.set("count", count);
    if (start) asked.set("start", start);
    return `/desk/list/?${asked}`;
  }

  /** An answer that is no longer what was asked for last is dropped. */
  async #fetch() {
    const { asked, fresh } = this;
    this.fresh = false;
    this.since = [];
    const wait = fresh && setTimeout(() => { if (asked === this.asked) this.#skeleton(); }, SKELETON_AFTER);
    try {
      // Whoever has scrolled down stays there: as much comes as was there.
      const answer = await page(this.#address(0, fresh ? 0 : this.rows.length));
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      if (asked === this.asked) holding(this.root, () => this.#put(html));
    } catch (error) {
      if (asked === this.asked && (fresh || !this.rows.length)) this.#failed();
      throw error;
    } finally {
      clearTimeout(wait);
    }
  }

  #put(html) {
    const { scrollTop } = this.root;
    const list = $(".rows", elements(html));
    this.root.replaceChildren(list);
    this.root.scrollTop = scrollTop;
    this.puts += 1;
    this.#onward(list.dataset.next);
    if (!this.narrowed && this.since.map((news) => this.#apply(news, list)).includes(false)) this.refresh().catch(() => {});
    this.listed(this.rows);
    tick();
  }

  #onward(next) {
    this.next = Number(next) || 0;
    $(".onward", this.root)?.remove();
    if (!this.next) return;
    const end = make("li", { className: "onward sk" });
    $(".rows", this.root).append(end);
    this.watcher.observe(end);
  }

  /** Load the next piece; rows that are there already are left where they are. */
  async more() {
    if (!this.next || this.loading) return;
    this.loading = true;
    const { asked, next, puts } = this;
    const still = () => asked === this.asked && next === this.next && puts === this.puts;
    try {
      // Rows that went meanwhile have moved up those behind them.
      const answer = await page(this.#address(Math.min(next, this.rows.length), 0));
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      if (!still()) return;
      const found = $(".rows", elements(html));
      const there = new Set(this.rows.map((one) => one.dataset.row));
      $(".onward", this.root)?.before(...$$("[data-row]", found).filter((one) => !there.has(one.dataset.row)));
      this.#onward(found.dataset.next);
      tick();
    } catch {
      setTimeout(() => { if (still()) this.#onward(next); }, AGAIN);
    } finally {
      this.loading = false;
    }
  }

  #skeleton() {
    const row = () => make("li", { className: "row sk" }, make("i", { className: "av" }), make("i"), make("i"));
    this.root.replaceChildren(make("ul", { className: "rows loading", ariaBusy: "true" }, row(), row(), row()));
  }

  #failed() {
    const again = make("button", { type: "button", className: "btn small", textContent: texts.try_again, onclick: () => this.refresh(true).catch(() => {}) });
    this.root.replaceChildren(make("div", { className: "empty" }, make("p", { textContent: texts.not_loaded }), again));
  }

  /** Take a changed conversation's row over; false where the list is to be fetched instead. */
  place(news) {
    if (this.narrowed) return false;
    if (this.turns.now) this.since.push(news);
    const list = $(".rows:not(.loading)", this.root);
    if (!list || list.dataset.tab !== this.tab) return Boolean(this.turns.now);
    let placed;
    holding(this.root, () => { placed = this.#apply(news, list); });
    tick();
    return placed;
  }

  #apply({ id, tabs, row }, list) {
    $(`[data-row="${id}"]`, list)?.remove();
    if (!tabs.includes(this.tab)) return this.rows.length > 0;
    $(".empty", list)?.remove();
    const made = elements(`<ul>${row}</ul>`).querySelector("li");
    const after = this.rows.find((other) => before(this.tab, made.dataset, other.dataset));
    list.insertBefore(made, after ?? $(".onward", list));
    return true;
  }
}
