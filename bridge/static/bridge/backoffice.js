/* Small helps of the back office's forms: texts shown as a customer would read them, and rows found by a word. */
(() => {
  "use strict";

  function filled(text, samples) {
    return text
      .replace(/%\((\w+)\)[sd]/g, (whole, name) => (name in samples ? samples[name] : whole))
      .replaceAll("%%", "%");
  }

  function preview(field) {
    const samples = JSON.parse(field.dataset.preview);
    const line = document.createElement("p");
    line.className = "preview text-xs mt-1 text-base-500 dark:text-base-400";
    field.insertAdjacentElement("afterend", line);
    const show = () => {
      const text = field.value.trim() || field.placeholder;
      line.textContent = text ? `${field.dataset.previewLabel} ${filled(text, samples)}` : "";
    };
    field.addEventListener("input", show);
    show();
  }

  function search(field) {
    const table = document.querySelector(field.dataset.filters);
    const none = field.parentElement.querySelector("[data-none]");
    const show = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      for (const section of table.querySelectorAll("[data-section]")) {
        let here = 0;
        for (const row of section.querySelectorAll("[data-row]")) {
          const text = `${section.rows[0].textContent} ${row.textContent}`.toLowerCase();
          row.hidden = !words.every((word) => text.includes(word));
          here += row.hidden ? 0 : 1;
        }
        section.hidden = here === 0;
        found += here;
      }
      none.hidden = found > 0;
    };
    field.addEventListener("input", show);
    // Enter would save the form.
    field.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    show();
  }

  /* Buttons above a long form that lead to its sections. Not links: the theme takes what stands behind # for a tab. */
  function jumps(form) {
    const sections = [...form.querySelectorAll("fieldset.module")].filter((one) => one.querySelector("h2"));
    if (sections.length < 4) return;
    const list = document.createElement("nav");
    list.className = "jumps flex flex-wrap gap-2 mb-4";
    for (const section of sections) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = section.querySelector("h2").textContent.trim();
      button.className = "border border-base-200 cursor-pointer px-3 py-2 rounded-default text-sm dark:border-base-700";
      button.addEventListener("click", () => section.scrollIntoView({ block: "start" }));
      list.append(button);
    }
    form.prepend(list);
  }

  addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("#content-main > form").forEach(jumps);
    document.querySelectorAll("[data-preview]").forEach(preview);
    document.querySelectorAll("[data-filters]").forEach(search);
  });
})();
