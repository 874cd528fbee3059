// The desk's service worker: shows what is pushed while no desk is open, and opens the desk at it by a click.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data?.json() ?? {}; } catch { /* cut off, or not ours: a notification must be shown all the same */ }
  const { title = "WeChat Bridge", body = "", tag = "desk", conversation = "", url = "/desk/" } = said;
  event.waitUntil(self.registration.showNotification(title, {
    body, tag, renotify: true, icon: "/static/desk/icon-192.png", data: { conversation, url },
  }));
});

/** Open the desk at the conversation: in the page that is there, else in a new one. */
async function open({ conversation, url }) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const desk = pages.find((one) => new URL(one.url).pathname === "/desk/");
  if (!desk) return self.clients.openWindow(url);
  desk.postMessage({ open: Number(conversation) });
  return desk.focus();
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data ?? { url: "/desk/" }));
});
