// All cards as a table that is searched as one types, with filters that the chat can take over.
(() => {
  const page = window.paperCards;
  const { make, t } = page;
  // Typing goes on for so long before the server is asked.
  const PAUSE = 120;
  const state = { words: "", category: "", tag: "", ranked: false };
  let draw = () => {};

  page.browseFor = ({ category = "", tag = "" }) => {
    Object.assign(state, { words: "", category, tag, ranked: false });
    page.show("browse");
    draw();
  };

  const row = ([id, title, category, tags, summary]) => make("tr", {},
    make("td", {},
      make("button", { type: "button", class: "card-link", "data-card": id }, title),
      make("p", { class: "summary" }, summary)),
    make("td", { class: "of-category" }, page.category(category)),
    make("td", { class: "of-tags" }, ...tags.slice(0, 4).map((tag) => make("button",
      { type: "button", class: "tag", onclick: () => page.browseFor({ tag }) }, `#${tag}`))));

  page.browse = async (element) => {
    element.replaceChildren(make("p", { class: "quiet" }, t("loading")));
    const kinds = await page.kinds();

    const words = make("input", { type: "search", id: "browse-words", placeholder: t("search_hint") });
    const category = make("select", { id: "browse-category" }, make("option", { value: "" }, t("all_categories")),
      ...kinds.categories.map(([name, count]) => make("option", { value: name }, `${page.category(name)} (${count})`)));
    const tag = make("input", { type: "text", id: "browse-tag", list: "browse-tags", placeholder: t("all_tags") });
    const tags = make("datalist", { id: "browse-tags" }, ...kinds.tags.map(([name]) => make("option", { value: name })));
    const labelled = (key, field) => make("label", { class: "field" }, make("span", {}, t(key)), field);
    const within = make("button", { type: "button", class: "primary" }, t("ask_within"));
    const clear = make("button", { type: "button" }, t("clear"));
    const status = make("p", { class: "quiet", role: "status" });
    const body = make("tbody");
    const more = make("div", { class: "more" });
    const table = make("table", { class: "cards" },
      make("thead", {}, make("tr", {}, ...["paper", "category", "tags"].map((key) => make("th", { scope: "col" }, t(key))))),
      body);
    element.replaceChildren(
      make("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
        labelled("search_cards", words), labelled("category", category), labelled("tag", tag), tags, within, clear),
      status, table, more);

    // What is looked at: another with every change of the filters, so that late answers are known as such.
    let view = { end: true };
    const load = async (current) => {
      if (current.end) return false;
      const { category, tag, ranked } = state;
      const asked = state.words.trim();
      const found = ranked
        ? await page.look("find", { query: asked, category, tag })
        : await page.look("browse", { words: asked, category, tag, start: current.shown });
      if (current !== view) return !view.end;
      const rows = found.rows.map(row);
      current.shown ? body.append(...rows) : body.replaceChildren(...rows);
      current.shown += rows.length;
      current.end = ranked || !rows.length || current.shown >= found.found;
      const count = t("shown", { count: found.found, total: found.total });
      status.textContent = !found.found ? t("none_found") : ranked ? `${t("by_meaning")} · ${count}` : count;
      return !current.end;
    };
    const next = () => {
      const current = view;
      return current.loading ??= load(current).finally(() => { current.loading = null; });
    };
    const reached = page.whenReached(more, next);
    draw = () => {
      words.value = state.words;
      category.value = state.category;
      tag.value = state.tag;
      within.disabled = !state.category && !state.tag;
      clear.disabled = within.disabled && !state.words;
      view = { shown: 0, end: false };
      next().finally(reached);
    };
    let waiting;
    const typed = (change) => {
      Object.assign(state, change);
      clearTimeout(waiting);
      waiting = setTimeout(draw, PAUSE);
    };
    words.addEventListener("input", () => typed({ words: words.value, ranked: false }));
    words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || !words.value.trim()) return;
      clearTimeout(waiting);
      Object.assign(state, { words: words.value, ranked: true });
      draw();
    });
    category.addEventListener("change", () => { Object.assign(state, { category: category.value }); draw(); });
    tag.addEventListener("input", () => typed({ tag: tag.value }));
    clear.addEventListener("click", () => { page.browseFor({}); words.focus(); });
    within.addEventListener("click", () => {
      page.tell("narrow", { categories: state.category ? [state.category] : [], tags: state.tag ? [state.tag] : [] });
      page.show("chat");
      document.querySelector("#question textarea")?.focus();
    });
    draw();
  };
})();
