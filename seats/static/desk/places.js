// The dialog of places: a link or coordinates are pasted, or one that was sent before is found by its name.

import { $, make, texts } from "./net.js";
import { placeOf, remembered, search } from "./store/places.js";

const KEY = "places";

export class Places {
  /** `keep` holds what this user has sent before, in this browser. */
  constructor(keep) {
    this.keep = keep;
    document.addEventListener("input", ({ target }) => {
      if (target.id === "p-link") this.#pasted(target.value);
      else if (target.id === "p-label") this.#offer(target.value);
    });
    document.addEventListener("focusin", ({ target }) => { if (target.id === "p-label") this.#offer(target.value); });
    document.addEventListener("click", ({ target }) => {
      const { place } = target.closest("#d-place button[data-place]")?.dataset ?? {};
      if (place !== undefined) this.#fill(this.shown[Number(place)], true);
    });
  }

  sent(place) { this.keep.set(KEY, remembered(this.keep.get(KEY, []), place)); }

  #pasted(text) {
    const found = placeOf(text);
    $("#p-said").textContent = !text.trim() ? "" : found ? `${found.latitude}, ${found.longitude}` : texts.no_place;
    $("#p-said").classList.toggle("bad", Boolean(text.trim()) && !found);
    if (found) this.#fill(found, false);
  }

  #fill({ label, latitude, longitude }, surely) {
    if (label && (surely || !$("#p-label").value)) $("#p-label").value = label;
    $("#p-latitude").value = latitude;
    $("#p-longitude").value = longitude;
    $("#p-known").hidden = true;
  }

  #offer(word) {
    this.shown = search(this.keep.get(KEY, []), word).slice(0, 6);
    const list = $("#p-known");
    list.hidden = !this.shown.length || (this.shown.length === 1 && this.shown[0].label === word);
    list.replaceChildren(...this.shown.map((one, at) => make("li", {}, make("button", { type: "button", className: "btn small", textContent: one.label, data: { place: at } }))));
  }
}
