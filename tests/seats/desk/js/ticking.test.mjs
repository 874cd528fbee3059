import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.mjs";

const found = { ".wait[data-since]": [], ".countdown": [] };
document.querySelectorAll = (selector) => found[selector];
const texts = { seconds: "%ds", minutes: "%dm", hours: "%(hours)dh %(minutes)dm" };
document.getElementById = () => ({ textContent: JSON.stringify(texts) });
document.body.dataset.now = String(Date.now() / 1000 + 600); // this computer's clock is ten minutes late
const { now, tick } = await import("../../../../seats/static/desk/ticking.js");

/** An element whose words can be read, and which counts how often they are written. */
class Shown {
  writes = 0;
  get textContent() { return this.text; }
  set textContent(text) { this.text = text; this.writes += 1; }
}

function waits(since, goal) {
  const classes = new Set();
  const waited = new Shown();
  const one = { dataset: { since, goal }, classes, waited, querySelector: () => waited, classList: { toggle: (name, on) => classes[on ? "add" : "delete"](name) } };
  found[".wait[data-since]"].push(one);
  return one;
}

test("waits go on by the server's clock, and are near and late by the goal", () => {
  assert.ok(Math.abs(now() - Date.now() / 1000 - 600) < 2);
  const [short, near, late, free] = [[30, 300], [200, 300], [400, 300], [4000, 0]].map(([age, goal]) => waits(now() - age - 0.5, goal));
  tick();
  assert.deepEqual([short, near, late, free].map((one) => one.waited.text), ["30s", "3m", "6m", "1h 6m"]);
  assert.deepEqual([short, near, late, free].map((one) => [...one.classes].join()), ["", "near", "late", ""]);
});

test("what has the same words is not written anew", () => {
  const countdown = Object.assign(new Shown(), { dataset: { until: now() + 7200 - 30 } });
  const over = Object.assign(new Shown(), { dataset: { until: now() - 5 } });
  found[".countdown"] = [countdown, over];
  const [{ waited }] = found[".wait[data-since]"].slice(1);
  const before = waited.writes;
  for (let time = 0; time < 3; time += 1) tick();
  assert.deepEqual([countdown.text, countdown.writes, over.text, over.writes], ["1h 59m", 1, "0s", 1]);
  assert.equal(waited.writes, before);
});
