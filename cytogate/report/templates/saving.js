(() => {
  "use strict";
  // Each table can be saved as CSV, the rows shown, from what the page already holds; the methods can be copied.
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = (cell) => cell.innerHTML.includes("<br") || cell.querySelector("small")
    ? [...cell.childNodes].map((node) => node.textContent.trim()).filter(Boolean).join(" ")
    : cell.textContent.trim();
  const value = (cell) => {
    const { v, csv } = cell.dataset;
    if (v !== undefined) return v;
    const text = (csv ?? words(cell)).replace(/\s+/g, " ");
    const number = text.replaceAll(",", "").replace("−", "-").replace(/^\+/, "");
    return cell.classList.contains("n") && /^-?[0-9]+(\.[0-9]+)?$/.test(number) ? number : text === "–" ? "" : text;
  };
  // Text that a spreadsheet would run as a formula begins with an apostrophe; numbers stay numbers.
  const guarded = (text) => (/^[=+\-@\t\r]/.test(text) && !/^-?[0-9.]+(e[-+]?[0-9]+)?$/i.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (cells) => cells.map((cell) => quoted(guarded(cell))).join(",");
  const shown = (row) => !row.hidden && !row.classList.contains("off");

  const csv = (table) => {
    const body = [...table.tBodies].flatMap((part) => [...part.rows]);
    const rows = [...(table.tHead?.rows ?? []), ...body.filter((row) => shown(row) && !row.classList.contains("part"))];
    return rows.map((row) => line([...row.cells].map(value)) + "\n").join("");
  };
  const save = (text, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  for (const part of all("main > section")) {
    const tables = all("table:not(.multiples):not([data-saved])", part);
    tables.forEach((table, i) => {
      const name = `${part.id}${tables.length > 1 ? `-${i + 1}` : ""}.csv`;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "save-table";
      button.textContent = "Save as CSV";
      button.setAttribute("aria-label", `Save this table as ${name}`);
      button.addEventListener("click", () => save(csv(table), name));
      (table.closest(".scroll") ?? table).after(button);
    });
  }

  for (const button of all("[data-copy]")) {
    const text = document.getElementById(button.dataset.copy);
    const done = button.parentElement.querySelector("[data-copied]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.innerText);
        done.textContent = "Copied.";
      } catch {
        const range = document.createRange(); // where the browser keeps the clipboard from files
        range.selectNodeContents(text);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        done.textContent = document.execCommand("copy") ? "Copied." : "The text is selected: press Ctrl+C.";
      }
    });
  }
})();
