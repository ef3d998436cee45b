// Pictures open large. Without this script the page is whole: only the enlarging is missing.
(() => {
  const viewer = document.getElementById("viewer");
  if (!viewer || typeof viewer.showModal !== "function") return;
  const stage = viewer.querySelector(".stage");
  const caption = viewer.querySelector(".caption");
  const previous = viewer.querySelector(".previous");
  const next = viewer.querySelector(".next");
  const pictures = [...document.querySelectorAll(".grid .picture")];
  const openers = [];
  let shown = 0;

  const show = (index) => {
    shown = index;
    const picture = pictures[index];
    const copy = picture.querySelector("img, svg").cloneNode(true);
    copy.querySelectorAll(".lit, .part").forEach((mark) => mark.remove());
    copy.removeAttribute("loading");
    stage.replaceChildren(copy);
    const figure = picture.closest("figure");
    const label = picture.closest(".tile").querySelector(".tile-label");
    const parts = [figure.querySelector("figcaption .name").textContent];
    if (label) parts.push(label.textContent);
    caption.textContent = parts.join("　");
    previous.disabled = index === 0;
    next.disabled = index === pictures.length - 1;
  };

  pictures.forEach((picture, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = words.enlarge;
    if (picture.classList.contains("chart") || "group" in picture.closest(".tile").dataset) {
      // The text of a chart can be marked and copied, and superpixels are clicked, so that the picture itself is no button.
      button.className = "enlarge-chart";
      button.setAttribute("aria-label", words.enlarge);
      button.textContent = "⤢";
      picture.append(button);
    } else {
      button.className = "enlarge";
      picture.replaceWith(button);
      button.append(picture);
    }
    openers.push(button);
    button.addEventListener("click", () => {
      show(index);
      viewer.showModal();
      viewer.querySelector(".close").focus();
    });
  });

  const step = (by) => {
    if (pictures[shown + by]) show(shown + by);
  };
  previous.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  viewer.querySelector(".close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => {
    if (event.target === viewer || event.target === stage) viewer.close();
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  viewer.addEventListener("close", () => {
    stage.replaceChildren();
    openers[shown].focus();
  });
})();
