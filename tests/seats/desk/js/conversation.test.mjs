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

test("whoever was at the end stays there until they go up", () => {
  const one = desk().of(1);
  for (const [top, atEnd, end] of [
    [500, true, true],
    [500, false, true], // a picture has made it longer
    [632, true, true],
    [590, true, true], // up, and still near the end
    [560, false, false],
    [580, false, false], // down again, not to the end
    [640, true, true],
  ]) assert.equal(one.scrolled(top, atEnd), end, `${top} ${atEnd}`);
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
  assert.equal(store.of(1).unread, 0); // so that it is told when it comes back with something unread
});

test("what became one's own is told once, not what was there before", () => {
  const store = desk();
  assert.deepEqual(store.owns(new Map([[1, 2]])), { became: [], more: [] });
  assert.deepEqual(store.owns(new Map([[1, 3], [2, 1]])), { became: [2], more: [1] });
  assert.deepEqual(store.hears(2, true, 1), { became: [], more: [] });
  assert.deepEqual(store.hears(3, true, 1), { became: [3], more: [] });
  store.hears(3, false, 1);
  assert.equal(store.unread, 4);
  assert.deepEqual(store.hears(3, true, 0), { became: [3], more: [] });
});

test("where only the first of the own ones are known, none of the others is said to be new", () => {
  const store = desk();
  store.owns(new Map([[1, 2]]), false);
  assert.deepEqual(store.hears(70, true, 1), { became: [], more: [] });
  assert.deepEqual(store.hears(70, true, 2), { became: [], more: [70] });
});

test("each conversation has its own draft, over a reload too", () => {
  const storage = new Storage();
  const made = () => new Store({ user: 1, storage, deliver: new Line().deliver, newId: names() });
  const store = made();
  store.of(1).draft = "for the one";
  store.of(2).draft = "for the other";
  for (const page of [store, made()]) assert.deepEqual([1, 2, 3].map((id) => page.of(id).draft), ["for the one", "for the other", ""]);
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
