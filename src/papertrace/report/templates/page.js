// One page: the image with truth and readings drawn over it, curves in mV, scores, parameters.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function drawing(tag, attributes, ...content) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

class PageView {
  constructor(dialog, pages, command) {
    this.dialog = dialog;
    this.pages = pages; // the PageTable, in whose order one steps from page to page
    this.command = command;
    this.row = -1;
    this.part = (name) => dialog.querySelector(`[data-part="${name}"]`);
    this.part("close").addEventListener("click", () => dialog.close());
    this.part("before").addEventListener("click", () => this.step(-1));
    this.part("after").addEventListener("click", () => this.step(1));
    dialog.addEventListener("keydown", (event) => {
      if (event.target.matches("select, input")) return;
      if (event.key === "ArrowLeft") this.step(-1);
      if (event.key === "ArrowRight") this.step(1);
    });
    dialog.addEventListener("close", () => {
      if (location.hash.startsWith("#page/")) history.replaceState(null, "", "#pages");
    });
  }

  step(by) {
    const place = this.pages.rows.indexOf(this.row) + by;
    if (place >= 0 && place < this.pages.rows.length) location.hash = this.pages.addressOf(this.pages.rows[place]);
  }

  async show(row) {
    this.row = row;
    const [pageId, input, digitizer] = this.pages.key(row);
    const stem = `${pageId}.${input}`;
    this.part("title").textContent = pageId;
    this.part("readings").replaceChildren(...this.readings(pageId, row));
    const place = this.pages.rows.indexOf(row);
    this.part("before").disabled = place <= 0;
    this.part("after").disabled = place < 0 || place === this.pages.rows.length - 1;
    this.part("facts").replaceChildren(...this.facts(row));
    if (!this.dialog.open) this.dialog.showModal();
    this.part("pictures").replaceChildren();
    this.part("details").replaceChildren();
    if (!papertrace.shown.has(stem)) {
      this.part("pictures").append(
        element("p", {}, "The pictures of this page are not in the report. If the page was drawn, this command adds them; "
          + "then load the report again:"),
        element("pre", {}, `${this.command} ${pageId}`),
      );
      return;
    }
    if (!papertrace.pages.has(stem)) await loadScript(`${papertrace.files}/images/${encodeURIComponent(stem)}.js`);
    const page = papertrace.pages.get(stem);
    if (this.row !== row || !page) return; // another page was opened meanwhile
    const reading = page.readings[digitizer] ?? { curves: [], microvolts: [], scores: [] };
    this.part("pictures").append(overlay(page, reading, pageId), ...curves(page, reading));
    this.part("details").append(scores(reading.scores), ...recipes(page.recipes));
  }

  /** Links to all readings of the page: clean or scanned, by each digitizer. */
  readings(pageId, current) {
    const table = this.pages.table;
    const links = [];
    const own = table.byName.get("page_id");
    for (let row = 0; row < table.rows; row++) {
      if (own.code(row) !== own.code(current)) continue;
      const [, input, digitizer] = this.pages.key(row);
      const here = row === current ? "page" : null;
      links.push(element("a", { href: this.pages.addressOf(row), "aria-current": here }, `${input} · ${digitizer}`));
    }
    return links;
  }

  facts(row) {
    const table = this.pages.table;
    const status = table.byName.get("status").shownText(row);
    const reason = table.byName.get("reason")?.shownText(row);
    const told = status === "ok" ? [] : [element("p", { class: "fail" }, `${status}: ${reason || "no reason given"}`)];
    for (const [group, title] of Object.entries(table.groups)) {
      const columns = table.columns.filter((column) => column.group === group
        && !["page_id", "reason"].includes(column.name) && !["", "–"].includes(column.shownText(row)));
      if (!columns.length) continue;
      const entries = columns.map((column) => element("div", {},
        element("dt", {}, column.title), element("dd", {}, column.shownText(row))));
      const list = element("dl", {}, ...entries);
      told.push(element("section", {}, element("h3", {}, title), list));
    }
    return told;
  }
}

function loadScript(address) {
  return new Promise((resolve) => {
    document.head.append(element("script", { src: address, onload: resolve, onerror: resolve }));
  });
}

/** The image, faded, with the truth and what was read of it over it; a click shows it in full size. */
function overlay(page, reading, pageId) {
  const { file, width, height } = page.image;
  const line = (points) => drawing("polyline", { class: "curve", points: points.map((value) => value / 10).join(" ") });
  const canvas = drawing("svg", { viewBox: `-0.5 -0.5 ${width} ${height}`, "aria-hidden": "true" });
  canvas.append(drawing("g", { class: "truth" }, ...page.leads.flatMap((lead) => lead.curves).map(line)));
  canvas.append(drawing("g", { class: "trace" }, ...reading.curves.map(line)));
  const alt = `Page ${pageId} as it was given to the digitizer`;
  const image = element("img", { src: `${papertrace.files}/images/${encodeURIComponent(file)}`, width, height, alt });
  const enlarge = () => box.setAttribute("aria-pressed", String(box.classList.toggle("full")));
  const attributes = { type: "button", class: "overlay", "aria-pressed": "false", "aria-label": "Full size" };
  const box = element("button", { ...attributes, onclick: enlarge }, image, canvas);
  const layer = (name, title) => {
    const toggle = () => box.classList.toggle(`no-${name}`, !check.checked);
    const check = element("input", { type: "checkbox", checked: true, "data-layer": name, onchange: toggle });
    return element("label", {}, check, ...(name === "faded" ? [] : [element("span", { class: `key ${name}` })]), title);
  };
  const layers = [layer("faded", "faded image"), layer("truth", "truth"), layer("trace", "what was read")];
  const note = element("span", { class: "note" }, "A click on the picture shows it in full size.");
  return element("div", {},
    element("div", { class: "layers" }, ...layers, note),
    element("div", { class: "scroll" }, box));
}

