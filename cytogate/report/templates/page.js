(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const { unpack, plotly } = offline;

  // Figures: they and plotly are unpacked once, each figure is drawn when it comes near the window.
  let content = null;
  let unpacking = null;
  const holders = all("[data-figure]");
  const chosen = new Set();
  const strengths = (traces) => traces.map((trace) => (!chosen.size || !trace.meta ? trace.strength : chosen.has(trace.meta) ? 1 : 0.12));
  // A name at a line's end fades with its line; other notes carry no name.
  const fading = (note) => (!chosen.size || !note.name || chosen.has(note.name) ? 1 : 0.2);
  const put = (Plotly, holder) => {
    if (holder.dataset.state) return;
    holder.dataset.state = "drawing";
    const figure = content.figures[holder.dataset.figure];
    for (const trace of figure.data) trace.strength = trace.opacity ?? 1;
    const opacity = strengths(figure.data);
    const data = figure.data.map((trace, i) => ({ ...trace, opacity: opacity[i] }));
    const annotations = (figure.layout.annotations ?? []).map((note) => ({ ...note, opacity: fading(note) }));
    const layout = { ...figure.layout, annotations, template: content.template, autosize: true };
    const config = {
      responsive: true,
      displaylogo: false,
      modeBarButtons: [["toImage", "resetScale2d"]], // nothing that would send data away
      toImageButtonOptions: { format: "svg", filename: holder.dataset.figure },
    };
    Plotly.newPlot(holder, data, layout, config).then(() => {
      holder.classList.remove("waiting");
      holder.dataset.state = "drawn";
    });
  };
  const draw = async (holder) => {
    try {
      unpacking ??= unpack("figures").json();
      content = await unpacking;
      put(await plotly(), holder);
    } catch (error) {
      const words = document.createElement("p");
      words.className = "problem";
      words.textContent = `This figure cannot be drawn here (${error.message}). The table below holds its values.`;
      holder.replaceChildren(words);
    }
  };
  if (holders.length) {
    for (const holder of holders) holder.classList.add("waiting");
    const near = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          near.unobserve(entry.target);
          draw(entry.target);
        }
      },
      { rootMargin: "300px" },
    );
    for (const holder of holders) near.observe(holder);
  }

  // A patient brought forward in all figures.
  for (const button of all(".patient-key button")) {
    button.addEventListener("click", () => {
      const { subject } = button.dataset;
      if (!chosen.delete(subject)) chosen.add(subject);
      button.setAttribute("aria-pressed", String(chosen.has(subject)));
      for (const holder of holders) {
        if (holder.dataset.state !== "drawn") continue;
        const { data, layout } = content.figures[holder.dataset.figure];
        const notes = (layout.annotations ?? []).map((note, i) => [`annotations[${i}].opacity`, fading(note)]);
        window.Plotly.update(holder, { opacity: strengths(data) }, Object.fromEntries(notes));
      }
    });
  }

  // Gating strategy of another sample.
  const select = one("#sample-select");
  if (select) {
    const view = one("#sample-view");
    const other = one("#sample-other");
    const known = new Map([["0", view.innerHTML]]);
    const strategy = async (key) => {
      if (!known.has(key)) known.set(key, await unpack(`sample-${key}`).text());
      const part = document.createElement("div");
      part.innerHTML = known.get(key); // written by us, every name in it escaped
      return part;
    };
    const show = async () => {
      const wanted = [select.value, other.value];
      const shown = await strategy(wanted[0]);
      if (wanted[1] !== "") {
        // A row of the second sample stands under the first's row of the same population.
        const second = await strategy(wanted[1]);
        const place = one(".strips", shown);
        const rows = all(".strip", shown);
        const alone = document.createElement("div"); // rows that the first sample does not have
        alone.className = "strips";
        for (const row of all(".strip", second)) {
          // Outlines are clipped by id, and the same sample may be shown twice.
          for (const clip of all("[id]", row)) clip.id += "-other";
          for (const group of all("[clip-path]", row)) {
            group.setAttribute("clip-path", group.getAttribute("clip-path").replace(")", "-other)"));
          }
          const at = rows.findIndex((mate) => mate.dataset.origin === row.dataset.origin);
          if (at < 0) {
            alone.append(row);
          } else {
            const [mate] = rows.splice(at, 1);
            const pair = document.createElement("div");
            pair.className = "pair";
            mate.replaceWith(pair);
            pair.append(mate, row);
          }
        }
        if (alone.children.length) {
          // The first sample's own rows, too, stand apart, so that each row on the page is of one sample.
          const own = document.createElement("div");
          own.className = "strips";
          own.append(...rows);
          const heading = (of) => {
            const words = one(".sample-title", of).cloneNode(true);
            words.className = "alone";
            return words;
          };
          if (rows.length) shown.append(heading(shown), own);
          shown.append(heading(second), alone);
        }
      }
      if (select.value !== wanted[0] || other.value !== wanted[1]) return;
      view.classList.toggle("two", wanted[1] !== "");
      view.replaceChildren(...shown.childNodes);
      view.dataset.sample = wanted[0];
    };
    const step = (by) => {
      const free = [...select.options].filter((option) => !option.disabled);
      if (!free.length) return;
      const at = free.indexOf(select.selectedOptions[0]);
      select.value = free[(at + by + free.length) % free.length].value;
      show();
    };
    select.addEventListener("change", show);
    other.addEventListener("change", show);
    one("#sample-previous").addEventListener("click", () => step(-1));
    one("#sample-next").addEventListener("click", () => step(1));
    if (select.selectedIndex !== 0 || other.value !== "") show(); // a browser may keep the choice over a reload
  }

  // A table wider than its place says that there is more to the right.
  const sideways = (place) => {
    const hint = document.createElement("p");
    hint.className = "note sideways";
    hint.textContent = "The table is wider than the window: scroll it sideways →";
    hint.hidden = true;
    place.before(hint);
    const look = () => {
      const hidden = place.scrollWidth - place.clientWidth;
      hint.hidden = hidden <= 1;
      if (hint.hidden) place.removeAttribute("tabindex");
      else place.tabIndex = 0; // so that the arrow keys scroll it
      place.classList.toggle("more", hidden - place.scrollLeft > 1);
    };
    new ResizeObserver(look).observe(place);
    place.addEventListener("scroll", look, { passive: true });
    look();
  };
  for (const place of all(".scroll")) sideways(place);

  // A sheet chosen from a list: contact sheets, controls, matrices. A tube becomes a link to its gating strategy
  // where the page has it, as does a sample of the gates to look at.
  const strategies = new Map(select ? [...select.options].map((option) => [option.dataset.sample, option]) : []);
  const openable = (view) => {
    for (const tube of all("span[data-sample]", view)) {
      const option = strategies.get(tube.dataset.sample);
      if (!option) continue;
      const link = document.createElement("a");
      for (const { name, value } of tube.attributes) link.setAttribute(name, value);
      link.href = "#gating";
      link.append(...tube.childNodes);
      link.addEventListener("click", () => {
        select.value = option.value;
        select.dispatchEvent(new Event("change"));
      });
      tube.replaceWith(link);
    }
  };
  for (const list of all("#triage-table")) openable(list);
  for (const kind of ["sheet", "control", "matrix"]) {
    const list = one(`#${kind}-select`);
    if (!list) continue;
    const view = one(`#${kind}-view`);
    const known = new Map([["0", view.innerHTML]]);
    const turn = async () => {
      const wanted = list.value;
      if (!known.has(wanted)) known.set(wanted, await unpack(`${kind}-${wanted}`).text());
      if (list.value !== wanted) return;
      view.innerHTML = known.get(wanted); // written by us, every name in it escaped
      view.dataset.shown = wanted;
      for (const place of all(".scroll", view)) sideways(place);
      openable(view);
    };
    list.addEventListener("change", turn);
    openable(view);
    if (list.value !== "0") turn(); // a browser may keep the choice over a reload
  }

  // Tables: sort, save. The bar of the page filters both; comparisons have words of their own as well.
  const isShown = (row) => !row.hidden && !row.classList.contains("off");
  for (const name of ["values", "comparisons"]) {
    const table = one(`#${name}-table`);
    if (!table) continue;
    const body = one("tbody", table);
    const rows = [...body.rows];
    const count = () => {
      one(`#${name}-shown`).textContent = `${rows.filter(isShown).length} of ${rows.length} values shown`;
    };
    document.addEventListener("filtered", count);
    const filter = one(`#${name}-filter`);
    if (filter) {
      const words = rows.map((row) => row.textContent.toLowerCase());
      const keep = () => {
        const wanted = filter.value.toLowerCase().split(/\s+/);
        rows.forEach((row, i) => { row.hidden = !wanted.every((word) => words[i].includes(word)); });
        count();
      };
      filter.addEventListener("input", keep);
      if (filter.value) keep(); // a browser may keep the words over a reload
    }
    // The file's lines are in the order of the rows as sent; quoted cells may hold line ends.
    const save = one("[data-save]", table.closest("section"));
    save.addEventListener("click", async () => {
      const text = await unpack(save.dataset.save).text();
      const [head, ...lines] = text.match(/(?:"[^"]*"|[^"\n])+\n/g);
      const number = new Map(rows.map((row, i) => [row, i]));
      const shown = [...body.rows].filter(isShown).map((row) => lines[number.get(row)]);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([head, ...shown], { type: "text/csv" }));
      link.download = save.dataset.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.tabIndex = 0;
      const sort = () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent;
        const order = (a, b) => {
          const [x, y] = [key(a), key(b)];
          if (x === "" || y === "") return (x === "") - (y === ""); // missing values last, both ways
          const numbers = "v" in a.cells[column].dataset;
          const sign = numbers ? Number(x) - Number(y) : compare(x, y);
          return down ? -sign : sign;
        };
        body.append(...[...rows].sort(order));
      };
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
    });
  }

  // On paper nothing can be unfolded: all parts are open while printing, then as the reader left them.
  const unfolded = [];
  window.addEventListener("beforeprint", () => {
    for (const part of all("details:not([open])")) {
      part.open = true;
      unfolded.push(part);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const part of unfolded.splice(0)) part.open = false;
  });
})();
