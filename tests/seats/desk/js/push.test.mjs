import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { asked, given, server } from "./page.mjs";

const ENDPOINT = "https://push.example.com/x";
let subscription = null;
const wanted = [];
const made = () => ({
  endpoint: ENDPOINT, toJSON: () => ({ endpoint: ENDPOINT, keys: { p256dh: "p", auth: "a" } }),
  unsubscribe: async () => { asked.push(["unsubscribed"]); subscription = null; },
});
const pushManager = {
  getSubscription: async () => subscription,
  subscribe: async (how) => { wanted.push(how); subscription = made(); return subscription; },
};
const registration = { pushManager };
given("navigator", { serviceWorker: { ready: Promise.resolve(registration), getRegistration: async () => registration } });
globalThis.PushManager = class {};
const push = await import("../../../../seats/static/desk/push.js");

beforeEach(() => { asked.length = wanted.length = 0; });

test("a browser subscribes to the site's key, once, and the site hears of it each time", async () => {
  server.answer = (_address, { method }) => (method === "GET" ? [200, { key: "BAECAw-_" }] : [204, {}]);
  assert.equal(await push.subscribe(), true);
  assert.deepEqual([...wanted[0].applicationServerKey], [4, 1, 2, 3, 15, 191]);
  assert.equal(wanted[0].userVisibleOnly, true);
  assert.deepEqual(asked.at(-1), ["POST", "/api/me/push/", { endpoint: ENDPOINT, keys: { p256dh: "p", auth: "a" } }]);
  assert.equal(await push.subscribe(), true);
  assert.equal(wanted.length, 1);
});

test("where the site or the browser will not have it, it says so", async () => {
  server.answer = () => [403, {}];
  assert.equal(await push.subscribe(), false);
  server.answer = (_address, { method }) => (method === "GET" ? [200, { key: "BAECAw" }] : [400, {}]);
  assert.equal(await push.subscribe(), false);
});

test("the site forgets a browser before the browser forgets the site", async () => {
  subscription = made();
  server.answer = () => [204, {}];
  await push.unsubscribe();
  assert.deepEqual(asked, [["DELETE", "/api/me/push/", { endpoint: ENDPOINT }], ["unsubscribed"]]);
  asked.length = 0;
  await push.unsubscribe();
  assert.deepEqual(asked, [], "nothing to forget");
});
