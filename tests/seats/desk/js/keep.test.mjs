// What the browser keeps, also where somebody else wrote in its storage.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Keep } from "../../../../seats/static/desk/store/keep.js";
import { Store } from "../../../../seats/static/desk/store/store.js";
import { Line, Storage, names } from "./support.mjs";

const TORN = '{"id": "n1", "wor';

test("what cannot be read is as if it were not there", () => {
  const storage = new Storage();
  storage.setItem("desk:1:draft:5", TORN);
  assert.equal(new Keep(storage, 1).get("draft:5", "nothing"), "nothing");
  assert.equal(new Keep(storage, 1).get("draft:6", "nothing"), "nothing");
});

test("an entry that cannot be read holds up none of the others", async () => {
  const storage = new Storage();
  storage.setItem("desk:1:out:5:n0", TORN);
  storage.setItem("desk:1:out:5:n1", JSON.stringify({ id: "n1", client: "n2", order: Date.now(), refused: false, words: "readable" }));
  const line = new Line();
  const store = new Store({ user: 1, storage, deliver: line.deliver, newId: names() });
  await store.flush();
  assert.deepEqual(line.sent.map(([id, words]) => [id, words]), [[5, "readable"]]);
});

test("a conversation is one object, whether it was kept or comes from the server", () => {
  const storage = new Storage();
  storage.setItem("desk:1:out:5:n1", JSON.stringify({ id: "n1", client: "n2", order: Date.now(), refused: true, words: "x" }));
  const store = new Store({ user: 1, storage, deliver: new Line().deliver, newId: names() });
  assert.equal(store.of(5).outbox.refused.length, 1);
  assert.equal(store.all.length, 1);
});

test("names are those of one's own, from their beginning", () => {
  const storage = new Storage();
  for (const [user, name] of [[1, "out:5:n1"], [2, "out:6:n1"], [1, "draft:out:7"], [11, "out:8:n1"]]) new Keep(storage, user).set(name, {});
  storage.setItem("out:9:n1", "{}"); // of another page of the site
  assert.deepEqual(new Keep(storage, 1).names("out:"), ["out:5:n1"]);
});
