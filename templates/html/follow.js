// Goes to the figure of the address and shows it as the address says. The last part: each other has said what it can show.
(() => {
  const follow = () => {
    const [id, query] = decodeURIComponent(location.hash.slice(1)).split("?");
    const target = document.getElementById(id);
    if (id && !target) {
      // In a report of several pages another page has it, as the contents or the list of figures know.
      const link = [...document.links].find((each) => decodeURIComponent(each.hash) === `#${id}` && each.pathname !== location.pathname);
      if (link) location.replace(link.href.split("#")[0] + location.hash);
      return;
    }
    if (query === undefined || !views.has(id)) return;
    views.get(id)(Object.fromEntries(new URLSearchParams(query)));
    target.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", follow);
  follow();
})();
