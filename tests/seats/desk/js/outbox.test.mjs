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

for (const verdict of ["down", "login", "other", "busy"]) {
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
    first.keep.set(`out:1:${id}`, { ...entry, asked: Date.now() - age * 3600000 });
    return new Store({ user: 1, storage, deliver: line.deliver, newId: names(), old: "old" });
  };
  const late = reloaded(13);
  await late.flush();
  assert.deepEqual(line.sent, []);
  assert.deepEqual(late.of(1).outbox.refused.map((one) => one.reason), ["old"]);
  await reloaded(11).flush();
  assert.deepEqual(line.sent.map(([, words]) => words), ["of yesterday"]);
});

test("nor by a page that slept over it; asked for, it goes", async (context) => {
  const line = new Line({ verdict: "down" });
  const desk = new Store({ user: 1, storage: new Storage(), deliver: line.deliver, newId: names(), old: "old" });
  const { id } = desk.of(1).outbox.add(text("of yesterday"));
  await new Promise(setImmediate);
  const morning = Date.now() + 13 * 3600000;
  context.mock.method(Date, "now", () => morning);
  await desk.flush();
  assert.deepEqual(line.sent, []);
  assert.deepEqual(desk.of(1).outbox.refused.map((one) => one.reason), ["old"]);
  desk.of(1).outbox.again(id);
  await new Promise(setImmediate);
  assert.deepEqual(line.sent.map(([, words]) => words), ["of yesterday"]);
});

test("what another page of the seat has left unsent is sent by this one, under its name", async (context) => {
  const storage = new Storage();
  const line = new Line();
  const desk = store(line, storage);
  desk.of(3);
  const closed = store(new Line({ verdict: "down" }), storage);
  const { client } = closed.of(3).outbox.add(text("left behind"));
  await new Promise(setImmediate);
  desk.adopt();
  await desk.flush();
  assert.deepEqual(line.sent, []); // that page may be sending it
  const later = Date.now() + 61000;
  context.mock.method(Date, "now", () => later);
  desk.adopt();
  desk.adopt();
  await desk.flush();
  assert.deepEqual(line.sent, [[3, "left behind", client]]);
});

test("what another page of the seat does with an entry is so here too", async () => {
  const storage = new Storage();
  const other = store(new Line({ verdict: "refused", reason: "no" }), storage);
  const { id } = other.of(1).outbox.add(text("x"));
  await new Promise(setImmediate);
  const desk = store(new Line(), storage);
  other.of(1).outbox.again(id, text("y"));
  desk.of(1).outbox.heard(id, other.keep.get(`out:1:${id}`) ?? { ...other.of(1).outbox.find(id) });
  assert.deepEqual(desk.of(1).outbox.entries.map((one) => [one.words, one.refused]), [["y", false]]);
  desk.of(1).outbox.heard(id, null);
  assert.deepEqual(desk.of(1).outbox.entries, []);
});

test("one that is on its way gets no second name by a second click", async () => {
  let fail;
  const line = new Line({ verdict: "refused", reason: "no" }, () => new Promise((_done, lost) => { fail = lost; }));
  const desk = store(line);
  const { id } = desk.of(1).outbox.add(text("once"));
  await new Promise(setImmediate);
  desk.of(1).outbox.again(id);
  const { client } = desk.of(1).outbox.find(id);
  desk.of(1).outbox.again(id);
  fail(new Error("cut"));
  await new Promise(setImmediate);
  await desk.flush();
  assert.deepEqual(line.sent, [[1, "once", client]]);
});

test("what is taken out while it is sent is broken off, and what stands behind it goes", async () => {
  const sent = [];
  const deliver = (_one, entry, signal) => new Promise((done, lost) => {
    if (entry.words === "quick") { sent.push(entry.words); done({ verdict: "done" }); }
    signal.addEventListener("abort", () => lost(new Error("aborted")));
  });
  const heard = [];
  const desk = new Store({ user: 1, storage: new Storage(), deliver, newId: names(), changed: (_one, verdict) => heard.push(verdict) });
  const { id } = desk.of(1).outbox.add({ path: "files", file: {}, words: "a.bin" });
  desk.of(1).outbox.add(text("quick"));
  desk.of(1).outbox.remove(id);
  await new Promise(setImmediate);
  assert.deepEqual(sent, ["quick"]);
  assert.ok(!heard.includes("down")); // no line is down
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

const never = () => new Promise(() => {});

test("what is on its way when the page is closed is there again, in the order in which it was written", async (context) => {
  const storage = new Storage();
  const first = store(new Line(never), storage);
  context.mock.method(Date, "now", () => 1795708800000); // all within one millisecond
  for (const words of ["one", "two", "three"]) first.of(1).outbox.add(text(words));
  storage.map = new Map([...storage.map].reverse()); // a browser's storage has an order of its own
  const line = new Line();
  await store(line, storage).flush();
  assert.deepEqual(line.sent.map(([, words]) => words), ["one", "two", "three"]);
});

test("what is sent is not sent a second time meanwhile", async () => {
  let arrive;
  const line = new Line(() => new Promise((done) => { arrive = () => done({ verdict: "done" }); }));
  const desk = store(line);
  desk.of(1).outbox.add(text("once"));
  await desk.of(1).outbox.flush();
  arrive();
  await new Promise(setImmediate);
  assert.deepEqual(line.sent.map(([, words]) => words), ["once"]);
});

test("a refused one goes as it was changed, and stays changed over a reload", async () => {
  const storage = new Storage();
  const refused = { verdict: "refused", reason: "too long" };
  const desk = store(new Line(refused, never), storage);
  const { id } = desk.of(1).outbox.add(text("long"));
  await new Promise(setImmediate);
  desk.of(1).outbox.again(id, text("short"));
  const line = new Line();
  await store(line, storage).flush();
  assert.deepEqual(line.sent.map(([, words]) => words), ["short"]);
});

test("what was discarded is gone: from the page, which hears of it, and over a reload", async () => {
  const storage = new Storage();
  const heard = [];
  const desk = store(new Line({ verdict: "refused" }, { verdict: "refused" }), storage, 1, (one) => heard.push(one.id));
  const [first, second] = ["no", "stays"].map((words) => desk.of(1).outbox.add(text(words)));
  await new Promise(setImmediate);
  heard.length = 0;
  desk.of(1).outbox.remove(first.id);
  assert.deepEqual(heard, [1]);
  for (const page of [desk, store(new Line(), storage)]) {
    assert.deepEqual(page.of(1).outbox.refused.map((one) => one.id), [second.id]);
  }
});

test("what was discarded while it was on its way does not come back when the line breaks", async () => {
  let cut;
  const storage = new Storage();
  const desk = store(new Line(() => new Promise((done) => { cut = () => done({ verdict: "down" }); })), storage);
  const { id } = desk.of(1).outbox.add(text("never mind"));
  desk.of(1).outbox.remove(id);
  cut();
  await new Promise(setImmediate);
  assert.equal(store(new Line(), storage).of(1).outbox.entries.length, 0);
});

test("what the storage takes at last is no longer said to be lost by a reload", async () => {
  const storage = new Storage();
  const desk = store(new Line({ verdict: "down" }, { verdict: "down" }), storage);
  storage.full = true;
  desk.of(1).outbox.add(text("x"));
  await new Promise(setImmediate);
  assert.equal(desk.fragile, 1);
  storage.full = false;
  await desk.flush();
  assert.deepEqual([desk.waiting, desk.fragile], [1, 0]);
});
