// What a seat asks for by a button: whatever the line does, it is asked for once.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { asked, happens, server } from "./page.mjs";

const { listen } = await import("../../../../seats/static/desk/commands.js");
const { Next } = await import("../../../../seats/static/desk/next.js");

const done = [];
const command = listen(() => 0, async (...what) => { done.push(what); });
const names = () => asked.map(([, , said]) => said.client_id);
const lost = () => Promise.reject(new TypeError("no line"));
const turn = () => new Promise(setImmediate);

beforeEach(() => { asked.length = done.length = 0; });

test("a command whose outcome is not known has its name again, and a new one once it is", async () => {
  for (const answer of [lost, () => [502, {}], () => [429, {}], () => [401, {}], () => [200, {}]]) {
    server.answer = answer;
    await command(7, "note", { text: "a" });
  }
  assert.equal(new Set(names()).size, 1);
  assert.deepEqual(done.at(-1), [7, true, "note"]);
  await command(7, "note", { text: "a" });
  assert.notEqual(names().at(-1), names()[0], "the same words a second time are meant");
  server.answer = () => [409, { detail: "no" }];
  assert.equal(await command(7, "note", { text: "a" }), false);
  await command(7, "note", { text: "a" });
  assert.notEqual(names().at(-1), names().at(-2), "under the name of a refused one the server would refuse it again");
});

test("other words, another command and another conversation have names of their own", async () => {
  server.answer = lost;
  for (const what of [[7, "note", { text: "a" }], [7, "note", { text: "b" }], [7, "tag", { text: "a" }], [8, "note", { text: "a" }]]) await command(...what);
  assert.equal(new Set(names()).size, 4);
});

test("a second click on a command that is on its way asks nothing", async () => {
  let arrive;
  server.answer = () => new Promise((then) => { arrive = () => then([200, {}]); });
  const first = command(7, "close", {});
  assert.equal(await command(7, "close", {}), false);
  assert.equal(asked.length, 1);
  arrive();
  assert.equal(await first, true);
});

test("without a conversation there is nothing to command", async () => {
  assert.equal(await command(0, "close", {}), false);
  await happens("click", { target: { closest: () => null } });
  assert.deepEqual(asked, []);
});

function waitingRoom(took = () => {}) {
  const next = new Next(took, () => {});
  next.button = { getAttribute: () => "false" };
  return next;
}

test("a double click takes one customer", async () => {
  let arrive;
  const took = [];
  server.answer = () => new Promise((then) => { arrive = () => then([200, { conversation: 5 }]); });
  const next = waitingRoom((id) => took.push(id));
  const first = next.take();
  await next.take();
  arrive();
  await first;
  assert.deepEqual([asked.length, took], [1, [5]]);
});

test("until it is known what came of it, the next customer is the same request", async () => {
  const next = waitingRoom();
  for (const answer of [lost, () => [502, {}], () => [200, { conversation: 5 }], () => [409, {}], () => [200, {}]]) {
    server.answer = answer;
    await next.take();
    await turn();
  }
  const [first, second, third, fourth, fifth] = names();
  assert.deepEqual([second, third], [first, first]);
  assert.equal(new Set([third, fourth, fifth]).size, 3);
});
