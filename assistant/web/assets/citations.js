// Citation chips: pointing at one or focusing it shows the quoted words, pressing it opens the card.
(() => {
  const page = window.paperCards;
  let shownFor = null;
  let closing;

  const tip = () => document.getElementById("citation-tip");

  const show = (chip) => {
    clearTimeout(closing);
    if (shownFor === chip) return;
    const { make } = page;
    const box = tip();
    if (!box) return;
    box.replaceChildren(
      make("p", { class: "tip-quote" }, chip.dataset.quote),
      make("p", { class: "tip-source" }, make("strong", {}, chip.dataset.title), ` · ${chip.dataset.field}`),
    );
    box.hidden = false;
    shownFor?.removeAttribute("aria-describedby");
    shownFor = chip;
    chip.setAttribute("aria-describedby", box.id);
    const at = chip.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left - 24, innerWidth - box.offsetWidth - 8));
    const above = at.top - box.offsetHeight - 8;
    box.style.left = `${left}px`;
    box.style.top = `${above > 60 ? above : at.bottom + 8}px`;
  };

  const hide = () => {
    const box = tip();
    if (box) box.hidden = true;
    shownFor?.removeAttribute("aria-describedby");
    shownFor = null;
  };

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const chip = event.target.closest?.(".citation");
    if (chip) show(chip);
    else if (shownFor && event.target.closest?.("#citation-tip")) clearTimeout(closing);
    else if (shownFor && document.activeElement !== shownFor) {
      clearTimeout(closing);
      closing = setTimeout(hide, 150);
    }
  });
  document.addEventListener("focusin", (event) => {
    const chip = event.target.closest?.(".citation");
    if (chip?.matches(":focus-visible")) show(chip);
    else hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    if ((event.key === "Enter" || event.key === " ") && event.target.closest?.(".citation")) {
      event.preventDefault();
      event.target.click();
    }
  });
  addEventListener("scroll", hide, { passive: true });
  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.(".citation");
    if (!chip) return;
    hide();
    page.openCard(chip.dataset.card, { spans: chip.dataset.spans, from: chip });
  });
})();
