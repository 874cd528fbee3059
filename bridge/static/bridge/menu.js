/* The editor of an account's menu: a phone that shows it, and the fields of the item that was chosen on it. */
(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("menu-data").textContent);
  const { words, limits, most, editable } = data;
  const form = document.getElementById("menu-form");
  const bar = document.getElementById("menu-bar");
  const panel = document.getElementById("menu-panel");
  const output = form.elements.items;
  const items = data.items;
  /* Where the chosen item stands: [] for none, [1] for the second button, [1, 0] for the first item below it. */
  let at = items.length ? [0] : [];
  let changed = data.unsaved;
  /* What is entered stays in this tab until it is saved: also where the line breaks off, or somebody is signed out meanwhile. */
  const kept = `menu ${location.pathname}${new URLSearchParams(location.search).get("tag") ?? ""}`;

  const FIELDS = {
    person: ["group"], bot: ["bot", "question"], answer: ["words"], link: ["url"], mini: ["app_id", "path", "fallback"], key: ["key"], other: [],
  };
  /* Fields that are shown under another name than they are kept under. */
  const KEPT = { question: "words", fallback: "url" };

  const node = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const button = (className, text, act) => {
    const made = node("button", className, text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };
  const siblings = () => (at.length === 2 ? items[at[0]].below : items);
  const chosen = () => (at.length ? siblings()[at.at(-1)] : undefined);
  const bytes = (text) => new TextEncoder().encode(text).length;
  const place = () => at.join(".");

  /* What stands in red belongs to the item, wherever that is moved. */
  function spread(list, before) {
    list.forEach((one, number) => {
      const here = [...before, number].join(".");
      one.below ??= [];
      one.wrong = {};
      for (const [where, said] of Object.entries(data.errors)) {
        const dot = where.lastIndexOf(".");
        if (dot > 0 && where.slice(0, dot) === here) one.wrong[where.slice(dot + 1)] = said;
      }
      spread(one.below, [...before, number]);
    });
  }
  const isWrong = (one) => Object.keys(one.wrong).length > 0 || one.below.some(isWrong);

  function keep() {
    const plain = ({ wrong, below, ...rest }) => ({ ...rest, below: below.map(plain) });
    output.value = JSON.stringify(items.map(plain));
  }

  function touch() {
    changed = true;
    keep();
    sessionStorage.setItem(kept, output.value);
    document.getElementById("menu-unsaved").hidden = false;
  }

  /* An item gets its key where it is saved, so the same menu may have none yet. */
  const withoutKeys = (list) => list.map(({ key, below, ...rest }) => ({ ...rest, below: withoutKeys(below ?? []) }));
  const bare = (list) => JSON.stringify(withoutKeys(list), (_name, value) => (
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).filter(([, one]) => one !== "").sort()) : value));

  /* What was entered before and is nowhere else is offered, not put back by itself: another menu may have been saved since. */
  function offer() {
    const before = sessionStorage.getItem(kept);
    if (!before || !editable) return;
    if (bare(JSON.parse(before)) === bare(JSON.parse(output.value))) {
      if (!changed) sessionStorage.removeItem(kept);
      return;
    }
    const box = node("p", "box actions", "");
    box.id = "menu-found";
    const back = button("plain", words.putBack, () => {
      items.splice(0, items.length, ...JSON.parse(before));
      spread(items, []);
      at = items.length ? [0] : [];
      touch();
      draw();
      box.remove();
    });
    const away = button("plain", words.discard, () => {
      sessionStorage.removeItem(kept);
      box.remove();
    });
    box.append(node("span", "", words.found), back, away);
    form.prepend(box);
  }

  function select(where) {
    at = where;
    draw();
    panel.querySelector("input, textarea, select")?.focus();
  }

  function drawItem(one, where) {
    const made = button("item", one.name || words.unnamed, () => select(where));
    made.setAttribute("aria-pressed", String(where.join(".") === place()));
    made.classList.toggle("wrong", isWrong(one));
    return made;
  }

  function adder(list, where, label) {
    const made = button("item add", "+", () => {
      list.push({ name: "", does: "", below: [], wrong: {} });
      touch();
      select([...where, list.length - 1]);
    });
    made.title = label;
    made.setAttribute("aria-label", label);
    return made;
  }

  function drawPhone() {
    const columns = items.map((one, number) => {
      const column = node("div", "column");
      if (number === at[0]) {
        const sheet = node("div", "sheet");
        one.below.forEach((below, under) => sheet.append(drawItem(below, [number, under])));
        if (editable && one.below.length < most.below) sheet.append(adder(one.below, [number], words.addBelow));
        if (sheet.childElementCount) column.append(sheet);
      }
      const shown = drawItem(one, [number]);
      if (one.below.length) shown.prepend(node("span", "more", "≡ "));
      column.append(shown);
      return column;
    });
    if (editable && items.length < most.buttons) {
      const column = node("div", "column");
      column.append(adder(items, [], words.add));
      columns.push(column);
    }
    bar.replaceChildren(...columns);
  }

  function counter(input, limit, count, text) {
    const said = node("small", "count");
    const show = () => {
      said.textContent = text.replace("{n}", count(input.value.trim())).replace("{most}", limit);
      said.classList.toggle("over", count(input.value.trim()) > limit);
    };
    input.addEventListener("input", show);
    show();
    return said;
  }

  function counted(name, input) {
    if (name === "name") return counter(input, at.length === 2 ? limits.below : limits.name, bytes, words.bytes);
    if (name === "words") return counter(input, most.words, (text) => [...text].length, words.characters);
    return limits[name] ? counter(input, limits[name], bytes, words.bytes) : undefined;
  }

  function choice(pairs, empty) {
    const made = node("select", "");
    for (const [value, label] of [["", empty], ...pairs]) made.append(new Option(label, value));
    return made;
  }

  function inputFor(shown) {
    if (shown === "group") return choice(data.groups, words.usual);
    if (shown === "bot") return choice(data.bots, "–");
    const made = node(shown === "words" || shown === "question" ? "textarea" : "input", "");
    if (made.tagName === "TEXTAREA") made.rows = 4;
    return made;
  }

  function field(shown, label, input) {
    const one = chosen();
    const name = KEPT[shown] ?? shown;
    const box = node("p", "field");
    const id = `menu-${shown}`;
    const title = node("label", "", label);
    title.htmlFor = id;
    input.id = id;
    input.value = one[name] ?? "";
    input.disabled = !editable;
    box.append(title, input);
    const count = counted(name, input);
    if (count) box.append(count);
    if (words.helps[shown]) box.append(node("small", "", words.helps[shown]));
    const wrong = node("strong", "wrong", one.wrong[name] ?? "");
    wrong.id = `${id}-wrong`;
    wrong.setAttribute("role", "alert");
    input.setAttribute("aria-describedby", wrong.id);
    box.append(wrong);
    input.addEventListener("input", () => {
      one[name] = input.value;
      delete one.wrong[name];
      wrong.textContent = "";
      touch();
      drawPhone();
    });
    return box;
  }

  function move(by) {
    const list = siblings();
    const from = at.at(-1);
    const [one] = list.splice(from, 1);
    list.splice(from + by, 0, one);
    touch();
    select([...at.slice(0, -1), from + by]);
  }

  function remove() {
    if (chosen().below.length && !confirm(words.removeAll)) return;
    const list = siblings();
    list.splice(at.at(-1), 1);
    touch();
    const next = Math.min(at.at(-1), list.length - 1);
    select(next >= 0 ? [...at.slice(0, -1), next] : at.slice(0, -1));
  }

  function moves() {
    const box = node("p", "moves");
    const last = siblings().length - 1;
    const earlier = button("", words.earlier, () => move(-1));
    const later = button("", words.later, () => move(1));
    earlier.disabled = at.at(-1) === 0;
    later.disabled = at.at(-1) === last;
    box.append(earlier, later, button("danger", words.remove, remove));
    return box;
  }

  function doing(one) {
    const kinds = Object.entries(words.does).filter(([kind]) => kind !== "other" || one.raw);
    const box = field("does", words.what, choice(kinds, words.choose));
    box.querySelector("select").addEventListener("input", drawPanel);
    return box;
  }

  /* An answer that is no text can only be replaced by one. */
  function otherAnswer(one) {
    const box = node("p", "field");
    box.append(node("span", "said", one.said), node("strong", "wrong", one.wrong.words ?? ""));
    const instead = button("", words.instead, () => {
      delete one.answer;
      delete one.wrong.words;
      touch();
      drawPanel();
    });
    if (editable) box.append(instead);
    return box;
  }

  function own(one) {
    if (one.below.length) return [node("p", "", words.parent)];
    const fields = (FIELDS[one.does] ?? []).map((shown) =>
      shown === "words" && one.answer ? otherAnswer(one) : field(shown, words.labels[shown], inputFor(shown)));
    const help = one.does === "other" ? [node("p", "", words.helps.other)] : [];
    return [doing(one), ...fields, ...help];
  }

  function drawPanel() {
    const one = chosen();
    if (!one) {
      panel.replaceChildren(node("p", "", words.none));
      return;
    }
    const rest = own(one);
    if (one.below.length && one.wrong.does) rest.push(node("strong", "wrong", one.wrong.does));
    panel.replaceChildren(field("name", words.labels.name, inputFor("name")), ...rest, ...(editable ? [moves()] : []));
  }

  function draw() {
    drawPhone();
    drawPanel();
  }

  /* The first item in red is the one to look at. */
  function firstWrong() {
    for (const [number, one] of items.entries()) {
      if (Object.keys(one.wrong).length) return [number];
      const under = one.below.findIndex(isWrong);
      if (under >= 0) return [number, under];
    }
    return at;
  }

  spread(items, []);
  at = firstWrong();
  keep();
  draw();
  offer();
  document.querySelector(".menus nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  document.getElementById("menu-unsaved").hidden = !changed;
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
})();
