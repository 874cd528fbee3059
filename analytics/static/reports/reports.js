// Draws the reports' charts. The numbers come with the page; a click leads to the conversations behind them.
(() => {
  const words = document.getElementById("report-words");
  const graphs = JSON.parse(document.getElementById("report-graphs").textContent);
  const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#999999"]; // Okabe and Ito's
  const dark = document.documentElement.classList.contains("dark");
  const ink = dark ? "#d0d5dd" : "#475467";
  const line = dark ? "rgb(255 255 255 / .12)" : "rgb(16 24 40 / .1)";

  function lasting(seconds) {
    const { hours, minutes, seconds: short } = words.dataset;
    if (seconds < 60) return `${Math.round(seconds * 10) / 10} ${short}`;
    if (seconds < 3600) return `${Math.round(seconds / 6) / 10} ${minutes}`;
    return `${(Math.round(seconds / 360) / 10).toLocaleString()} ${hours}`;
  }

  function shown(value, unit) {
    if (value === null) return "–";
    if (unit === "share") return `${(value * 100).toFixed(1)} %`;
    if (unit === "duration") return lasting(value);
    return value.toLocaleString(undefined, { maximumFractionDigits: unit === "count" ? 0 : 2 });
  }

  // Steps at which people read lengths of time: 10 s, 5 min, 2 h, and not 6.7 min.
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400];

  function stepOf(graph) {
    if (graph.unit !== "duration") return undefined;
    const sums = graph.labels.map((_label, at) => {
      const values = graph.series.map((series) => series.values[at] || 0);
      return graph.kind === "stacked" ? values.reduce((sum, one) => sum + one, 0) : Math.max(...values);
    });
    const most = Math.max(...sums) / 5;
    return STEPS.find((step) => step >= most) || Math.ceil(most / 86400) * 86400;
  }

  function behind(graph, series, at) {
    const metric = graph.metric || series.name;
    const query = new URLSearchParams(words.dataset.query);
    const day = graph.days[at];
    if (!day || !metric) return;
    if (!words.dataset.behind) return;
    query.delete("range");
    query.set("from", day);
    query.set("to", day);
    location.href = `${words.dataset.behind.replace("METRIC", metric)}?${query}`;
  }

  // A line at each day that somebody has written a note on.
  const notes = (graph) => ({
    id: "notes",
    afterDraw({ ctx, chartArea, scales }) {
      const narrow = chartArea.right - chartArea.left < 420; // there the words stand only below the first chart
      for (const [order, note] of (graph.notes || []).entries()) {
        const x = scales.x.getPixelForValue(note.at);
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = ink;
        ctx.setLineDash([3, 3]);
        ctx.beginPath();
        ctx.moveTo(x, chartArea.top);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
        ctx.font = "11px sans-serif";
        const right = x > (chartArea.left + chartArea.right) / 2;
        ctx.textAlign = right ? "right" : "left";
        if (!narrow) ctx.fillText(note.text.slice(0, 24), x + (right ? -4 : 4), chartArea.top + 10 + (order % 2) * 13);
        ctx.restore();
      }
    },
  });

  // Where there are many days, month and day are enough on the axis.
  const brief = (label) => (/^\d{4}-/.test(label) ? label.slice(5) : label);

  function draw(canvas, graph) {
    const stacked = graph.kind === "stacked";
    const bars = stacked || graph.kind === "bar";
    new Chart(canvas, {
      type: bars ? "bar" : "line",
      data: {
        labels: graph.labels.map(brief),
        datasets: graph.series.map((series, at) => ({
          label: series.label, data: series.values, borderColor: COLOURS[at % 7], backgroundColor: COLOURS[at % 7],
          borderWidth: bars ? 0 : 2, pointRadius: series.values.length > 45 ? 0 : 2, tension: 0.2, spanGaps: false,
          ...(series.dashed ? { borderDash: [5, 4], borderColor: COLOURS[at % (graph.series.length / 2)], backgroundColor: "transparent" } : {}),
        })).concat((graph.goals || []).map((goal) => ({
          type: "line", label: `${words.dataset.goal}: ${goal.label}`, data: graph.labels.map(() => goal.value), borderColor: "#d55e00",
          backgroundColor: "transparent", borderWidth: 1.5, borderDash: [2, 3], pointRadius: 0, stack: "goal",
        }))),
      },
      plugins: [notes(graph)],
      options: {
        responsive: true, maintainAspectRatio: false, animation: false, interaction: { mode: "index", intersect: false },
        onClick: (event, hits, chart) => {
          const [hit] = chart.getElementsAtEventForMode(event, "nearest", { intersect: false }, false);
          const series = hit && graph.series[hit.datasetIndex];
          if (series && !series.dashed) behind(graph, series, hit.index);
        },
        plugins: {
          legend: { display: graph.series.length + (graph.goals || []).length > 1, position: "bottom", labels: { color: ink, boxWidth: 12 } },
          tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${shown(item.raw, graph.unit)}` } },
        },
        scales: {
          x: { stacked, grid: { display: false }, ticks: { color: ink, maxRotation: 0, autoSkipPadding: 12 } },
          y: {
            stacked, beginAtZero: true, grid: { color: line }, border: { display: false },
            ticks: { color: ink, maxTicksLimit: 7, stepSize: stepOf(graph), precision: graph.unit === "count" ? 0 : undefined, callback: (value) => shown(value, graph.unit) },
          },
        },
      },
    });
  }

  for (const canvas of document.querySelectorAll("[data-graph]")) draw(canvas, graphs[canvas.dataset.graph]);
  document.querySelector(".reports .tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  document.querySelector("[data-print]")?.addEventListener("click", () => print());
})();
