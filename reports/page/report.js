"use strict";
(() => {
  const findings = [...document.querySelectorAll(".finding")];
  const form = document.querySelector(".filter");

  if (form) {
    const text = document.getElementById("filter-text");
    const room = document.getElementById("filter-room");
    const target = document.getElementById("filter-target");
    const count = document.getElementById("filter-count");
    const rules = [...document.querySelectorAll("[data-rule]")].map((node) => ({
      node,
      name: node.querySelector("header").textContent + node.querySelector(".tags").textContent,
      count: node.querySelector("[data-count]"),
      items: [...node.querySelectorAll(".finding")].map((item) => ({ node: item, words: "" })),
    }));

    const wordsOf = (rule, item) => {
      item.words ||= `${rule.name} ${item.node.textContent}`.toLowerCase();
      return item.words;
    };

    const apply = () => {
      const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
      const severities = new Set(
        [...form.querySelectorAll("[name=severity]:checked")].map((box) => box.value),
      );
      let shown = 0;
      for (const rule of rules) {
        let here = 0;
        for (const item of rule.items) {
          const data = item.node.dataset;
          const fits =
            severities.has(data.severity) &&
            (!room.value || data.room === room.value) &&
            (!target.value || data.target === target.value) &&
            wanted.every((word) => wordsOf(rule, item).includes(word));
          item.node.hidden = !fits;
          here += fits;
        }
        rule.node.hidden = !here;
        rule.count.textContent = here;
        shown += here;
      }
      count.textContent = `${shown} of ${findings.length}`;
      document.getElementById("none-left").hidden = shown > 0;
    };

    let soon;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", apply);
    text.addEventListener("input", () => {
      clearTimeout(soon);
      soon = setTimeout(apply, 120);
    });
    form.hidden = false;
    apply();
  }

  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await copy(button.parentElement.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });

  const openNamed = () => {
    const named = document.getElementById(location.hash.slice(1));
    if (named?.matches("details")) named.open = true;
  };
  addEventListener("hashchange", openNamed);
  openNamed();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
