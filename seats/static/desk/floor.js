// The floor: what is chosen stays chosen while the rows come anew, and is given on in one request.

const texts = JSON.parse(document.getElementById("texts").textContent);
const chosen = new Set();
const $ = (selector) => document.querySelector(selector);
const boxes = () => [...document.querySelectorAll("tbody [name=conversation]")];

function draw() {
  const there = new Set(boxes().map((one) => one.value));
  for (const id of [...chosen]) if (!there.has(id)) chosen.delete(id);
  for (const one of boxes()) one.checked = chosen.has(one.value);
  $("#all").checked = boxes().length > 0 && chosen.size === boxes().length;
}

document.addEventListener("change", (event) => {
  if (event.target.id === "all") {
    for (const one of boxes()) event.target.checked ? chosen.add(one.value) : chosen.delete(one.value);
  } else if (event.target.name === "conversation") {
    event.target.checked ? chosen.add(event.target.value) : chosen.delete(event.target.value);
  } else return;
  draw();
});
document.addEventListener("htmx:afterSwap", draw);

$("#bulk").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = $("#said");
  if (!chosen.size) { said.textContent = texts.none; return; }
  said.textContent = texts.waiting;
  try {
    const answer = await fetch("/api/commands/reassign/", {
      method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": $("[name=csrfmiddlewaretoken]").value },
      body: JSON.stringify({ conversations: [...chosen].map(Number), arguments: { target: $("#target").value } }),
    });
    const { results } = await answer.json();
    said.textContent = results.map((one) => `#${one.conversation}: ${one.detail || texts.waiting}`).join(" · ");
    for (const one of results) if (one.outcome === "done") chosen.delete(String(one.conversation));
  } catch {
    said.textContent = texts.error;
  }
  htmx.trigger("tbody", "refresh");
});
