const tiles = [...document.querySelectorAll(".thumb")];
const [viewer, image, svg, zoom, labels] = ["viewer", "viewer-image", "viewer-svg", "viewer-zoom", "show-labels"].map(
  (id) => document.getElementById(id),
);
let at = 0;
let whole = true;

function fit() {
  const [width, height] = tiles[at].dataset.size.split(",").map(Number);
  const stage = viewer.querySelector(".stage");
  const factor = whole ? Math.min(1, stage.clientWidth / width, stage.clientHeight / height) : 1;
  const frame = viewer.querySelector(".frame");
  frame.style.flex = `0 0 ${width * factor}px`;
  frame.style.height = `${height * factor}px`;
  zoom.textContent = whole ? "1:1" : "whole";
}

function show(place) {
  at = (place + tiles.length) % tiles.length;
  const { name, title, drawn } = tiles[at].dataset;
  const file = encodeURIComponent(name);
  image.src = `images/${file}.jpg`;
  image.alt = title;
  svg.src = `labels/${file}.svg`;
  document.getElementById("viewer-title").textContent = title;
  document.getElementById("viewer-drawn").textContent = drawn;
  document.getElementById("viewer-recipe").href = `recipes/${file}.json`;
  if (!viewer.open) viewer.showModal();
  fit();
}

const toggleLabels = () => (labels.checked = !labels.checked);
const toggleZoom = () => {
  whole = !whole;
  fit();
};

tiles.forEach((tile, place) =>
  tile.addEventListener("click", (event) => {
    event.preventDefault();
    whole = true;
    show(place);
  }),
);
viewer.querySelectorAll("[data-step]").forEach((button) =>
  button.addEventListener("click", () => show(at + Number(button.dataset.step))),
);
document.getElementById("viewer-close").addEventListener("click", () => viewer.close());
document.getElementById("viewer-labels").addEventListener("click", toggleLabels);
zoom.addEventListener("click", toggleZoom);
addEventListener("resize", () => viewer.open && fit());
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "l") toggleLabels();
  if (!viewer.open) return;
  if (event.key === "ArrowLeft") show(at - 1);
  if (event.key === "ArrowRight") show(at + 1);
  if (event.key === "z") toggleZoom();
});
