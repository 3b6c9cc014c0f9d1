// The card panel beside the chat: one card, the cited words marked and in view.
(() => {
  const page = window.paperCards;
  let opener = null;
  let wanted = 0;

  const panel = () => document.getElementById("card-panel");
  const address = (id) => {
    const url = new URL(location.href);
    if (id) url.searchParams.set("card", id);
    else url.searchParams.delete("card");
    return url;
  };

  page.panel = (element) => {
    page.translate(element);
    element.querySelector("#card-panel").setAttribute("aria-label", page.t("card"));
  };

  // Whoever follows a permanent link sees its card.
  page.linked = () => {
    const id = new URLSearchParams(location.search).get("card");
    if (id) page.openCard(id);
  };

  page.openCard = async (id, { spans = "", from = null } = {}) => {
    const turn = ++wanted;
    const html = await page.look("card", { id, spans });
    const aside = panel();
    // A later press wins over a slower earlier one.
    if (turn !== wanted || !aside) return;
    if (from && !aside.contains(from)) opener = from;
    const body = aside.querySelector(".panel-body");
    body.innerHTML = html;
    aside.hidden = false;
    document.body.classList.add("card-open");
    history.replaceState(history.state, "", address(id));
    body.scrollTop = 0;
    body.querySelector("h2")?.focus({ preventScroll: true });
    body.querySelector("mark")?.scrollIntoView({ block: "center" });
    const similar = await page.look("similar", { id });
    if (turn === wanted) body.querySelector(".similar")?.insertAdjacentHTML("beforeend", similar);
  };

  const close = () => {
    const aside = panel();
    if (!aside || aside.hidden) return;
    aside.hidden = true;
    document.body.classList.remove("card-open");
    history.replaceState(history.state, "", address(null));
    if (opener?.isConnected) opener.focus();
    opener = null;
  };

  page.actions["close-card"] = close;
  page.actions["copy-text"] = (button) => page.copy(button.dataset.value, button);
  page.actions["copy-link"] = (button) => {
    const url = new URL(location.pathname, location.href);
    url.searchParams.set("card", button.dataset.value);
    page.copy(url.href, button);
  };
  page.actions["ask-card"] = (button) => {
    page.tell("narrow", { cards: [button.dataset.value] });
    page.show("chat");
    if (matchMedia("(max-width: 900px)").matches) close();
    document.querySelector("#question textarea")?.focus();
  };

  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".card-link");
    if (link) page.openCard(link.dataset.card, { from: link });
    const side = event.target.closest?.("#card-panel [data-show]");
    if (side) {
      for (const each of panel().querySelectorAll("[data-show]")) each.setAttribute("aria-pressed", each === side);
      for (const each of panel().querySelectorAll(".fields")) each.hidden = each.dataset.language !== side.dataset.show;
    }
    const tag = event.target.closest?.("#card-panel .tag");
    const category = event.target.closest?.("#card-panel button[data-category]");
    if (tag) page.browseFor({ tag: tag.dataset.tag });
    if (category) page.browseFor({ category: category.dataset.category });
    if ((tag || category) && matchMedia("(max-width: 900px)").matches) close();
  });
})();
