import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { upload } from "../../../../seats/static/desk/store/upload.js";

/** A request as browsers have them; the test plays the line. */
class Line {
  upload = {};
  open() {}
  setRequestHeader() {}
  send() { this.sent = true; }
  abort() { this.aborted = true; this.onabort(); }
  carries(loaded, total) { this.upload.onprogress({ loaded, total }); }
}

test("a line that carries nothing any more is given up, a slow one is not", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const request = new Line();
  const shares = [];
  const sending = upload("/x", {}, { request, patience: 40, moved: (share) => shares.push(share) });
  sending.catch(() => {});
  for (const loaded of [1, 2, 3, 4]) { mock.timers.tick(39); request.carries(loaded, 10); }
  assert.ok(!request.aborted);
  mock.timers.tick(40);
  await assert.rejects(sending, /no connection/);
  assert.deepEqual(shares, [0.1, 0.2, 0.3, 0.4]);
});

test("so is a server that has all of it and never answers", async () => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const request = new Line();
  const sending = upload("/x", {}, { request, patience: 10, answer: 40 });
  request.upload.onload();
  mock.timers.tick(39);
  assert.ok(!request.aborted);
  mock.timers.tick(1);
  await assert.rejects(sending, /no connection/);
  mock.timers.reset();
});

test("an answer is passed on, whatever it says; a lost connection and breaking off are none", async () => {
  const answered = new Line();
  const sending = upload("/x", {}, { request: answered });
  Object.assign(answered, { status: 413, responseText: "too large" });
  answered.onload();
  assert.deepEqual(await sending, { status: 413, text: "too large" });
  const cut = new Line();
  const lost = upload("/x", {}, { request: cut });
  cut.onerror();
  await assert.rejects(lost);
  const breaking = new AbortController();
  const going = new Line();
  const broken = upload("/x", {}, { request: going, signal: breaking.signal });
  broken.catch(() => {});
  breaking.abort();
  assert.ok(going.aborted); // at once, not when the line's patience is over
  await assert.rejects(broken);
  const never = new Line();
  await assert.rejects(upload("/x", {}, { request: never, signal: breaking.signal }));
  assert.ok(!never.sent);
});
