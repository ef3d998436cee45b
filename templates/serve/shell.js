// The report in a frame, so that its bytes are those on the disk; loaded again after each build. The address names the page
// in the frame, the first one or that of a question, and the place in it.
const frame = document.getElementById("report");
const status = document.getElementById("status");
const faults = document.getElementById("faults");
const text = faults.querySelector("pre");
const EVERY_MS = 400;
let shown = null; // version that the frame shows
let told = ""; // faults that are on the page, or were hidden by the reader
let first = ""; // path of the page with the overview

faults.querySelector("button").addEventListener("click", () => { faults.hidden = true; });

frame.addEventListener("load", () => {
  const inside = frame.contentWindow;
  if (!inside.location.href.startsWith(location.origin)) return;
  if (inside.document.contentType !== "text/html") {
    // The page of a question that the report has no more.
    if (first && inside.location.pathname !== first) inside.location.replace(first);
    return;
  }
  document.title = inside.document.title || document.title;
  const follow = () => {
    const page = inside.location.pathname === first ? "/" : inside.location.pathname;
    history.replaceState(null, "", page + inside.location.hash);
  };
  follow();
  inside.addEventListener("hashchange", follow);
});

function show(state) {
  status.textContent = state.building ? "building…" : "";
  if (state.faults !== told) {
    told = state.faults;
    text.textContent = told;
    faults.hidden = told === "";
  }
  if (state.page && state.version !== shown) {
    first = "/" + encodeURIComponent(state.page);
    if (shown === null) frame.src = (location.pathname === "/" ? first : location.pathname) + location.hash;
    else frame.contentWindow.location.reload();
    shown = state.version;
  }
}

async function look() {
  try {
    const answer = await fetch("/_serve/state", { cache: "no-store" });
    show(await answer.json());
  } catch {
    status.textContent = "cnn-report serve has ended";
  }
  setTimeout(look, EVERY_MS);
}
look();
