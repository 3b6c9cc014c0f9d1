// All cards as a table that is searched as one types, with filters that the chat can take over.
(() => {
  const page = window.paperCards;
  const { make, t } = page;
  const AT_ONCE = 60;
  const state = { words: "", category: "", tag: "", ranked: null };
  let draw = () => {};

  const folded = (text) => text.toLowerCase().replace(/[\s_-]+/g, " ").trim();

  page.browseFor = ({ category = "", tag = "" }) => {
    Object.assign(state, { words: "", category, tag, ranked: null });
    page.show("browse");
    draw();
  };

  const matching = (cards) => {
    const words = state.ranked ? [] : folded(state.words).split(" ").filter(Boolean);
    const tag = folded(state.tag);
    const kept = cards.filter((card) =>
      (!state.category || card.category === state.category) &&
      (!tag || card.tags.some((each) => folded(each) === tag)) &&
      words.every((word) => card.haystack.includes(word)));
    if (!state.ranked) return kept;
    const place = new Map(state.ranked.map(([id], rank) => [id, rank]));
    return kept.filter((card) => place.has(card.id)).sort((a, b) => place.get(a.id) - place.get(b.id));
  };

  const row = (card, snippet) => make("tr", {},
    make("td", {},
      make("button", { type: "button", class: "card-link", "data-card": card.id }, card.title),
      make("p", { class: "summary" }, snippet || card.summary)),
    make("td", { class: "of-category" }, page.category(card.category)),
    make("td", { class: "of-tags" }, ...card.tags.slice(0, 4).map((tag) => make("button",
      { type: "button", class: "tag", onclick: () => page.browseFor({ tag }) }, `#${tag}`))));

  page.browse = async (element) => {
    element.replaceChildren(make("p", { class: "quiet" }, t("loading")));
    const cards = await page.catalogue();
    for (const card of cards) card.haystack = folded([card.id, card.title, card.summary, ...card.tags].join(" "));
    const counts = (values) => [...values.reduce((all, value) => all.set(value, (all.get(value) ?? 0) + 1), new Map())]
      .sort((a, b) => b[1] - a[1]);

    const words = make("input", { type: "search", id: "browse-words", placeholder: t("search_hint") });
    const category = make("select", { id: "browse-category" }, make("option", { value: "" }, t("all_categories")),
      ...counts(cards.map((card) => card.category)).map(([name, count]) =>
        make("option", { value: name }, `${page.category(name)} (${count})`)));
    const tag = make("input", { type: "text", id: "browse-tag", list: "browse-tags", placeholder: t("all_tags") });
    const tags = make("datalist", { id: "browse-tags" }, ...counts(cards.flatMap((card) => card.tags)).slice(0, 400)
      .map(([name]) => make("option", { value: name })));
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

    let found = [];
    let shown = 0;
    let snippets = new Map();
    const grow = () => {
      body.append(...found.slice(shown, shown + AT_ONCE).map((card) => row(card, snippets.get(card.id))));
      shown = Math.min(found.length, shown + AT_ONCE);
    };
    draw = () => {
      words.value = state.words;
      category.value = state.category;
      tag.value = state.tag;
      snippets = new Map(state.ranked ?? []);
      found = matching(cards);
      shown = 0;
      body.replaceChildren();
      grow();
      within.disabled = !state.category && !state.tag;
      clear.disabled = within.disabled && !state.words;
      const count = t("shown", { count: found.length, total: cards.length });
      status.textContent = !found.length ? t("none_found") : state.ranked ? `${t("by_meaning")} · ${count}` : count;
    };
    const rank = async () => {
      const asked = state.words.trim();
      if (!asked) return;
      const ranked = await page.look("find", { query: asked });
      if (asked === state.words.trim()) Object.assign(state, { ranked });
      draw();
    };
    words.addEventListener("input", () => { Object.assign(state, { words: words.value, ranked: null }); draw(); });
    words.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.isComposing) rank(); });
    category.addEventListener("change", () => { state.category = category.value; draw(); });
    tag.addEventListener("input", () => { state.tag = tag.value; draw(); });
    clear.addEventListener("click", () => { page.browseFor({}); words.focus(); });
    within.addEventListener("click", () => {
      page.tell("narrow", { categories: state.category ? [state.category] : [], tags: state.tag ? [state.tag] : [] });
      page.show("chat");
      document.querySelector("#question textarea")?.focus();
    });
    new IntersectionObserver((seen) => { if (seen[0].isIntersecting && shown < found.length) grow(); },
      { rootMargin: "600px" }).observe(more);
    draw();
  };
})();
