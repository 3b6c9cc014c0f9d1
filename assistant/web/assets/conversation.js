// The conversation: suggested questions, copying, rating, asking again, earlier conversations, and the scope.
(() => {
  const page = window.paperCards;
  const { make, t } = page;

  const turnOf = (element) => element.closest(".answer")?.dataset.turn;

  // An answer as plain text, its chips as numbers, what they stand for at the end.
  const plain = (answer) => {
    const said = make("div");
    said.append(...[...answer.querySelectorAll(".said")].map((part) => part.cloneNode(true)));
    const sources = new Map();
    for (const chip of said.querySelectorAll(".citation")) {
      const { marker, title, card, quote } = chip.dataset;
      sources.set(marker, `[${marker}] ${title} (${card}): ${quote}`);
      chip.replaceWith(` [${marker}]`);
    }
    const blocks = [...said.querySelectorAll("p, li, tr, h1, h2, h3, h4")].map((block) =>
      block.matches("tr") ? [...block.cells].map((cell) => cell.textContent.trim()).join("\t") : block.textContent);
    return [...blocks, "", ...sources.values()].join("\n").trim();
  };

  page.actions.copy = (button) => page.copy(plain(button.closest(".answer")), button);
  page.actions.retry = (button) => page.tell("ask", { retry: turnOf(button) });
  page.actions.examples = async (button) => {
    const list = button.closest(".welcome").querySelector(".suggestions");
    list.outerHTML = await page.look("examples");
  };
  page.actions.rate = (button) => {
    const answer = button.closest(".answer");
    const thumbs = answer.querySelectorAll("[data-action=rate]");
    const back = button.getAttribute("aria-pressed") === "true";
    for (const thumb of thumbs) thumb.setAttribute("aria-pressed", String(thumb === button && !back));
    const rating = back ? null : button.dataset.rating;
    page.tell("rate", { turn: turnOf(button), rating });
    answer.querySelector(".comment")?.remove();
    if (!rating) return;
    const words = make("input", { type: "text", maxlength: 2000, "aria-label": t("comment"), placeholder: t("comment") });
    const form = make("form", { class: "comment" }, words, make("button", { type: "submit" }, t("send")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      page.tell("rate", { turn: answer.dataset.turn, rating, comment: words.value });
      form.replaceChildren(make("span", { class: "quiet" }, t("thanks")));
      page.announce(t("thanks"));
    });
    answer.querySelector(".actions").after(form);
    words.focus();
  };

  page.save = (markdown) => {
    if (!markdown) return page.announce(t("nothing_to_download"));
    const link = make("a", { download: "paper-cards.md" });
    link.href = URL.createObjectURL(new Blob([markdown], { type: "text/markdown" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    const ask = at("[data-ask]");
    if (ask) page.tell("ask", { question: ask.dataset.ask });
    const resume = at("[data-resume]");
    if (resume) {
      page.tell("resume", { id: resume.dataset.resume });
      page.toChat();
    }
    const forget = at("[data-forget]");
    if (forget && confirm(t("delete_sure"))) page.tell("forget", { id: forget.dataset.forget });
    const unscope = at("[data-unscope]");
    if (unscope) page.tell("narrow", { kind: unscope.dataset.unscope, value: unscope.dataset.value });
  });

  // A list of many cards comes as ids; their titles are looked up when it is opened, and as it is scrolled.
  const AT_ONCE = 60;
  document.addEventListener("toggle", (event) => {
    const list = event.target;
    if (!list.matches?.("details.cards-of") || !list.open || list.querySelector("ul")) return;
    const ids = list.dataset.cards.split(" ").filter(Boolean);
    const shown = make("ul", { class: "card-links" });
    const more = make("div", { class: "more" });
    list.append(shown, more);
    page.whenReached(more, async () => {
      const part = ids.splice(0, AT_ONCE);
      const titles = new Map(await page.look("titles", { ids: part }));
      shown.append(...part.map((id) => make("li", {},
        make("button", { type: "button", class: "card-link", "data-card": id }, titles.get(id) ?? id))));
      return ids.length > 0;
    });
  }, true);

  // A new question goes to the top of the view, so that its answer can be read as it grows.
  let questions = 0;
  new MutationObserver(() => {
    const asked = document.querySelectorAll("#messages .question");
    if (asked.length > questions) asked[asked.length - 1].scrollIntoView({ block: "start" });
    questions = asked.length;
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
