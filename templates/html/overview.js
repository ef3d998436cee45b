// The contents follow the reader; Alt and the arrow keys go from figure to figure. Without this script all links are there.
(() => {
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a")) {
    const target = document.getElementById(link.getAttribute("href").slice(1));
    if (target) links.set(target, link);
  }
  const targets = [...links.keys()];
  const contents = document.querySelector(".contents");
  let current = null;
  const follow = () => {
    const passed = targets.filter((target) => target.getBoundingClientRect().top < innerHeight * 0.3);
    const link = passed.length ? links.get(passed[passed.length - 1]) : null;
    if (link === current) return;
    if (current) current.removeAttribute("aria-current");
    current = link;
    if (!link) return;
    link.setAttribute("aria-current", "true");
    const [box, at] = [contents.getBoundingClientRect(), link.getBoundingClientRect()];
    if (at.top < box.top || at.bottom > box.bottom) contents.scrollTop += at.top - box.top - box.height / 3;
  };
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      follow();
    });
  };
  if (contents) {
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    follow();
  }

  // Notes stand in the margin of a wide page, opened; elsewhere they are closed until they are asked for.
  const wide = matchMedia("(min-width: 76rem)");
  const place = () => {
    for (const notes of document.querySelectorAll("details.notes")) notes.open = wide.matches;
  };
  wide.addEventListener("change", place);
  place();

  const figures = [...document.querySelectorAll("figure[id]")];
  addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (document.querySelector("dialog[open]")) return;
    const top = (figure) => figure.getBoundingClientRect().top;
    const next =
      event.key === "ArrowDown"
        ? figures.find((figure) => top(figure) > 24)
        : figures.filter((figure) => top(figure) < -8).pop();
    if (!next) return;
    event.preventDefault();
    next.scrollIntoView({ block: "start" });
    next.querySelector("a.name").focus({ preventScroll: true });
  });
  const list = document.querySelector(".figure-list");
  // In a report of several pages the figures stand in the others.
  if (list && figures.length) {
    const hint = document.createElement("p");
    hint.className = "muted";
    hint.textContent = words.figure_keys;
    list.append(hint);

    // Each with a small copy of its first picture, which costs the page no byte. They are made when the list comes into view.
    const thumbnail = (link) => {
      const figure = document.getElementById(link.getAttribute("href").slice(1));
      const pictures = [...(figure?.querySelectorAll(".grid .picture") ?? [])];
      const telling = pictures.find((picture) => picture.querySelector("[data-map]:not([data-map=''])")) ?? pictures[0];
      const copy = (telling?.querySelector("img, svg") ?? figure.querySelector("table")).cloneNode(true);
      for (const row of [...copy.querySelectorAll("tbody tr")].slice(5)) row.remove();
      for (const element of [copy, ...copy.querySelectorAll("[id]")]) element.removeAttribute("id");
      if (copy.alt) copy.alt = "";
      const box = made("span", { className: "thumbnail" }, copy);
      box.setAttribute("aria-hidden", "true");
      link.prepend(box);
    };
    list.classList.add("with-thumbnails");
    list.open = true;
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        seen.unobserve(entry.target);
        thumbnail(entry.target);
      }
    }, { rootMargin: "200px" });
    list.querySelectorAll("a").forEach((link) => seen.observe(link));
  }
})();
