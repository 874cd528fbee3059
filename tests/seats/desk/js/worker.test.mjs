import assert from "node:assert/strict";
import { test } from "node:test";

const handlers = {};
const shown = [];
const windows = { there: [], opened: [] };
globalThis.self = {
  addEventListener: (name, then) => { handlers[name] = then; },
  registration: { showNotification: async (...what) => { shown.push(what); } },
  clients: { matchAll: async () => windows.there, openWindow: async (url) => { windows.opened.push(url); } },
};
await import("../../../../seats/static/desk/sw.js");

async function happens(name, event) {
  const all = [];
  handlers[name]({ ...event, waitUntil: (one) => all.push(one) });
  await Promise.all(all);
}
const clicked = (data) => happens("notificationclick", { notification: { data, close() {} } });

test("whatever is pushed is shown: a browser takes the push away from who shows nothing", async () => {
  await happens("push", { data: { json: () => ({ title: "王敏", body: "在吗", tag: "desk-7", conversation: "7", url: "/desk/?c=7" }) } });
  await happens("push", { data: { json: () => { throw new SyntaxError("cut off"); } } });
  await happens("push", {});
  assert.deepEqual(shown.map(([title, { tag }]) => [title, tag]), [["王敏", "desk-7"], ["WeChat Bridge", "desk"], ["WeChat Bridge", "desk"]]);
  assert.deepEqual(shown[0][1].data, { conversation: "7", url: "/desk/?c=7" });
});

test("a click leads to the desk that is open, else to a new one", async () => {
  const page = (url) => ({ url, told: [], postMessage(what) { this.told.push(what); }, focus() { this.focused = true; } });
  const [floor, desk] = windows.there = [page("https://x/desk/floor/"), page("https://x/desk/?c=1")];
  await clicked({ conversation: "7", url: "/desk/?c=7" });
  assert.deepEqual([floor.told, desk.told, desk.focused, windows.opened], [[], [{ open: 7 }], true, []]);
  windows.there = [floor];
  await clicked({ conversation: "7", url: "/desk/?c=7" });
  assert.deepEqual([floor.told, windows.opened], [[], ["/desk/?c=7"]]);
  await clicked(undefined);
  assert.equal(windows.opened.at(-1), "/desk/");
});
