/* Charts by uPlot: data from an address of ours, hover, range by drag or by two fields, a file, a table.
   An element with data-chart is one; `chart` in _chart.html makes it. Colours are the tokens of the moment. */
(() => {
  "use strict";

  const REFRESH_MS = 3000;
  const SHANGHAI_S = 8 * 3600;
  const STATES = new Set(["delivered", "pending", "held", "failed", "unknown", "neutral"]);
  const ROWS_MAX = 1500;
  const MINUTES_UP = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10080, 43200].map((minutes) => minutes * 60);
  const charts = new Map();
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const two = (n) => String(n).padStart(2, "0");
  const shanghai = (x) => new Date((x + SHANGHAI_S) * 1000);
  const clock = (x, withSeconds) => { const d = shanghai(x); return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + (withSeconds ? ":" + two(d.getUTCSeconds()) : ""); };
  const day = (x) => { const d = shanghai(x); return two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate()); };

  /* A token as the colour that it is now: canvases know no custom properties. */
  function colour(box, token) {
    const probe = document.createElement("i");
    probe.style.color = "var(--" + token + ")";
    box.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  const fill = (box, tone) => colour(box, tone === "accent" ? "accent" : tone === "quiet" ? "edge" : tone + "-fill");

  class Chart {
    constructor(box) {
      this.box = box;
      this.plot = box.querySelector(".graph-plot");
      this.legend = box.querySelector(".graph-legend");
      this.from = box.querySelector("[data-from]");
      this.to = box.querySelector("[data-to]");
      this.whole = box.querySelector("[data-whole]");
      this.csv = box.querySelector(".graph-csv");
      this.table = box.querySelector(".graph-table");
      this.zoomed = null;
      this.loadedAt = 0;
      this.whole.addEventListener("click", () => this.zoom(null));
      for (const field of [this.from, this.to]) field.addEventListener("change", () => this.typed());
      this.table.addEventListener("toggle", () => this.showTable());
      this.plot.addEventListener("keydown", (event) => this.key(event));
      new ResizeObserver(() => this.resize()).observe(this.plot);
      this.load();
    }

    async load() {
      if (this.loading) return;
      this.loading = true;
      this.loadedAt = performance.now();
      try {
        const answer = await fetch(this.box.dataset.chart, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        this.take(await answer.json());
      } catch (_error) {
        if (!this.data) this.say(this.box.dataset.lost);
      } finally {
        this.loading = false;
      }
    }

    /* News came: ask again, but not while somebody reads off a value or pulls a range. */
    news() {
      if (document.hidden || this.plot.matches(":hover, :focus") || performance.now() - this.loadedAt < REFRESH_MS) return;
      this.load();
    }

    take(data) {
      const said = JSON.stringify(data);
      if (said === this.said) return;
      this.said = said;
      this.data = data;
      this.draw();
    }

    say(words) {
      this.destroy();
      const note = document.createElement("p");
      note.className = "graph-none";
      note.textContent = words;
      this.plot.replaceChildren(note);
      this.legend.replaceChildren();
    }

    destroy() {
      if (this.u) this.u.destroy();
      this.u = null;
    }

    number(value) {
      if (value === null || value === undefined) return "—";
      if (this.data.share) return (Math.round(value * 1000) / 10) + "%";
      return (Math.abs(value) >= 100 || Number.isInteger(value) ? Math.round(value) : Math.round(value * 10) / 10).toLocaleString("en-US");
    }

    short(value) {
      if (this.data.share) return Math.round(value * 100) + "%";
      const wan = this.box.dataset.wan;
      if (wan && Math.abs(value) >= 10000) return value / 10000 + wan;
      if (Math.abs(value) >= 1e6) return value / 1e6 + "M";
      return Math.abs(value) >= 10000 ? value / 1000 + "k" : String(value);
    }

    place(x, long) {
      if (this.data.kind === "minutes") return String(Math.round(x * 10) / 10);
      if (this.data.kind === "days") return day(x);
      return (long && this.days > 1 ? day(x) + " " : "") + clock(x, this.data.step < 60);
    }

    draw() {
      const { data, box } = this;
      this.destroy();
      if (!data.x.length) return this.say(box.dataset.none);
      this.plot.replaceChildren();
      this.days = data.kind === "minutes" ? 0 : new Set([data.x[0], data.x[data.x.length - 1]].map(day)).size;
      const bars = data.series.filter((one) => one.shape === "bars");
      const ink = colour(box, "ink-2"), line = colour(box, "line"), ground = colour(box, "surface");
      const font = "12px " + getComputedStyle(box).fontFamily;
      const rows = data.series.map((one) => one.values.slice());
      data.x.forEach((_, at) => {
        let sum = 0;
        data.series.forEach((one, index) => {
          if (one.shape === "bars") rows[index][at] = sum += one.values[at] || 0;
        });
      });
      const order = data.series.map((_, index) => index);
      order.sort((a, b) => (data.series[a].shape === "bars" && data.series[b].shape === "bars" ? b - a : (data.series[a].shape !== "bars") - (data.series[b].shape !== "bars") || a - b));
      this.order = order;
      const drawn = order.map((index) => {
        const one = data.series[index], tone = fill(box, one.tone);
        if (one.shape === "bars") return { stroke: ground, width: 1, fill: tone, paths: uPlot.paths.bars({ size: [0.8, 60], align: 1 }), points: { show: false } };
        if (one.shape === "low" || one.shape === "high") return { stroke: "transparent", width: 0, points: { show: false } };
        return { stroke: tone, width: one.tone === "quiet" ? 1.25 : 2, dash: one.dash ? [6, 4] : undefined, spanGaps: false, points: { show: data.x.length < 2 ? true : undefined, size: 5, fill: tone } };
      });
      const bands = order.flatMap((index, place) => {
        const low = data.series[index].shape === "high" ? order.findIndex((other) => data.series[other].shape === "low" && other === index - 1) : -1;
        return low < 0 ? [] : [{ series: [place + 1, low + 1], fill: fill(box, data.series[index].tone).replace(/^rgb\((.*)\)$/, "rgba($1, 0.18)") }];
      });
      const time = data.kind !== "minutes";
      this.u = new uPlot({
        width: Math.max(120, this.plot.clientWidth),
        height: Math.max(80, this.plot.clientHeight),
        padding: [20, 12, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
        tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Asia/Shanghai"),
        scales: { x: { time, range: () => this.span(bars.length) }, y: { distr: data.log ? 3 : 1, range: (_u, low, high) => this.height(low, high) } },
        axes: [
          { stroke: ink, font, size: 28, grid: { show: false }, ticks: { stroke: line, size: 4 }, space: 64, incrs: data.kind === "clock" && data.step >= 60 ? MINUTES_UP : undefined, values: (_u, at) => at.map((x) => (data.kind === "clock" && this.wide() ? day(x) : this.place(x))) },
          { stroke: ink, font, size: 52, grid: { stroke: line, width: 1 }, ticks: { show: false }, space: 32, values: (_u, at) => at.map((y) => (y === null ? "" : this.short(y))) },
        ],
        series: [{}, ...drawn],
        bands,
        hooks: {
          setScale: [(u, key) => key === "x" && this.fields(u.scales.x)],
          setCursor: [(u) => this.show(u.cursor.idx)],
          setSelect: [(u) => u.select.width > 4 && this.pulled(u)],
          drawAxes: [(u) => this.rules(u, font)],
          ready: [(u) => u.over.addEventListener("dblclick", () => this.zoom(null))],
        },
      }, [data.x, ...order.map((index) => rows[index])], this.plot);
      this.names();
      this.show(null);
      this.showTable();
    }

    wide() {
      const { min, max } = this.u ? this.u.scales.x : { min: 0, max: 0 };
      return max - min > 36 * 3600;
    }

    span(bars) {
      if (this.zoomed) return this.zoomed;
      const low = this.data.x[0], high = this.data.x[this.data.x.length - 1];  // uPlot widens a single instant to a thousand days
      const across = this.data.rules.filter((one) => one.x !== null).map((one) => one.x);
      const left = Math.min(low, ...across), right = Math.max(high + (bars ? this.data.step : 0), ...across);
      return right > left ? [left, right] : [left - this.data.step, right + this.data.step];
    }

    height(low, high) {
      const across = this.data.rules.filter((one) => one.y !== null).map((one) => one.y);
      const top = Math.max(high || 0, ...across);
      if (this.data.log) return uPlot.rangeLog(Math.max(0.1, Math.min(low || 1, ...across)), top || 1, 10, true);
      if (this.data.share && top <= 1) return [0, top > 0.5 ? 1.02 : Math.max(0.1, top * 1.15)];
      return [0, top ? top * 1.08 : 1];
    }

    rules(u, font) {
      const { ctx, bbox } = u;
      ctx.save();
      for (const rule of this.data.rules) {
        const tone = fill(this.box, rule.tone);
        ctx.strokeStyle = tone;
        ctx.fillStyle = colour(this.box, STATES.has(rule.tone) ? rule.tone : "ink-2");
        ctx.lineWidth = 1.5 * devicePixelRatio;
        ctx.font = font.replace("12px", 12 * devicePixelRatio + "px");
        ctx.beginPath();
        if (rule.x !== null) {
          const x = u.valToPos(rule.x, "x", true);
          if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          const right = x < bbox.left + bbox.width / 2;
          ctx.textAlign = right ? "left" : "right";
          ctx.fillText(rule.name, x + (right ? -1 : 1) * devicePixelRatio, bbox.top - 6 * devicePixelRatio);
        } else {
          const y = u.valToPos(rule.y, "y", true);
          ctx.moveTo(bbox.left, y);
          ctx.lineTo(bbox.left + bbox.width, y);
          ctx.textAlign = "left";
          ctx.fillText(rule.name, bbox.left + 4 * devicePixelRatio, y - 4 * devicePixelRatio);
        }
        ctx.stroke();
      }
      ctx.restore();
    }

    names() {
      const unit = document.createElement("li");
      unit.className = "unit";
      const shown = this.data.series.map((one, index) => ({ one, index })).filter(({ one }) => one.shape !== "low" && one.shape !== "high");
      this.legend.replaceChildren(...shown.map(({ one, index }) => {
        const item = document.createElement("li");
        item.dataset.index = index;
        item.append(this.swatch(one), one.name, document.createElement("b"));
        return item;
      }), unit);
    }

    swatch(one) {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("aria-hidden", "true");
      if (STATES.has(one.tone) && one.shape === "bars") {
        svg.setAttribute("class", "icon tone-" + one.tone);
        const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
        use.setAttribute("href", this.box.dataset.icons + "#" + one.tone);
        svg.append(use);
      } else {
        svg.setAttribute("class", "graph-swatch " + (STATES.has(one.tone) ? "tone-" + one.tone : "swatch-" + one.tone));
        svg.setAttribute("viewBox", "0 0 16 8");
        const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
        for (const [name, value] of [["x1", 0], ["x2", 16], ["y1", 4], ["y2", 4]]) line.setAttribute(name, value);
        if (one.dash) line.setAttribute("class", "dashed");
        svg.append(line);
      }
      return svg;
    }

    show(index) {
      const known = index !== null && index !== undefined;
      for (const item of this.legend.children) {
        if (item.className === "unit") item.textContent = this.data.unit + (known ? " · " + this.place(this.data.x[index], true) : "");
        else if (item.dataset.index) item.querySelector("b").textContent = known ? this.number(this.data.series[item.dataset.index].values[index]) : "";
      }
    }

    key(event) {
      if (!this.u || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      event.preventDefault();
      const now = this.u.cursor.idx ?? (event.key === "ArrowLeft" ? this.data.x.length : -1);
      const next = Math.min(this.data.x.length - 1, Math.max(0, now + (event.key === "ArrowLeft" ? -1 : 1)));
      this.u.setCursor({ left: this.u.valToPos(this.data.x[next], "x"), top: 1 });
    }

    pulled(u) {
      const low = u.posToVal(u.select.left, "x"), high = u.posToVal(u.select.left + u.select.width, "x");
      u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      this.zoom([low, high]);
    }

    zoom(range) {
      this.zoomed = range && range[1] > range[0] ? range : null;
      this.draw();
      const query = this.zoomed ? (this.box.dataset.csv.includes("?") ? "&" : "?") + "from=" + Math.floor(range[0]) + "&to=" + Math.ceil(range[1]) : "";
      this.csv.href = this.box.dataset.csv + query;
    }

    /* The two fields say what is shown, and are where it is typed: 07:41, 11-22 07:41, 11-22 or 30. */
    fields({ min, max }) {
      for (const [field, x] of [[this.from, min], [this.to, max]]) {
        if (field !== document.activeElement) field.value = this.data.kind === "clock" ? (this.days > 1 ? day(x) + " " : "") + clock(x) : this.place(x);
      }
      this.whole.hidden = !this.zoomed;
    }

    typed() {
      const read = (field, late) => {
        const found = field.value.trim().match(/^(?:(\d{1,2})-(\d{1,2}))? ?(?:(\d{1,2})[:：](\d{2}))?$/);
        if (this.data.kind === "minutes") return Number.isFinite(Number(field.value)) ? Number(field.value) : null;
        if (!found || (found[1] === undefined && found[3] === undefined)) return null;
        const base = shanghai(late ? this.data.x[this.data.x.length - 1] : this.data.x[0]);
        const [month, date] = found[1] === undefined ? [base.getUTCMonth(), base.getUTCDate()] : [found[1] - 1, Number(found[2])];
        const end = found[3] === undefined && late ? 86400 : 0;
        return Date.UTC(base.getUTCFullYear(), month, date, found[3] || 0, found[4] || 0) / 1000 - SHANGHAI_S + end;
      };
      const low = read(this.from, false), high = read(this.to, true);
      if (low !== null && high !== null && high > low) this.zoom([low, high]);
      else if (this.u) this.fields(this.u.scales.x);
    }

    showTable() {
      if (!this.table.open || !this.data) return;
      const { min, max } = this.u ? this.u.scales.x : { min: -Infinity, max: Infinity };
      const table = document.createElement("table");
      const cell = (row, kind, text, scope) => {
        const made = row.appendChild(document.createElement(kind));
        made.textContent = text;
        if (scope) made.scope = scope;
        if (scope !== "row" && row.children.length > 1) made.className = "figure";
      };
      const head = table.createTHead().insertRow();
      cell(head, "th", { minutes: this.box.dataset.minutes, days: this.box.dataset.day, clock: this.box.dataset.time }[this.data.kind], "col");
      for (const one of this.data.series) cell(head, "th", one.name, "col");
      const body = table.createTBody();
      this.data.x.forEach((x, at) => {
        if (x < min || x > max || body.rows.length >= ROWS_MAX) return;
        const row = body.insertRow();
        cell(row, "th", this.place(x, true), "row");
        for (const one of this.data.series) cell(row, "td", this.number(one.values[at]));
      });
      this.table.querySelector(".scroll").replaceChildren(table);
    }

    resize() {
      if (this.u && this.plot.clientWidth) this.u.setSize({ width: Math.max(120, this.plot.clientWidth), height: Math.max(80, this.plot.clientHeight) });
    }
  }

  function find() {
    for (const box of document.querySelectorAll("[data-chart]")) if (!charts.has(box)) charts.set(box, new Chart(box));
    for (const [box, chart] of charts) {
      if (!box.isConnected) {
        chart.destroy();
        charts.delete(box);
      }
    }
  }

  document.addEventListener("DOMContentLoaded", find);
  document.addEventListener("htmx:after:swap", find);
  document.addEventListener("huabao:painted", () => {
    find();
    for (const chart of charts.values()) chart.news();
  });
  dark.addEventListener("change", () => {
    for (const chart of charts.values()) if (chart.data) chart.draw();
  });
})();
