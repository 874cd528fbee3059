// Draws the reports' charts. The numbers come with the page; a click leads to the conversations behind them.
(() => {
  const words = document.getElementById("report-words");
  const graphs = JSON.parse(document.getElementById("report-graphs").textContent);
  const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#999999"]; // Okabe and Ito's
  const root = document.documentElement;
  let ink, line;

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

  const stacked = (graph) => graph.kind === "stacked";

  function stepOf(graph) {
    if (graph.unit !== "duration") return undefined;
    const sums = graph.labels.map((_label, at) => {
      const values = graph.series.filter((series) => !(stacked(graph) && series.dashed)).map((series) => series.values[at] || 0);
      return stacked(graph) ? values.reduce((sum, one) => sum + one, 0) : Math.max(...values);
    });
    const most = Math.max(...sums) / 5;
    return STEPS.find((step) => step >= most) || Math.ceil(most / 86400) * 86400;
  }

  // A click leads where the link in the table behind the chart does.
  function behind(name, series, at) {
    const row = document.querySelectorAll(`#numbers-${name} tbody tr`)[at];
    const link = row?.querySelectorAll("td")[series]?.querySelector("a");
    if (link) location.href = link.href;
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

  // What is there for comparison has the colour of the line it is compared with; beside a stack it is a line of its own.
  function compared(graph, at) {
    const dashed = { borderDash: [5, 4], backgroundColor: "transparent" };
    if (stacked(graph)) return { ...dashed, type: "line", stack: "compared", borderColor: ink, borderWidth: 2, pointRadius: 0, order: -1 }; // over the bars
    return { ...dashed, borderColor: COLOURS[at % (graph.series.length / 2)] };
  }

  function draw(canvas, graph, onPaper) {
    const bars = stacked(graph) || graph.kind === "bar";
    return new Chart(canvas, {
      type: bars ? "bar" : "line",
      data: {
        labels: graph.labels.map(brief),
        datasets: graph.series.map((series, at) => ({
          label: series.label, data: series.values, borderColor: COLOURS[at % 7], backgroundColor: COLOURS[at % 7],
          borderWidth: bars ? 0 : 2, pointRadius: series.values.length > 45 ? 0 : 2, tension: 0.2, spanGaps: false,
          ...(series.dashed ? compared(graph, at) : {}),
        })).concat((graph.goals || []).map((goal) => ({
          type: "line", label: `${words.dataset.goal}: ${goal.label}`, data: graph.labels.map(() => goal.value), borderColor: "#d55e00",
          backgroundColor: "transparent", borderWidth: 1.5, borderDash: [2, 3], pointRadius: 0, stack: "goal",
        }))),
      },
      plugins: [notes(graph)],
      options: {
        responsive: !onPaper, devicePixelRatio: onPaper ? 3 : undefined, maintainAspectRatio: false, animation: false, interaction: { mode: "index", intersect: false },
        onClick: (event, hits, chart) => {
          const [hit] = chart.getElementsAtEventForMode(event, "nearest", { intersect: false }, false);
          if (hit) behind(canvas.dataset.graph, hit.datasetIndex, hit.index);
        },
        plugins: {
          legend: { display: graph.series.length + (graph.goals || []).length > 1, position: "bottom", labels: { color: ink, boxWidth: 12 } },
          tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${shown(item.raw, graph.unit)}` } },
        },
        scales: {
          x: { stacked: stacked(graph), grid: { display: false }, ticks: { color: ink, maxRotation: 0, autoSkipPadding: 12 } },
          y: {
            stacked: stacked(graph), beginAtZero: true, grid: { color: line }, border: { display: false },
            ticks: { color: ink, maxTicksLimit: 7, stepSize: stepOf(graph), precision: graph.unit === "count" ? 0 : undefined, callback: (value) => shown(value, graph.unit) },
          },
        },
      },
    });
  }

  let charts = [];

  // On paper charts are as wide as their places there, which are known only then: they are drawn anew, and the paper scales them.
  const PAPER = { main: [720, 260], other: [480, 220] };

  function drawAll(onPaper) {
    for (const chart of charts) chart.destroy();
    const dark = root.classList.contains("dark");
    ink = dark ? "#d0d5dd" : "#475467";
    line = dark ? "rgb(255 255 255 / .12)" : "rgb(16 24 40 / .1)";
    charts = [...document.querySelectorAll("[data-graph]")].map((canvas) => {
      if (onPaper) [canvas.width, canvas.height] = PAPER[canvas.closest(".main") ? "main" : "other"];
      return draw(canvas, graphs[canvas.dataset.graph], onPaper);
    });
  }

  // Paper is light, and nobody can open there what is closed: the meanings are printed, a chart's numbers where they are open.
  let dark = false;
  const meanings = document.querySelector(".reports .definitions");
  let closed = false;
  addEventListener("beforeprint", () => {
    dark = root.classList.contains("dark");
    root.classList.remove("dark");
    closed = Boolean(meanings) && !meanings.open;
    if (closed) meanings.open = true;
    drawAll(true);
  });
  addEventListener("afterprint", () => {
    root.classList.toggle("dark", dark);
    if (closed) meanings.open = false;
    drawAll(false);
  });

  drawAll(false);
  document.querySelector(".reports .tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  document.querySelector("[data-print]")?.addEventListener("click", () => print());
})();
