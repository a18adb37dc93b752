// The report's data: columns of one row a reading, unpacked from what `papertrace.report.table` wrote.
"use strict";

const papertrace = { table: null, pages: new Map(), shown: new Set() };

// Called by pages.js, shown.js and the files of single images: a browser loads scripts from a folder, and nothing else.
papertrace.receiveTable = (json) => { papertrace.table = unpackTable(JSON.parse(json)); };
papertrace.receiveShown = (stems) => { papertrace.shown = new Set(stems); };
papertrace.receivePage = (stem, page) => { papertrace.pages.set(stem, page); };

const INFINITE = 2 ** 31 - 1; // as in papertrace.report.table

/** Turn the packed table into columns with `number(row)` or `text(row)`, and `shownText(row)` for both. */
function unpackTable(packed) {
  const pageOf = Int32Array.from(packed.pageOf);
  const columns = packed.columns.map((column) => unpackColumn(column, pageOf));
  columns.unshift({
    name: "page_id", title: "page", group: "page", kind: "text", shown: true, texts: packed.pageIds,
    code: (row) => pageOf[row], shownText: (row) => packed.pageIds[pageOf[row]],
  });
  return {
    rows: packed.rows,
    groups: packed.groups,
    filters: packed.filters,
    columns,
    byName: new Map(columns.map((column) => [column.name, column])),
  };
}

function unpackColumn(column, pageOf) {
  const place = column.perPage ? (row) => pageOf[row] : (row) => row;
  if (column.kind === "number") {
    const scale = 10 ** column.decimals;
    const values = Float32Array.from(column.values, (value) => {
      if (value === null) return NaN;
      return Math.abs(value) === INFINITE ? Math.sign(value) * Infinity : value / scale;
    });
    const number = (row) => values[place(row)];
    return { ...column, values: null, number, shownText: (row) => printed(number(row), column.decimals) };
  }
  const codes = Int32Array.from(column.codes);
  const code = (row) => codes[place(row)];
  return { ...column, codes: null, code, shownText: (row) => column.texts[code(row)] ?? "" };
}

/** A number as the whole report prints it: fixed decimals, a real minus sign, an en dash where there is none. */
function printed(value, decimals) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const text = value.toFixed(decimals);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

/** Make an element; `content` is text, nodes, or nothing. Text never becomes markup. */
function element(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...content);
  return made;
}
