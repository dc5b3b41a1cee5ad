(async () => {
  "use strict";
  const content = JSON.parse(document.querySelector("#figures").textContent);
  const holders = [...document.querySelectorAll("[data-figure]")];
  try {
    const Plotly = await offline.plotly();
    for (const holder of holders) {
      const { data, layout } = content.figures[holder.dataset.figure];
      const config = {
        responsive: true,
        displaylogo: false,
        modeBarButtons: [["toImage"]], // nothing that would send data away
        toImageButtonOptions: { format: "svg", filename: `benchmark-${holder.dataset.figure}` },
      };
      await Plotly.newPlot(holder, data, { ...layout, template: content.template, autosize: true }, config);
      holder.dataset.state = "drawn";
    }
  } catch (error) {
    for (const holder of holders.filter((one) => one.dataset.state !== "drawn")) {
      holder.textContent = `This figure cannot be drawn here (${error.message}). The table below holds its values.`;
    }
  }
})();
