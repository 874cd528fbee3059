import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { asked, given, server } from "./page.mjs";

const shown = [];
let sounds = 0;
class Notification {
  static permission = "granted";
  constructor(title, options) {
    if (Notification.refuses) throw new TypeError("phones have none");
    Object.assign(this, { title, options, close: () => { this.closed = true; } });
    shown.push(this);
  }
}
globalThis.Notification = Notification;
globalThis.AudioContext = class { constructor() { sounds += 1; throw new Error("no sound yet"); } };
globalThis.focus = () => {};
const worker = { showNotification: async (...what) => { shown.push(what); } };
given("navigator", { serviceWorker: { ready: Promise.resolve(worker) } });
const { Notices, inTitle } = await import("../../../../seats/static/desk/notify.js");

beforeEach(() => {
  shown.length = 0;
  sounds = 0;
  Object.assign(Notification, { permission: "granted", refuses: false });
  document.hidden = true;
});

test("who looks elsewhere sees one notification a conversation, and a click opens it", () => {
  const opened = [];
  const notices = new Notices(true, (id) => opened.push(id));
  notices.tell(7, "王敏", "在吗");
  const [one] = shown;
  assert.deepEqual([one.title, one.options.body, one.options.tag, sounds], ["王敏", "在吗", "desk-7", 1]);
  one.onclick();
  assert.deepEqual([opened, one.closed], [[7], true]);
});

test("who looks at the desk is told aloud at most, and who has switched them off of nothing", () => {
  const notices = new Notices(true, () => {});
  document.hidden = false;
  notices.tell(7, "a", "b");
  assert.deepEqual([shown.length, sounds], [0, 0]);
  notices.tell(7, "a", "b", true);
  assert.deepEqual([shown.length, sounds], [0, 1]);
  document.hidden = true;
  notices.on = false;
  notices.tell(7, "a", "b", true);
  assert.deepEqual([shown.length, sounds], [0, 1]);
  notices.on = true;
  Notification.permission = "denied";
  notices.tell(7, "a", "b");
  assert.deepEqual([shown.length, sounds], [0, 2]);
});

test("on a phone the service worker shows it, with where a click leads", async () => {
  Notification.refuses = true;
  new Notices(true, () => {}).tell(7, "王敏", "在吗");
  await new Promise(setImmediate);
  const [[title, options]] = shown;
  assert.deepEqual([title, options.tag, options.data], ["王敏", "desk-7", { conversation: "7", url: "/desk/?c=7" }]);
});

test("they are off only once the server has switched them off", async () => {
  const notices = new Notices(true, () => {});
  server.answer = () => [503, {}];
  assert.deepEqual([await notices.switch(false), notices.on], [false, true]);
  server.answer = () => [204, {}];
  assert.deepEqual([await notices.switch(false), notices.on], [true, false]);
  assert.deepEqual(asked.at(-1), ["POST", "/api/me/notices/", { on: false }]);
});

test("the title counts", () => {
  inTitle(3);
  assert.equal(document.title, "(3) Desk");
  inTitle(0);
  assert.equal(document.title, "Desk");
});
