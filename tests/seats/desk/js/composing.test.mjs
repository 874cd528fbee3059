import assert from "node:assert/strict";
import { test } from "node:test";

import { happens } from "./page.mjs";

const { afterwards, composes } = await import("../../../../seats/static/desk/composing.js");
const field = { isConnected: true };
const around = { contains: (one) => one === field };
const elsewhere = { contains: () => false };
const later = () => new Promise((done) => { setTimeout(done, 5); });

test("what is drawn while an input method composes is drawn once it has done its work, each thing once", async () => {
  assert.equal(composes(around), false);
  await happens("compositionstart", { target: field });
  assert.deepEqual([composes(around), composes(elsewhere)], [true, false]);
  const done = [];
  afterwards("chat", () => done.push("chat, as first asked"));
  afterwards("chat", () => done.push("chat"));
  afterwards("list", () => done.push("list"));
  await later();
  assert.deepEqual(done, []);
  await happens("compositionend");
  assert.deepEqual(done, [], "the field has not got its words yet");
  await later();
  assert.deepEqual([done, composes(around)], [["chat", "list"], false]);
  await happens("compositionstart", { target: field });
  await happens("compositionend");
  await later();
  assert.deepEqual(done, ["chat", "list"]);
});

test("an element that is gone takes its composition with it", async () => {
  await happens("compositionstart", { target: field });
  field.isConnected = false;
  assert.equal(composes(around), false);
});
