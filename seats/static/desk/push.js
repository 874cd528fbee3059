// The browser's push: what a seat is told while its desk is closed. Where the browser has none, nothing of this happens.

import { api } from "./net.js";

const WORKER = "/desk/sw.js";
const GET = { method: "GET", body: undefined };

export const can = () => "serviceWorker" in navigator && "PushManager" in window;

/** Have the service worker, with which the desk can be installed as an app; `open(id)` follows a click on a notification. */
export async function install(open) {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }) => { if (data?.open) open(data.open); });
  await navigator.serviceWorker.register(WORKER, { scope: "/desk/" });
}

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

/** Let this browser be notified for this seat from now on; false where the browser will not have it. */
export async function subscribe() {
  if (!can()) return false;
  try {
    const { pushManager } = await navigator.serviceWorker.ready;
    const { status, said } = await api("me/push/", undefined, GET);
    if (status !== 200) return false;
    const own = { userVisibleOnly: true, applicationServerKey: bytes(said.key) };
    const subscription = await pushManager.getSubscription() ?? await pushManager.subscribe(own);
    const { endpoint, keys } = subscription.toJSON();
    return (await api("me/push/", { endpoint, keys })).status === 204;
  } catch {
    return false; // no push service can be reached, or the browser refuses
  }
}

/** Let this browser be notified no more: the seat has logged out, or wants none. */
export async function unsubscribe() {
  if (!can()) return;
  try {
    const subscription = await (await navigator.serviceWorker.getRegistration("/desk/"))?.pushManager.getSubscription();
    if (!subscription) return;
    await api("me/push/", { endpoint: subscription.endpoint }, { method: "DELETE" });
    await subscription.unsubscribe();
  } catch { /* the line is down: the site forgets it once the push service says that it is gone */ }
}
