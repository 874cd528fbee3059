/* Forms of the back office on a bad line: a second click sends nothing twice, and what cannot be sent now stays on the page. */
(() => {
  "use strict";

  const { check, signIn, lost, out, way, busy } = document.currentScript.dataset;
  const RECENT = 60_000; // ms for which the page takes it that it is still signed in
  const PATIENCE = 15_000; // ms that an answer may take
  let known = Date.now();
  let sent = 0;
  let passes = null; // the form that is sent without another question

  function say(words, link) {
    document.getElementById("sending-said")?.remove();
    const box = document.createElement("p");
    box.id = "sending-said";
    box.setAttribute("role", "alert");
    box.append(words);
    if (link) {
      const to = document.createElement("a");
      [to.href, to.target, to.textContent] = [signIn, "_blank", way];
      box.append(" ", to);
    }
    document.body.append(box);
  }

  /* The answer's token counts for whoever is signed in now: it changes with each signing in. */
  async function ask() {
    try {
      const answer = await fetch(check, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status === 401) return { wrong: out, link: true };
      return answer.ok ? await answer.json() : { wrong: lost };
    } catch {
      return { wrong: lost };
    }
  }

  async function first(form, submitter) {
    sent = Date.now();
    const { wrong, link, token } = await ask();
    sent = 0;
    if (wrong) {
      say(wrong, link);
      return;
    }
    known = Date.now();
    document.getElementById("sending-said")?.remove();
    for (const one of document.querySelectorAll("[name=csrfmiddlewaretoken]")) one.value = token;
    passes = form;
    HTMLFormElement.prototype.requestSubmit.call(form, submitter);
    passes = null;
  }

  function stop(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /* Before all others, who would take it for sent. */
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.submitter?.formMethod === "get") return;
    if (Date.now() - sent < PATIENCE) {
      stop(event);
      say(busy);
    } else if (form !== passes && (!navigator.onLine || Date.now() - known > RECENT)) {
      stop(event);
      first(form, event.submitter);
    } else {
      sent = Date.now();
      event.submitter?.classList.add("is-sending");
      setTimeout(() => { if (event.defaultPrevented) again(); });
    }
  }, true);

  function again() {
    sent = 0;
    for (const one of document.querySelectorAll(".is-sending")) one.classList.remove("is-sending");
  }

  /* A page that is gone back to has stood there for a while. */
  addEventListener("pageshow", (event) => {
    again();
    if (event.persisted) known = 0;
  });
})();
