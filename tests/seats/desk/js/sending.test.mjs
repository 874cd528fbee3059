// What goes to the server says whose it is and under which name it is known.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { asked, given, server } from "./page.mjs";

const sent = [];
given("XMLHttpRequest", class {
  upload = {};
  headers = {};
  open(_method, address) { this.address = address; }
  setRequestHeader(name, value) { this.headers[name] = value; }
  abort() { this.onabort(); }
  send(form) {
    sent.push(this);
    Object.assign(this, { form, status: 202, responseText: "{}" });
    setImmediate(() => this.onload());
  }
});
const { deliver } = await import("../../../../seats/static/desk/delivery.js");
const { api, hands, page } = await import("../../../../seats/static/desk/net.js");
const text = { path: "messages", body: { text: "hello" }, client: "n1" };

beforeEach(() => { asked.length = sent.length = 0; });

test("a text goes under its name, and nobody waits for the platform", async () => {
  server.answer = () => [202, { message: 3, detail: "on its way" }];
  assert.deepEqual(await deliver({ id: 7 }, text), { verdict: "done", said: "", reason: "" });
  assert.deepEqual(asked, [["POST", "/api/conversations/7/messages/", { text: "hello", client_id: "n1", wait: false }]]);
});

test("a file goes under its name too, with whose it is", async () => {
  const file = new File(["x"], "a.png", { type: "image/png" });
  const answer = await deliver({ id: 8 }, { path: "files", file, client: "n2" });
  assert.equal(answer.verdict, "done");
  const [{ address, form, headers }] = sent;
  assert.deepEqual([address, form.get("client_id"), form.get("wait"), form.get("file").name], ["/api/conversations/8/files/", "n2", "false", "a.png"]);
  assert.deepEqual(headers, { "X-Desk-User": "7", "X-CSRFToken": "abc" });
});

test("a command has an answer; a message's detail is none", async () => {
  server.answer = () => [200, { detail: "2 wait" }];
  assert.equal((await deliver({ id: 7 }, text)).said, "2 wait");
});

test("a refusal says why, at no more length than a person reads", async () => {
  server.answer = () => [409, { detail: "x".repeat(1000) }];
  const { verdict, reason } = await deliver({ id: 7 }, text);
  assert.deepEqual([verdict, reason.length], ["refused", 300]);
});

test("each request says whose page asks, and a page of another user's is told", async () => {
  const told = [];
  hands.other = () => told.push("other");
  server.answer = (_address, { headers }) => { told.push(headers["X-Desk-User"]); return [200, {}]; };
  await api("me/heartbeat/", {});
  await page("/desk/list/");
  server.answer = () => [403, { code: "other_user" }];
  assert.equal((await deliver({ id: 7 }, text)).verdict, "other");
  assert.deepEqual(told, ["7", "7", "other"]);
});

test("a piece of a page may be asked for with words of its own", async () => {
  let heard;
  server.answer = (_address, { headers }) => { heard = headers; return [200, {}]; };
  await page("/desk/floor/", { "Desk-Rows": "a b" });
  assert.deepEqual(heard, { "X-Desk-User": "7", "Desk-Rows": "a b" });
});
