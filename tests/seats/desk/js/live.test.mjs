import assert from "node:assert/strict";
import { mock, test } from "node:test";

import "./page.mjs";

class Source {
  static CLOSED = 2;
  static made = [];
  constructor(address) {
    Object.assign(this, { address, handlers: {}, readyState: 1 });
    Source.made.push(this);
  }
  addEventListener(name, then) { this.handlers[name] = then; }
  close() { this.readyState = Source.CLOSED; }
  tells(name, data = "", lastEventId = "") { this.handlers[name]({ data: JSON.stringify(data), lastEventId }); }
}
globalThis.EventSource = Source;
const { Live } = await import("../../../../seats/static/desk/live.js");

function connected() {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  Source.made = [];
  const told = [];
  const note = (name) => (data) => told.push(data === undefined ? name : [name, data]);
  const live = new Live("1-0", { conversation: note("conversation"), seat: note("seat"), reset: note("reset"), state: note("state") });
  const source = () => Source.made.at(-1);
  source().tells("open");
  return { live, source, told };
}

test("events are passed on, and the place is that of the last one which says it", () => {
  const { live, source, told } = connected();
  source().tells("conversation", { id: 3 });
  assert.equal(live.position, "1-0");
  source().tells("conversation", { id: 4 }, "5-0");
  for (const name of ["seat", "reset", "beat"]) source().tells(name);
  assert.deepEqual(told, [["state", true], ["conversation", { id: 3 }], ["conversation", { id: 4 }], "seat", "reset"]);
  assert.equal(live.position, "5-0");
});

test("a line that is silent for 45 seconds is dead, and another one goes on where it was", () => {
  const { source, told } = connected();
  const first = source();
  mock.timers.tick(44000);
  first.tells("beat", "", "9-0"); // a sign of life
  mock.timers.tick(44000);
  assert.equal(Source.made.length, 1);
  mock.timers.tick(1001);
  assert.deepEqual([Source.made.length, first.readyState, source().address], [2, Source.CLOSED, "/desk/stream/?after=9-0&user=7"]);
  assert.deepEqual(told, [["state", true], ["state", false]]);
  source().tells("open");
  assert.deepEqual(told.at(-1), ["state", true]);
});

test("after an answer that refuses it asks again in ten seconds; a lost line is the browser's own", () => {
  const { source, told } = connected();
  source().tells("error");
  mock.timers.tick(10001);
  assert.equal(Source.made.length, 1);
  source().readyState = Source.CLOSED;
  source().tells("error");
  mock.timers.tick(10001);
  assert.equal(Source.made.length, 2);
  assert.deepEqual(told, [["state", true], ["state", false]]);
});