/** Truth and trace in mV, and what is left between them, placed like the leads on the page. */
function curves(page, reading) {
  const rows = [...new Set(page.leads.map((lead) => lead.row))].sort((a, b) => a - b);
  const panels = page.leads.map((lead, k) => ({ row: lead.row, figure: panel(lead, reading.microvolts[k] ?? null) }));
  const told = rows.map((row) => {
    const figures = panels.filter((made) => made.row === row).map((made) => made.figure);
    return element("div", { class: "panels" }, ...figures);
  });
  return [element("p", { class: "note" },
    element("span", { class: "key truth" }), " truth, ", element("span", { class: "key trace" }),
    " trace, at the truth's times. A square is 0.2 s by 0.5 mV, as on paper. "
    + "Below: trace minus truth, on a scale of its own."), ...told];
}

function panel(lead, read) {
  const seconds = lead.microvolts.length / lead.rate;
  const left = read?.map((value, k) => value === null ? null : value - lead.microvolts[k]) ?? [];
  const all = [...lead.microvolts, ...(read ?? []).filter((value) => value !== null)];
  const low = Math.floor(smallest(all) / 500) * 500, high = Math.ceil((largest(all) + 1) / 500) * 500;
  const worst = largest([0, ...left.filter((value) => value !== null).map(Math.abs)]);
  const upper = plot(seconds, low, high, 500, [["truth", lead.microvolts], ["trace", read ?? []]], lead.rate);
  const lower = plot(seconds, -worst || -1, worst || 1, null, [["residual", left]], lead.rate);
  lower.classList.add("low");
  const span = `${lead.start.toFixed(1)}–${(lead.start + seconds).toFixed(1)} s`;
  const range = `${printed(low / 1000, 1)} to ${printed(high / 1000, 1)} mV`;
  const rest = read === null ? "not read" : `residual, at most ${Math.round(worst)} µV`;
  return element("figure", {},
    element("figcaption", {}, element("b", {}, lead.lead), `${span}, ${range}`), upper, lower,
    element("figcaption", {}, rest));
}

function smallest(values) {
  return values.reduce((least, value) => value < least ? value : least, Infinity);
}

function largest(values) {
  return values.reduce((most, value) => value > most ? value : most, -Infinity);
}

/** Curves of µV over s in a box that stretches with the window; strokes keep their width. */
function plot(seconds, low, high, square, lines, rate) {
  const canvas = drawing("svg", { viewBox: `0 0 1000 100`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const y = (value) => (100 * (high - value)) / (high - low);
  const grid = [];
  for (let t = 0; t <= seconds; t += 0.2) grid.push(`M${(1000 * t / seconds).toFixed(1)} 0V100`);
  for (let value = low; square && value <= high; value += square) grid.push(`M0 ${y(value).toFixed(1)}H1000`);
  if (!square) grid.push(`M0 ${y(0).toFixed(1)}H1000`);
  canvas.append(drawing("path", { class: "grid", d: grid.join("") }));
  for (const [kind, values] of lines) {
    let path = "", pen = "M";
    values.forEach((value, k) => {
      if (value === null) { pen = "M"; return; }
      path += `${pen}${(1000 * k / rate / seconds).toFixed(1)} ${y(value).toFixed(2)}`;
      pen = "L";
    });
    canvas.append(drawing("path", { class: `line ${kind}`, d: path }));
  }
  return canvas;
}

/** The leads' scores, a row a figure: whatever figures there are. */
function scores(leads) {
  if (!leads.length) return element("p", {}, "No lead was scored.");
  const told = (value, decimals) => {
    if (value === null || typeof value === "string") return value ?? "–";
    if (typeof value === "boolean") return value ? "yes" : "no";
    return printed(value, decimals);
  };
  const names = Object.keys(leads[0])
    .filter((name) => !["lead", "row", "column"].includes(name) && leads.some((lead) => lead[name] !== null));
  const head = leads.map((lead) => element("th", { scope: "col" }, lead.lead));
  const body = names.map((name) => {
    const [title, fraction] = papertrace.scoreColumns[name] ?? [name, 3];
    const decimals = leads.every((lead) => Number.isInteger(lead[name] ?? 0)) ? 0 : fraction;
    const cells = leads.map((lead) => element("td", {}, told(lead[name], decimals)));
    return element("tr", {}, element("th", { class: "text", scope: "row" }, title), ...cells);
  });
  const table = element("table", { class: "leads" },
    element("thead", {}, element("tr", {}, element("th", { class: "text", scope: "col" }, "lead"), ...head)),
    element("tbody", {}, ...body));
  return element("section", {},
    element("h3", {}, "Scores of its leads"), element("div", { class: "scroll", tabindex: 0 }, table));
}

function recipes(given) {
  return Object.entries(given).map(([name, recipe]) => element("details", {},
    element("summary", {}, `How the ${name} was made`), element("pre", {}, JSON.stringify(recipe, null, 1))));
}
