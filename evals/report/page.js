// Filters the list of failures, and opens the one that a link points at. Without it the page shows everything.
"use strict";
const find = (id) => document.getElementById(id);
const entries = [...document.querySelectorAll(".failure")];
const filters = find("filters");

function reveal() {
  const target = location.hash && find(decodeURIComponent(location.hash.slice(1)));
  const entry = target && target.closest(".failure");
  if (entry) {
    entry.hidden = false;
    entry.open = true;
    target.scrollIntoView();
  }
}

if (filters) {
  const words = entries.map((entry) => entry.textContent.toLowerCase());
  const total = find("count").textContent;

  const apply = () => {
    const wanted = find("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [part, lang, kind] = ["part", "lang", "kind"].map((id) => find(id).value);
    let left = 0;
    entries.forEach((entry, at) => {
      const fits =
        (!part || entry.dataset.part.split(" ").includes(part)) &&
        (!lang || entry.dataset.lang === lang) &&
        (!kind || entry.dataset.kind === kind) &&
        wanted.every((word) => words[at].includes(word));
      entry.hidden = !fits;
      left += fits;
    });
    find("count").textContent = left === entries.length ? total : `${left} of ${entries.length} shown`;
    find("none").hidden = left > 0;
  };

  filters.hidden = false;
  filters.addEventListener("input", apply);
  filters.addEventListener("submit", (event) => event.preventDefault());
  find("unfold").addEventListener("click", () => {
    const shown = entries.filter((entry) => !entry.hidden);
    const open = shown.some((entry) => !entry.open);
    shown.forEach((entry) => { entry.open = open; });
    find("unfold").textContent = open ? "Close all shown" : "Open all shown";
  });
}

addEventListener("hashchange", reveal);
reveal();
