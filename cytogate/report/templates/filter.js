(() => {
  "use strict";
  // One filter for the whole page. An item says whom it is about by data-subject, data-visit, data-subset (several
  // values: one a line) or data-sample, from which patient and visit follow. What an item does not say of, no
  // choice hides. Paper shows all: the class "off" hides on screens only; what is part of a drawing fades, so that
  // the drawing keeps its shape. A section that a choice does not narrow says so, with its reason where it gives one.
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const bar = one("#filter");
  if (!bar) return;
  const FACETS = ["subject", "visit", "subset"];
  // A row has all words; a figure is of many patients, so that a patient's name is not asked of it; a cell or choice
  // has only the words that name a value of its own facets.
  const KINDS = [["row", "tr, article"], ["drawn", "svg *"], ["part", "td, th, option, a, span"], ["figure", "*"]];
  const PLURALS = { subject: "patients", visit: "visits", subset: "subsets" };
  const ITEMS = "[data-subject], [data-visit], [data-subset], [data-sample]";
  const places = JSON.parse(one("#places").textContent);
  const plain = (word) => word.replaceAll("_", " ").toLowerCase();
  const search = one("[name=words]", bar);
  const selects = Object.fromEntries(FACETS.map((facet) => [facet, one(`[name=${facet}]`, bar)]));
  const known = FACETS.map((facet) => [facet, [...selects[facet].options].slice(1).map((o) => plain(o.value))]);

  const facetsOf = (item) => {
    const [subject, visit] = places[item.dataset.sample] ?? [];
    const said = { subject, visit, ...item.dataset };
    return Object.fromEntries(FACETS.filter((facet) => said[facet]).map((facet) => [facet, said[facet].split("\n").map(plain)]));
  };
  const readings = new WeakMap();
  const read = (item) => {
    if (!readings.has(item)) {
      const facets = facetsOf(item);
      const kind = KINDS.find(([, of]) => item.matches(of))[0];
      if (kind === "drawn") return readings.set(item, { facets, text: "", kind }).get(item);
      const pictures = all("[aria-label]", item).map((picture) => picture.getAttribute("aria-label"));
      const said = [item.textContent, item.dataset.sample ?? "", ...pictures, ...Object.values(facets).flat()];
      readings.set(item, { facets, text: plain(said.join(" ")), kind });
    }
    return readings.get(item);
  };
  const itemsOf = (part) =>
    all(ITEMS, part).filter((item) => !item.closest(".patient-key") && Object.keys(read(item).facets).length > 0);
  // Which facets a word names.
  const speaks = (word) => known.filter(([, values]) => values.some((value) => value.includes(word))).map(([facet]) => facet);

  // The part that is being read stays in sight when those above it become shorter.
  const inPlace = (change) => {
    const line = bar.getBoundingClientRect().bottom + 1;
    const here = all("main > section").find((part) => part.getBoundingClientRect().bottom > line);
    const before = here?.getBoundingClientRect().top ?? 0;
    change();
    if (!here || before >= line) return;
    const { top, bottom } = here.getBoundingClientRect();
    const by = bottom - (top - before) > line + 80 ? top - before : top - line;
    window.scrollBy({ top: by, behavior: "instant" });
  };

  // A list from which a picture is chosen keeps to what fits; where nothing does, no picture stands below it.
  const subset = () => plain(selects.subset.value);
  const isOf = (names) => names?.split("\n").map(plain).includes(subset());
  let of = subset(); // the subset that pictures were last chosen for
  const follow = (choice) => {
    const free = [...choice.options].filter((option) => !option.disabled);
    one(`#${choice.dataset.follows}`).classList.toggle("off", free.length === 0);
    const still = choice.selectedOptions[0];
    const own = of !== subset() && free.find((option) => isOf(option.dataset.own));
    const wish = own || (still?.disabled ? free[0] : still);
    if (!wish || wish === still) return;
    choice.value = wish.value;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  };
  // A chosen subset is traced back through its gates.
  const trace = () => {
    if (of === subset()) return;
    of = subset();
    const backs = all("[name=back]");
    const wish = backs.find((back) => of !== "" && isOf(back.dataset.back)) ?? backs.find((back) => back.value === "");
    if (wish) wish.checked = true;
  };
  // What a section does not narrow, it says.
  const whole = (part, items, facets) => {
    const does = (facet) => items.some((item) => facet in read(item).facets) || (facet === "subject" && one("[data-fades]", part));
    const reasons = new Map(); // those that are the same are said once
    for (const facet of facets.filter((facet) => !does(facet))) {
      const why = one(`[data-whole=${facet}]`, part)?.textContent ?? "";
      reasons.set(why, [...(reasons.get(why) ?? []), PLURALS[facet]]);
    }
    const words = [...reasons].map(([why, of]) => `all ${of.join(" and ")}${why ? ` (${why})` : ""}`);
    let note = one(":scope > .whole", part);
    if (!note && !words.length) return;
    if (!note) {
      note = document.createElement("p");
      note.className = "note whole";
      one("h2", part).after(note);
    }
    note.hidden = !words.length;
    note.textContent = words.length ? `Not narrowed by the filter: ${words.join(", ")}.` : "";
  };

  const apply = () => {
    const wanted = FACETS.filter((facet) => selects[facet].value !== "").map((facet) => [facet, plain(selects[facet].value)]);
    const words = plain(search.value).split(/\s+/).filter(Boolean).map((word) => [word, speaks(word)]);
    const fits = (item) => {
      const { facets, text, kind } = read(item);
      const isFree = (about) =>
        kind !== "row" && (about.length > 0 ? !about.some((facet) => facet in facets) : kind === "part");
      return (
        wanted.every(([facet, value]) => !(facet in facets) || facets[facet].includes(value)) &&
        (kind === "drawn" || words.every(([word, about]) => text.includes(word) || isFree(about)))
      );
    };
    const active = wanted.length + words.length > 0;
    let shown = 0;
    let n = 0;
    for (const part of all("main > section")) {
      const items = itemsOf(part);
      for (const item of items) {
        const off = !fits(item);
        item.classList.toggle("off", off);
        if (item.tagName === "OPTION") item.disabled = off;
      }
      const isLeft = (item) => !item.closest(".off");
      for (const sheet of all("table.sheet", part)) {
        // A row or column of a sheet stays as long as a tube is left in it.
        const rows = [...sheet.tBodies[0].rows];
        const holds = (cell) => all(".tube", cell).some((tube) => !tube.classList.contains("off"));
        for (const row of rows) row.classList.toggle("off", active && ![...row.cells].some(holds));
        [...sheet.tHead.rows[0].cells].forEach((head, i) => {
          const cells = rows.map((row) => row.cells[i]);
          const empty = active && i > 0 && !cells.some(holds);
          for (const cell of [head, ...cells, sheet.tFoot?.rows[0].cells[i]]) cell?.classList.toggle("off", empty);
        });
      }
      const counted = items.filter((item) => ["row", "figure"].includes(read(item).kind));
      n += counted.length;
      shown += counted.filter(isLeft).length;
      const empty = active && items.length > 0 && !items.some(isLeft);
      part.classList.toggle("none-left", empty);
      for (const choice of all("select[data-follows]", part)) follow(choice);
      whole(part, items, empty ? [] : wanted.map(([facet]) => facet));
    }
    trace();
    // Lines of the chosen patient come forward, by the buttons that do so.
    const mine = plain(selects.subject.value);
    for (const button of all(".patient-key [data-subject]")) {
      const on = button.getAttribute("aria-pressed") === "true";
      const wish = mine !== "" && plain(button.dataset.subject) === mine;
      if (on !== wish && (mine !== "" || bar.dataset.forward === "yes")) button.click();
    }
    bar.dataset.forward = mine === "" ? "no" : "yes";
    bar.classList.toggle("active", active);
    document.documentElement.classList.toggle("filtered", active);
    one("output", bar).textContent = active ? `${shown} of ${n} rows and figures shown` : "";
    one("button", bar).disabled = !active;
    for (const link of all("nav a")) {
      link.classList.toggle("empty", one(link.getAttribute("href"))?.classList.contains("none-left") ?? false);
    }
    document.dispatchEvent(new Event("filtered"));
  };

  const clear = () => {
    bar.reset();
    inPlace(apply);
  };
  bar.hidden = false;
  bar.addEventListener("submit", (event) => event.preventDefault());
  bar.addEventListener("input", () => inPlace(apply));
  one("button", bar).addEventListener("click", clear);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest?.("input, select, textarea")) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && bar.contains(event.target)) {
      clear();
    }
  });
  // What is unpacked later, such as the plots of another sample, is filtered, too.
  new MutationObserver((changes) => {
    const isNew = (node) => node.nodeType === Node.ELEMENT_NODE && (node.matches(ITEMS) || one(ITEMS, node));
    if (bar.classList.contains("active") && changes.some((change) => [...change.addedNodes].some(isNew))) apply();
  }).observe(one("main"), { childList: true, subtree: true });
  // What covers the top of the window: the bar, and in a narrow one the table of contents above it.
  const nav = one("nav");
  const isNarrow = matchMedia("(max-width: 860px)");
  const tall = () => {
    const { style } = document.documentElement;
    style.setProperty("--bar", `${bar.offsetHeight}px`);
    style.setProperty("--nav", `${isNarrow.matches ? nav.offsetHeight : 0}px`);
  };
  const watch = new ResizeObserver(tall);
  watch.observe(bar);
  watch.observe(nav);
  tall();
  apply();
})();
