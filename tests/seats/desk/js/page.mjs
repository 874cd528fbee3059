// As much of a browser's page as modules need that draw nothing: set before they are imported.

const listeners = new Map();
const listen = (name, then) => listeners.set(name, [...(listeners.get(name) ?? []), then]);

/** Let the page hear of something. */
export const happens = (name, event = {}) => Promise.all((listeners.get(name) ?? []).map((then) => then(event)));

export const toasts = [];
/** What was asked of the server; `answer(address, options)` gives status and body. */
export const asked = [];
export const server = { answer: () => [200, {}] };

const element = () => ({
  dataset: {}, append() {}, remove() {}, setAttribute() {}, toggleAttribute() {}, replaceChildren() {}, addEventListener() {},
  querySelector: () => null, querySelectorAll: () => [],
});
globalThis.document = {
  ...element(), title: "Desk", hidden: false, cookie: "csrftoken=abc", documentElement: { lang: "en" },
  body: { ...element(), dataset: { user: "7" } }, addEventListener: listen,
  createElement: () => element(), createElementNS: () => element(),
  getElementById: () => ({ textContent: "{}" }),
};
globalThis.window = globalThis;
globalThis.location = new URL("https://desk.example.com/desk/");
globalThis.addEventListener = listen;
globalThis.fetch = async (address, options) => {
  asked.push([options.method ?? "GET", address, options.body && JSON.parse(options.body)]);
  const [status, said] = await server.answer(address, options);
  const url = `https://desk.example.com${address}`;
  return { url, status, ok: status < 300, headers: new Map(), text: async () => JSON.stringify(said), json: async () => said };
};
/** Put something in the place of what Node itself has. */
export const given = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
