// The map of the papers: a point each, coloured by category, to zoom, point at and open.
(() => {
  const page = window.paperCards;
  const { make, t } = page;
  const WIDTH = 1000;
  const EDGE = 30;
  const RADIUS = 4.6;
  const COLOURS = 8;
  const draw = (tag, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  const cited = () => {
    const answers = document.querySelectorAll("#messages .answer");
    const last = answers[answers.length - 1];
    return new Set([...(last?.querySelectorAll(".citation") ?? [])].map((chip) => chip.dataset.card));
  };

  page.map = async (element) => {
    element.replaceChildren(make("p", { class: "quiet" }, t("loading")));
    const points = await page.points();
    if (typeof points === "string") {
      element.replaceChildren(make("p", { class: "quiet", role: "status" }, points));
      return;
    }
    const byId = new Map(points.map(([id, , , category, title]) => [id, { category, title }]));
    const categories = [...new Set(points.map(([, , , category]) => category))];
    const colour = (category) => categories.indexOf(category) % COLOURS;

    const svg = draw("svg", { role: "img", "aria-label": t("map_about") });
    const circles = points.map(([id, , , category]) =>
      draw("circle", { "data-card": id, class: `point hue-${colour(category)}` }));
    svg.append(...circles);
    const label = make("div", { class: "map-label", hidden: true, "aria-hidden": "true" });
    const button = (key, sign, pressed) =>
      make("button", { type: "button", "aria-label": t(key), title: t(key), onclick: pressed }, sign);
    const controls = make("div", { class: "map-controls" },
      button("zoom_in", "+", () => zoom(0.7)), button("zoom_out", "−", () => zoom(1 / 0.7)),
      button("reset", "⤢", () => { Object.assign(view, whole); look(); }));
    const frame = make("div", { class: "map-frame" }, svg, controls, label);
    const legend = make("div", { class: "legend", role: "group", "aria-label": t("category") },
      ...categories.map((category) => make("button", {
        type: "button", "aria-pressed": "false", onclick: (event) => single(event.currentTarget, category),
      }, make("span", { class: `dot hue-${colour(category)}`, "aria-hidden": "true" }), page.category(category))));
    element.replaceChildren(
      make("p", { class: "map-about" }, t("map_about"), " ", make("button", { type: "button", class: "link",
        onclick: () => page.show("browse") }, t("map_keyboard"))),
      legend, frame, make("p", { class: "quiet map-lit" }, t("map_lit")));

    const whole = { x: 0, y: 0, width: WIDTH, height: WIDTH };
    const view = {};
    const look = () => {
      svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
      // Points keep their size on the screen, and grow a little when looked at closely.
      const closer = (WIDTH / view.width) ** 0.25;
      svg.style.setProperty("--r", `${(RADIUS * closer * view.width) / (svg.clientWidth || WIDTH)}px`);
    };
    // The axes mean nothing, so the map takes the shape of the room that it has.
    const layOut = () => {
      whole.height = WIDTH * (svg.clientHeight / svg.clientWidth || 0.68);
      points.forEach(([, x, y], place) => {
        circles[place].setAttribute("cx", EDGE + x * (WIDTH - 2 * EDGE));
        circles[place].setAttribute("cy", EDGE + y * (whole.height - 2 * EDGE));
      });
      Object.assign(view, whole);
      look();
    };
    const zoom = (by, x = view.x + view.width / 2, y = view.y + view.height / 2) => {
      const width = Math.min(WIDTH * 1.2, Math.max(WIDTH / 30, view.width * by));
      const real = width / view.width;
      Object.assign(view, { x: x - (x - view.x) * real, y: y - (y - view.y) * real, width, height: view.height * real });
      look();
    };
    const at = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());

    const single = (pressed, category) => {
      const on = pressed.getAttribute("aria-pressed") !== "true";
      for (const each of legend.children) each.setAttribute("aria-pressed", String(each === pressed && on));
      for (const circle of circles)
        circle.classList.toggle("dim", on && byId.get(circle.dataset.card).category !== category);
    };

    const held = new Map();
    let moved = false;
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      const { x, y } = at(event);
      zoom(event.deltaY > 0 ? 1.18 : 1 / 1.18, x, y);
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      held.set(event.pointerId, event);
      moved = false;
    });
    svg.addEventListener("pointermove", (event) => {
      point(event.target.closest("circle"), event);
      const before = held.get(event.pointerId);
      if (!before) return;
      const from = at(before);
      const to = at(event);
      if (held.size === 2) {
        const [one, two] = [...held.values()];
        const other = one.pointerId === event.pointerId ? two : one;
        const apart = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY) || 1;
        const middle = at(other);
        zoom(apart(before) / apart(event), middle.x, middle.y);
        moved = true;
      } else if (moved || Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) > 4) {
        if (!moved) svg.setPointerCapture(event.pointerId);
        moved = true;
        view.x -= to.x - from.x;
        view.y -= to.y - from.y;
        look();
      } else return;
      held.set(event.pointerId, event);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"])
      svg.addEventListener(end, (event) => {
        held.delete(event.pointerId);
        if (end === "pointerleave") point(null);
      });
    svg.addEventListener("click", (event) => {
      const circle = event.target.closest("circle");
      if (circle && !moved) page.openCard(circle.dataset.card);
    });

    let pointed = null;
    const point = (circle, event) => {
      if (circle !== pointed) {
        pointed = circle;
        label.hidden = !circle;
        if (circle) {
          const card = byId.get(circle.dataset.card);
          label.replaceChildren(make("strong", {}, card.title), make("span", {}, page.category(card.category)));
        }
      }
      if (!circle) return;
      const box = frame.getBoundingClientRect();
      const left = event.clientX - box.left;
      label.style.left = `${Math.max(4, Math.min(left + 14, box.width - label.offsetWidth - 8))}px`;
      label.style.top = `${event.clientY - box.top + 16}px`;
    };

    const light = () => {
      const ids = cited();
      for (const circle of circles) {
        const lit = ids.has(circle.dataset.card);
        circle.classList.toggle("lit", lit);
        if (lit) svg.append(circle);
      }
      element.querySelector(".map-lit").hidden = !ids.size;
    };
    // Whoever has looked closer stays there when a card opens beside the map.
    new ResizeObserver(() => { if (svg.clientWidth) view.width === whole.width ? layOut() : look(); }).observe(svg);
    layOut();
    light();
    document.addEventListener("click", (event) => { if (event.target.closest?.("#view-map-button")) light(); });
  };
})();
