import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { asked, server } from "./page.mjs";

const { Canned, OwnReplies } = await import("../../../../seats/static/desk/canned.js");
const REPLIES = [{ title: "欢迎", text: "欢迎光临，王女士" }, { title: "退款", text: "退款会在 3 天内到账" }];

function offering() {
  const list = { hidden: true, children: [], addEventListener() {}, replaceChildren(...items) { this.items = items; } };
  const taken = [];
  return { list, taken, canned: new Canned({ id: 7 }, list, (text) => taken.push(text)) };
}
const key = (name) => ({ key: name, preventDefault() { this.prevented = true; } });

beforeEach(() => { asked.length = 0; server.answer = () => [200, REPLIES]; });

test("a slash and a piece of the title offer what fits, and Enter takes what is marked", async () => {
  const { list, taken, canned } = offering();
  await canned.offer("/");
  assert.deepEqual([list.hidden, list.items.length, asked[0][1]], [false, 2, "/api/conversations/7/canned-replies/"]);
  await canned.offer("/退");
  assert.deepEqual([list.items.length, asked.length], [1, 1]);
  const enter = key("Enter");
  assert.ok(canned.key(enter) && enter.prevented);
  assert.deepEqual([taken, list.hidden], [["退款会在 3 天内到账"], true]);
  assert.equal(canned.key(key("Enter")), false, "a closed list takes no key");
});

test("a list that comes late opens nothing once the words are others", async () => {
  const { list, canned } = offering();
  let late;
  server.answer = () => new Promise((done) => { late = () => done([200, REPLIES]); });
  const offered = canned.offer("/");
  await canned.offer("您好");
  late();
  await offered;
  assert.equal(list.hidden, true);
});

test("the next slash asks anew: the customer's name may be another", async () => {
  const { canned } = offering();
  await canned.offer("/");
  canned.hide();
  await canned.offer("/");
  assert.equal(asked.length, 2);
});

test("a second click adds no second reply", async () => {
  let arrive;
  server.answer = () => new Promise((done) => { arrive = () => done([503, {}]); });
  globalThis.FormData = class { *[Symbol.iterator]() { yield ["title", "a"]; } };
  const own = new OwnReplies({}, () => {});
  const first = own.add({});
  await own.add({});
  arrive();
  await first;
  assert.equal(asked.length, 1);
});
