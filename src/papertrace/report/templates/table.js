// The table of pages: narrowed by filters, sorted by any column, a screenful of rows at a time.
"use strict";

class PageTable {
  constructor(table, root, open) {
    this.table = table;
    this.open = open;
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.shown = new Set(table.columns.filter((column) => column.shown).map((column) => column.name));
    this.chosen = {}; // column name -> the one text that rows are narrowed to
    this.words = "";
    this.sort = { name: "snr_db", down: false };
    this.size = 25;
    this.first = 0;
    this.rows = new Int32Array(0);
    this.buildFilters();
    this.buildColumnChoice();
    this.part("previous").addEventListener("click", () => this.turn(-1));
    this.part("next").addEventListener("click", () => this.turn(1));
    this.part("size").addEventListener("change", (event) => {
      this.size = Number(event.target.value);
      this.first = 0;
      this.render();
    });
    this.part("reset").addEventListener("click", () => this.restore(""));
    this.part("save").addEventListener("click", () => this.save());
    let waiting = 0;
    this.part("words").addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { this.words = event.target.value; this.narrow(); }, 120);
    });
  }

  buildFilters() {
    const offered = this.table.filters
      .map((name) => this.table.byName.get(name))
      .filter((column) => column && this.choices(column).length > 1);
    this.selects = new Map();
    for (const column of offered) {
      const select = element("select", { "data-filter": column.name, onchange: () => {
        if (select.value === "") delete this.chosen[column.name]; else this.chosen[column.name] = select.value;
        this.narrow();
      } }, element("option", { value: "" }, "all"));
      for (const choice of this.choices(column)) select.append(element("option", { value: choice }, choice));
      this.selects.set(column.name, select);
      this.part("filters").append(element("label", {}, element("span", {}, column.title), select));
    }
  }

  choices(column) {
    if (column.kind === "text") return column.texts;
    const found = new Set();
    for (let row = 0; row < this.table.rows && found.size <= 50; row++) found.add(column.number(row));
    if (found.size > 50) return [];
    const values = [...found].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
    return values.map((value) => printed(value, column.decimals));
  }

  buildColumnChoice() {
    for (const [group, title] of Object.entries(this.table.groups)) {
      const columns = this.table.columns.filter((column) => column.group === group && column.name !== "page_id");
      if (!columns.length) continue;
      const boxes = columns.map((column) => {
        const toggle = () => {
          if (box.checked) this.shown.add(column.name); else this.shown.delete(column.name);
          this.render();
        };
        const attributes = { type: "checkbox", "data-column": column.name, checked: this.shown.has(column.name) };
        const box = element("input", { ...attributes, onchange: toggle });
        return element("label", {}, box, column.title);
      });
      this.part("columns").append(element("fieldset", {}, element("legend", {}, title), ...boxes));
    }
  }

  /** Find the rows that meet text and filters, then sort and show them. */
  narrow() {
    const tests = Object.entries(this.chosen).map(([name, wanted]) => this.testOf(this.table.byName.get(name), wanted));
    for (const word of this.words.toLowerCase().split(/\s+/).filter(Boolean)) tests.push(this.wordTest(word));
    const kept = new Int32Array(this.table.rows);
    let count = 0;
    for (let row = 0; row < this.table.rows; row++) {
      if (tests.every((test) => test(row))) kept[count++] = row;
    }
    this.rows = kept.subarray(0, count);
    this.medians = new Map();
    this.order();
  }

  testOf(column, wanted) {
    if (column.kind === "number") return (row) => column.shownText(row) === wanted;
    const code = column.texts.indexOf(wanted);
    return (row) => column.code(row) === code;
  }

  /** A word is looked for in every text column; each distinct text is searched once. */
  wordTest(word) {
    const columns = this.table.columns.filter((column) => column.kind === "text").map((column) => ({
      code: column.code,
      found: Uint8Array.from(column.texts, (text) => text.toLowerCase().includes(word)),
    }));
    return (row) => columns.some((column) => column.found[column.code(row)] === 1);
  }

  order() {
    const column = this.table.byName.get(this.sort.name);
    const keys = new Float64Array(this.table.rows);
    for (const row of this.rows) {
      if (column.kind === "text") { const code = column.code(row); keys[row] = code < 0 ? NaN : code; }
      else keys[row] = column.magnitude ? Math.abs(column.number(row)) : column.number(row);
    }
    const sign = this.sort.down ? -1 : 1;
    // What has no value comes last either way; equal rows stay in the order of the pages.
    this.rows.sort((a, b) => {
      const x = keys[a], y = keys[b];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || a - b;
      return sign * (x < y ? -1 : x > y ? 1 : 0) || a - b;
    });
    this.first = 0;
    this.render();
  }

  turn(step) {
    this.first = Math.min(Math.max(0, this.first + step * this.size), Math.max(0, this.rows.length - 1));
    this.render();
  }

  columnsShown() {
    return this.table.columns.filter((column) => this.shown.has(column.name));
  }

  render() {
    const columns = this.columnsShown();
    const rows = this.rows.subarray(this.first, this.first + this.size);
    this.part("head").replaceChildren(element("tr", {}, ...columns.map((column) => this.heading(column))));
    const lines = Array.from(rows, (row) => element("tr", {}, ...columns.map((column) => this.cell(column, row))));
    this.part("body").replaceChildren(...lines);
    this.part("foot").replaceChildren(element("tr", {}, ...columns.map((column, k) => this.footing(column, k))));
    const pages = Math.max(1, Math.ceil(this.rows.length / this.size));
    const page = Math.floor(this.first / this.size) + 1;
    const counts = `${grouped(this.rows.length)} of ${grouped(this.table.rows)} readings`;
    this.part("count").textContent = `${counts}, screen ${page} of ${pages}`;
    this.part("previous").disabled = page === 1;
    this.part("next").disabled = page === pages;
    for (const [name, select] of this.selects) select.value = this.chosen[name] ?? "";
  }

  heading(column) {
    const sorted = this.sort.name === column.name;
    const sort = () => {
      // The first click brings large errors to the top, and of everything else what is small.
      this.sort = { name: column.name, down: sorted ? !this.sort.down : Boolean(column.magnitude) };
      this.order();
      this.part("head").querySelector(`[data-sort="${column.name}"]`).focus();
    };
    const arrow = element("span", { "aria-hidden": "true" }, sorted ? (this.sort.down ? " ▼" : " ▲") : "");
    const button = element("button", { type: "button", "data-sort": column.name, onclick: sort }, column.title, arrow);
    const order = sorted ? (this.sort.down ? "descending" : "ascending") : "none";
    const kind = column.kind === "text" ? "text" : null;
    return element("th", { scope: "col", class: kind, "aria-sort": order }, button);
  }

  cell(column, row) {
    const text = column.shownText(row);
    if (column.kind === "number") return element("td", {}, text);
    if (column.name === "page_id") return element("td", { class: "text" }, element("a", { href: this.addressOf(row) }, text));
    const kinds = ["text"];
    if (column.name === "reason" || column.name === "artifacts") kinds.push("wrap");
    if (column.name === "status" && text !== "ok") kinds.push("fail");
    return element("td", { class: kinds.join(" ") }, text);
  }

  footing(column, k) {
    if (k === 0) return element("th", { scope: "row", class: "text" }, "median of all these");
    if (column.kind === "text") return element("td", { class: "text" });
    return element("td", {}, printed(this.median(column), column.decimals));
  }

  /** The median over all rows that meet the filters, kept until these change. */
  median(column) {
    if (!this.medians.has(column.name)) {
      const values = Float64Array.from(this.rows, column.number).filter((value) => !Number.isNaN(value)).sort();
      const middle = (values.length - 1) / 2;
      this.medians.set(column.name, values.length ? (values[Math.floor(middle)] + values[Math.ceil(middle)]) / 2 : NaN);
    }
    return this.medians.get(column.name);
  }

  key(row) {
    return ["page_id", "input", "digitizer"].map((name) => this.table.byName.get(name).shownText(row));
  }

  addressOf(row) {
    return `#page/${this.key(row).map(encodeURIComponent).join("/")}`;
  }

  /** The row of a reading; -1 where there is none. */
  rowOf(pageId, input, digitizer) {
    const wanted = [["page_id", pageId], ["input", input], ["digitizer", digitizer]];
    const tests = wanted.map(([name, text]) => this.testOf(this.table.byName.get(name), text));
    for (let row = 0; row < this.table.rows; row++) if (tests.every((test) => test(row))) return row;
    return -1;
  }

  /** Take over filters and order from an address: `status=failed&sort=-snr_db&words=creases`. */
  restore(query) {
    const given = new URLSearchParams(query);
    this.words = given.get("words") ?? "";
    this.part("words").value = this.words;
    const sort = given.get("sort") ?? "snr_db";
    const name = sort.replace(/^-/, "");
    this.sort = this.table.byName.has(name) ? { name, down: sort.startsWith("-") } : { name: "snr_db", down: false };
    this.chosen = Object.fromEntries([...given].filter(([column]) => this.table.byName.has(column)));
    this.narrow();
  }

  /** Save the rows and columns that are shown as CSV, in the order shown. */
  save() {
    const columns = this.columnsShown();
    const quoted = (text) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    const plain = (column, row) => {
      if (column.kind === "text") return quoted(column.shownText(row));
      const value = column.number(row);
      return Number.isNaN(value) ? "" : value.toFixed(column.decimals);
    };
    const lines = [columns.map((column) => column.name).join(",")];
    for (const row of this.rows) lines.push(columns.map((column) => plain(column, row)).join(","));
    const address = URL.createObjectURL(new Blob([lines.join("\n"), "\n"], { type: "text/csv" }));
    element("a", { href: address, download: "pages.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }
}

function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
