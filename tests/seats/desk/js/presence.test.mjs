import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { asked, server } from "./page.mjs";

const parts = {};
const { body } = document;
body.dataset.user = "7";
document.querySelector = (selector) => parts[selector] ?? null;
const part = () => ({ dataset: {}, hidden: true, value: "open", addEventListener(_name, then) { this.changed = then; }, blur() {} });
const { Presence } = await import("../../../../seats/static/desk/presence.js");
const seat = (presence, load = 1) => ({ counts: { queue: 2 }, seat: { presence, availability: presence, load, capacity: 5 } });

beforeEach(() => {
  for (const name of ["#presence", ".pane-list .av > .p", "#load", "#unconnected"]) parts[name] = part();
  asked.length = 0;
});

test("an answer that comes late changes nothing that is newer", async () => {
  const counted = [];
  const presence = new Presence((...what) => counted.push(what));
  let late;
  server.answer = () => new Promise((done) => { late = () => done([200, seat("away")]); });
  const first = presence.refresh();
  server.answer = () => [200, seat("busy", 3)];
  await presence.refresh();
  late();
  await first;
  assert.deepEqual([parts["#presence"].dataset.shown, parts["#load"].textContent], ["busy", "3 / 5"]);
  assert.deepEqual(counted.map(([{ queue }, { load }]) => [queue, load]), [[2, 3]]);
});

test("without a line it says so, and nothing can be chosen", async () => {
  const presence = new Presence(() => {});
  server.answer = () => [200, seat("open")];
  await presence.refresh();
  presence.connected(false);
  assert.deepEqual([parts["#presence"].hidden, parts["#unconnected"].hidden, parts[".pane-list .av > .p"].className], [true, false, "p offline"]);
  presence.connected(null); // not sure yet
  assert.deepEqual([parts["#presence"].hidden, parts["#unconnected"].hidden, parts[".pane-list .av > .p"].className], [false, true, "p open"]);
});

test("what is being chosen is not overwritten by an answer", async () => {
  const presence = new Presence(() => {});
  parts["#presence"].value = "away";
  document.activeElement = parts["#presence"];
  server.answer = () => [200, seat("open")];
  await presence.refresh();
  assert.equal(parts["#presence"].value, "away");
  document.activeElement = null;
  await presence.choose("busy");
  assert.deepEqual(asked.find(([method]) => method === "POST"), ["POST", "/api/me/presence/", { presence: "busy" }]);
  assert.equal(parts["#presence"].value, "open", "as the server has it");
});
