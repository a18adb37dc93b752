// What happens in the report: the table is shown, and an address such as #page/<id>/<input>/<digitizer> opens a page.
"use strict";

addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("pages");
  if (!papertrace.table) {
    root.querySelector('[data-part="missing"]').hidden = false;
    return;
  }
  root.querySelector('[data-part="tool"]').hidden = false;
  const pages = new PageTable(papertrace.table, root);
  const dialog = document.getElementById("page-view");
  const view = new PageView(dialog, pages, root.dataset.command);

  function follow() {
    const [kind, ...rest] = location.hash.slice(1).split("/");
    if (kind === "page") {
      const row = pages.rowOf(...rest.map(decodeURIComponent));
      if (row >= 0) view.show(row);
      return;
    }
    if (dialog.open) dialog.close();
    if (kind.startsWith("pages?")) {
      pages.restore(kind.slice("pages?".length));
      root.scrollIntoView();
    }
  }

  pages.restore("");
  follow();
  addEventListener("hashchange", follow);
});
