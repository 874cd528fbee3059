import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../../../seats/static/desk/store/store.js";
import { Line, Storage, names } from "./support.mjs";

const text = (words) => ({ path: "messages", body: { text: words }, words });
const store = (line, storage = new Storage(), user = 1, changed = () => {}) => (
  new Store({ user, storage, deliver: line.deliver, newId: names(), changed })
);

test("what is written goes to its own conversation, in order", async () => {
  const line = new Line();
  const desk = store(line);
  desk.of(1).outbox.add(text("one"));
  desk.of(2).outbox.add(text("two"));
  desk.of(1).outbox.add(text("three"));
  await desk.flush();
  await new Promise(setImmediate);
  assert.deepEqual(line.sent.filter(([id]) => id === 1).map(([, words]) => words), ["one", "three"]);
  assert.deepEqual(line.sent.filter(([id]) => id === 2).map(([, words]) => words), ["two"]);
  assert.equal(desk.waiting, 0);
});

test("a slow conversation holds up no other", async () => {
  let arrive;
  const line = new Line(() => new Promise((done) => { arrive = () => done({ verdict: "done" }); }));
  const desk = store(line);
  desk.of(1).outbox.add(text("slow"));
  desk.of(2).outbox.add(text("quick"));
  await new Promise(setImmediate);
  assert.deepEqual(line.sent.map(([id]) => id), [2]);
  arrive();
  await new Promise(setImmediate);
  assert.deepEqual(line.sent.map(([id]) => id), [2, 1]);
});

for (const verdict of ["down", "login", "other"]) {
  test(`where the answer is "${verdict}" it stays, and goes once under the same name`, async () => {
    const line = new Line({ verdict }, { verdict });
    const desk = store(line);
    const { client } = desk.of(1).outbox.add(text("kept"));
    await new Promise(setImmediate);
    await desk.flush();
    assert.deepEqual(line.sent, []);
    assert.equal(desk.of(1).outbox.refused.length, 0);
    await desk.flush();
    assert.deepEqual(line.sent, [[1, "kept", client]]);
  });
}

test("a lost connection is no refusal", async () => {
  const line = new Line(new Error("cut"));
  const desk = store(line);
  desk.of(1).outbox.add(text("kept"));
  await new Promise(setImmediate);
  assert.equal(desk.waiting, 1);
});

test("what was refused stays until the seat decides, and holds up nothing behind it", async () => {
  const line = new Line({ verdict: "refused", reason: "not yours" });
  const storage = new Storage();
  const desk = store(line, storage);
  const { id, client } = desk.of(1).outbox.add(text("no"));
  desk.of(1).outbox.add(text("yes"));
  await new Promise(setImmediate);
  assert.deepEqual(line.sent.map(([, words]) => words), ["yes"]);
  const reloaded = store(line, storage);
  assert.deepEqual(reloaded.of(1).outbox.refused.map((one) => [one.id, one.reason]), [[id, "not yours"]]);
  reloaded.of(1).outbox.again(id);
  await new Promise(setImmediate);
  const again = line.sent.at(-1);
  assert.equal(again[1], "no");
  assert.notEqual(again[2], client); // under its old name the server would only repeat its refusal
});

test("what waits is kept over a reload, a file is not said to be", async () => {
  const storage = new Storage();
  const desk = store(new Line({ verdict: "down" }), storage);
  desk.of(1).outbox.add(text("kept"));
  desk.of(1).outbox.add({ path: "files", file: {}, words: "a.png" });
  await new Promise(setImmediate);
  assert.deepEqual(store(new Line(), storage).of(1).outbox.entries.map((one) => one.words), ["kept"]);
  assert.equal(desk.fragile, 1);
});

test("a full storage loses nothing of this page", async () => {
  const storage = new Storage();
  storage.full = true;
  const line = new Line();
  const desk = store(line, storage);
  desk.of(1).outbox.add(text("sent all the same"));
  await new Promise(setImmediate);
  assert.equal(line.sent.length, 1);
});

test("another user sees nothing, and sends nothing, of the one before", async () => {
  const storage = new Storage();
  const first = store(new Line({ verdict: "down" }), storage, 1);
  first.of(5).draft = "half a sentence";
  first.of(5).outbox.add(text("secret"));
  await new Promise(setImmediate);
  const line = new Line();
  const second = store(line, storage, 12);
  await second.flush();
  assert.deepEqual(line.sent, []);
  assert.equal(second.of(5).draft, "");
  assert.equal(second.of(5).outbox.entries.length, 0);
  const back = store(line, storage, 1);
  await back.flush();
  assert.deepEqual(line.sent.map(([, words]) => words), ["secret"]);
});

test("each change says whose it is", async () => {
  const heard = [];
  const desk = store(new Line({ verdict: "refused", reason: "x" }), new Storage(), 1, (one, verdict) => heard.push([one.id, verdict]));
  desk.of(9).outbox.add(text("x"));
  await new Promise(setImmediate);
  assert.deepEqual(heard, [[9, undefined], [9, "refused"]]);
});

test("what only this page has is said to be: files, and all where the storage is full", async () => {
  const storage = new Storage();
  const line = new Line({ verdict: "down" });
  const desk = store(line, storage);
  storage.full = true;
  desk.of(1).outbox.add(text("x"));
  await new Promise(setImmediate);
  assert.equal(desk.fragile, 1);
  await desk.flush();
  assert.equal(desk.fragile, 0);
});

test("what has waited for half a day is not sent unasked", async () => {
  const storage = new Storage();
  const first = store(new Line({ verdict: "down" }), storage);
  const { id } = first.of(1).outbox.add(text("of yesterday"));
  await new Promise(setImmediate);
  const entry = first.keep.get(`out:1:${id}`);
  const line = new Line();
  const reloaded = (age) => {
    first.keep.set(`out:1:${id}`, { ...entry, order: Date.now() - age * 3600000 });
    return new Store({ user: 1, storage, deliver: line.deliver, newId: names(), old: "old" });
  };
  const late = reloaded(13);
  await late.flush();
  assert.deepEqual(line.sent, []);
  assert.deepEqual(late.of(1).outbox.refused.map((one) => one.reason), ["old"]);
  await reloaded(11).flush();
  assert.deepEqual(line.sent.map(([, words]) => words), ["of yesterday"]);
});

test("the answer to a command is told", async () => {
  const heard = [];
  const line = new Line({ verdict: "done", said: "2 wait" });
  const desk = store(line, new Storage(), 1, (_one, verdict, _entry, said) => { if (verdict) heard.push(said); });
  desk.of(1).outbox.add(text("#queue"));
  desk.of(1).outbox.add(text("hello"));
  await new Promise(setImmediate);
  assert.deepEqual(heard, ["2 wait", ""]);
});
