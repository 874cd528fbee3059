import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { asked, happens, server } from "./page.mjs";

const { beat } = await import("../../../../seats/static/desk/beat.js");

test("a desk gives signs of life under one name, and a last one when it is closed", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const heard = [];
  server.answer = () => [204, {}];
  beat((status) => heard.push(status));
  await new Promise(setImmediate);
  server.answer = () => Promise.reject(new TypeError("no line"));
  mock.timers.tick(20000);
  await new Promise(setImmediate);
  assert.deepEqual(heard, [204, 0]);
  server.answer = () => [204, {}];
  await happens("pagehide");
  const names = new Set(asked.map(([_method, _address, { desk }]) => desk));
  assert.equal(names.size, 1);
  assert.equal([...names][0].length, 8);
  assert.deepEqual(asked.map(([_method, _address, { leaving }]) => leaving), [undefined, undefined, true]);
});
