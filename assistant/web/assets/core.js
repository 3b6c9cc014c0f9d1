// What all scripts of the page share: language, texts, theme, the way to the server, and small helpers.
(() => {
  const page = window.paperCards;
  const chosen = document.cookie.match(new RegExp(`(?:^|; )${page.cookie}=(en|zh)`))?.[1];
  page.language = chosen ?? (/^zh/i.test(navigator.language) ? "zh" : "en");
  if (chosen) document.documentElement.lang = chosen;

  page.t = (key, values = {}) =>
    Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value),
      page.texts[page.language][key] ?? key);

  page.category = (name) => (page.language === "en" ? page.categories[name] ?? name : name);

  // An element with properties and children; text goes in as text only.
  page.make = (tag, properties = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value != null) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child != null));
    return made;
  };

  page.icon = (name) => page.make("span", { class: `icon icon-${name}`, "aria-hidden": "true" });

  // The server is there once the page is up; whoever asks earlier waits.
  let connected;
  const connection = new Promise((resolve) => { connected = resolve; });
  page.connect = (trigger, server) => {
    connected({ trigger, server });
    applyTheme(localStorage.getItem("paper-cards-theme"));
    const toggle = document.querySelector("#sidebar .toggle-button");
    toggle?.setAttribute("aria-label", page.t("conversations"));
    toggle?.setAttribute("title", page.t("conversations"));
    page.linked();
  };
  page.tell = async (event, data = {}) => (await connection).trigger(event, data);
  page.look = async (what, data = {}) => (await connection).server[what](data);

  const kept = {};
  page.kinds = () => (kept.kinds ??= page.look("kinds"));
  page.points = () => (kept.points ??= page.look("points"));

  // Calls `next` whenever an element comes into sight or near it, until that says that there is no more. Where the
  // server was busy or away it is asked again.
  const AGAIN = 2000;
  page.whenReached = (element, next) => {
    let busy = false;
    let near = false;
    const go = async () => {
      if (busy) return;
      busy = true;
      try {
        while (near && await next());
      } catch {
        setTimeout(go, AGAIN);
      } finally {
        busy = false;
      }
    };
    new IntersectionObserver((seen) => { near = seen.at(-1).isIntersecting; go(); }, { rootMargin: "600px" })
      .observe(element);
    return go;
  };

  page.translate = (element) => {
    for (const each of element.querySelectorAll("[data-text]")) each.textContent = page.t(each.dataset.text);
    for (const each of element.querySelectorAll("[data-label]")) {
      each.setAttribute("aria-label", page.t(each.dataset.label));
      each.title = page.t(each.dataset.label);
    }
  };
  page.header = (element) => page.translate(element);

  page.announce = (text) => {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = text;
  };

  page.copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a secure address browsers have only the old way.
      const area = page.make("textarea", { class: "for-readers" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    page.announce(page.t("copied"));
    button?.classList.add("done");
    setTimeout(() => button?.classList.remove("done"), 1500);
  };

  page.show = (view) => document.getElementById(`view-${view}-button`)?.click();
  page.toChat = (kept) => {
    page.show("chat");
    // On a phone the list of conversations covers everything.
    if (matchMedia("(max-width: 768px)").matches) document.querySelector("#sidebar.open .toggle-button")?.click();
    return kept;
  };

  // Every button that says in `data-action` what it does.
  page.actions = {
    theme: () => {
      const next = document.body.classList.contains("dark") ? "light" : "dark";
      localStorage.setItem("paper-cards-theme", next);
      applyTheme(next);
    },
    language: () => {
      const next = page.language === "en" ? "zh" : "en";
      document.cookie = `${page.cookie}=${next}; path=/; max-age=31536000; SameSite=Lax`;
      location.reload();
    },
  };
  const applyTheme = (theme) => {
    if (theme) document.body.classList.toggle("dark", theme === "dark");
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-action]");
    if (button) page.actions[button.dataset.action]?.(button);
  });
})();
