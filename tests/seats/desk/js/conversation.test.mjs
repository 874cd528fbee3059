import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../../../seats/static/desk/store/store.js";
import { Line, Storage, names } from "./support.mjs";

const desk = () => new Store({ user: 1, storage: new Storage(), deliver: new Line().deliver, newId: names() });

test("what was read is each conversation's own", () => {
  const store = desk();
  assert.equal(store.of(2).saw(900), true); // a newer message, read first
  assert.equal(store.of(1).saw(100), true);
  assert.equal(store.of(1).saw(100), false);
  assert.equal(store.of(1).saw(90), false);
  assert.equal(store.of(1).saw(0), false);
});

test("words that come back stand behind what is being written", () => {
  const one = desk().of(1);
  one.draft = "new words ";
  one.takeBack("old words");
  assert.equal(one.draft, "new words\nold words");
  one.draft = "  ";
  one.takeBack("old words");
  assert.equal(one.draft, "old words");
});

test("the number in the title counts what is one's own", () => {
  const store = desk();
  store.owns(new Map([[1, 2], [2, 3]]));
  store.of(7).unread = 4;
  assert.equal(store.unread, 5);
  store.owns(new Map([[2, 1]]));
  assert.equal(store.unread, 1);
  assert.equal(store.of(1).mine, false);
});

test("an emptied draft leaves nothing behind", () => {
  const store = desk();
  store.of(1).draft = "x";
  store.of(1).draft = "";
  assert.deepEqual(store.keep.names("draft:"), []);
});

test("where the browser's storage is full, the draft is kept by the page", () => {
  const storage = new Storage();
  const store = new Store({ user: 1, storage, deliver: new Line().deliver, newId: names() });
  store.of(1).draft = "short";
  storage.full = true;
  store.of(1).draft = "short and more";
  assert.equal(store.of(1).draft, "short and more");
  storage.full = false;
  store.of(1).draft = "once more";
  assert.equal(store.of(1).unkept, null);
  storage.full = true;
  store.of(1).draft = "";
  assert.equal(store.of(1).draft, "");
});

test("a list that goes on says nothing of those that it has not reached", () => {
  const store = desk();
  store.owns(new Map([[1, 2], [2, 3]]));
  store.owns(new Map([[1, 0]]), false);
  assert.equal(store.of(2).mine, true);
  assert.equal(store.unread, 3);
});
