// Says it where a script or style of the page did not arrive: what should say it may be what is missing.

(() => {
  function say() {
    const line = document.getElementById("offline");
    if (!line || document.getElementById("again")) return;
    const texts = JSON.parse(document.getElementById("texts").textContent);
    const again = Object.assign(document.createElement("button"), { id: "again", type: "button", className: "btn small", textContent: texts.reload });
    again.addEventListener("click", () => location.reload());
    line.replaceChildren(texts.incomplete, again);
    line.hidden = false;
  }
  addEventListener("error", ({ target }) => {
    if (!target?.matches?.("script, link[rel=stylesheet]")) return;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", say, { once: true });
    else say();
  }, true);
})();
