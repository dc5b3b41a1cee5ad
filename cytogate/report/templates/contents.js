(() => {
  "use strict";
  // Table of contents: where the reader is, and jumps that land exactly. Figures drawn late and tables laid out late
  // push what is below them, so a place that was jumped to is held until the page is quiet or the reader moves.
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const root = document.documentElement;
  const nav = one("nav");
  const parts = all("main > section");
  const links = new Map(all("a", nav).map((link) => [link.getAttribute("href").slice(1), link]));
  const QUIET = 5000; // ms without any change of layout after which a place is let go

  const line = () => parseFloat(getComputedStyle(root).scrollPaddingTop) || 0; // what covers the top of the window
  let held = null;
  let timer = 0;
  const release = () => {
    held = null;
    clearTimeout(timer);
  };
  const land = () => {
    if (!held) return;
    const by = held.getBoundingClientRect().top - line();
    if (Math.abs(by) >= 1) window.scrollBy({ top: by, behavior: "instant" });
    clearTimeout(timer);
    timer = setTimeout(release, QUIET);
  };
  const hold = (hash) => {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(hash.slice(1)));
    } catch { /* no name that this page could have */ }
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    held = target;
    land();
  };
  const watch = new ResizeObserver(land);
  for (const part of [one("main"), nav, ...parts]) watch.observe(part);
  for (const event of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    document.addEventListener(event, release, { passive: true, capture: true });
  }
  document.addEventListener("click", (event) => {
    const hash = event.target.closest?.("a[href^='#']")?.hash;
    if (hash && !event.ctrlKey && !event.metaKey && !event.shiftKey) setTimeout(() => hold(hash)); // after the browser's own jump
  });
  window.addEventListener("hashchange", () => hold(location.hash));
  const arrival = performance.getEntriesByType?.("navigation")[0]?.type;
  if (location.hash && (arrival === undefined || arrival === "navigate")) {
    hold(location.hash);
    window.addEventListener("load", () => held && land());
  }

  const mark = () => {
    const from = line() + 8;
    const here = (parts.findLast((part) => part.getBoundingClientRect().top <= from) ?? parts[0])?.id;
    for (const [id, link] of links) {
      link.classList.toggle("here", id === here);
      if (id === here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const link = links.get(here); // in a narrow window the contents are a row that goes on sideways
    if (!link) return;
    const { offsetLeft: left, offsetTop: top, offsetWidth: wide, offsetHeight: tall } = link;
    if (nav.scrollWidth > nav.clientWidth) nav.scrollLeft = left + wide / 2 - nav.clientWidth / 2;
    else if (nav.scrollHeight > nav.clientHeight) nav.scrollTop = top + tall / 2 - nav.clientHeight / 2;
  };
  let queued = false;
  document.addEventListener("scroll", () => {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => { queued = false; mark(); });
  }, { passive: true });
  mark();
})();
