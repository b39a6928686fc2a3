"use strict";
const drawings = [...document.querySelectorAll(".drawing")].map(read);
const articles = [...document.querySelectorAll("article")];
const about = document.getElementById("about");
const search = document.getElementById("search");
const group = document.getElementById("group");
let shown = drawings.find((drawing) => !drawing.element.hidden);
let pinned = null;

// Reads the boxes and edges of one drawing.
function read(element) {
  const svg = element.querySelector("svg");
  const drawing = { element, svg, nodes: new Map(), edges: [], titles: [], height: Number(svg.getAttribute("height")) };
  for (const node of svg.querySelectorAll(".node")) {
    const title = node.querySelector("title");
    const box = node.querySelector("rect");
    const number = (name) => Number(box.getAttribute(name));
    drawing.nodes.set(node.dataset.node, {
      element: node,
      text: title.textContent,
      open: node.classList.contains("open"),
      kind: ["boundary", "effect", "resource"].find((kind) => node.classList.contains(kind)),
      x: number("x"), y: number("y"), width: number("width"), height: number("height"), top: number("y"),
    });
    // The page tells it better than the browser's own bubble.
    node.setAttribute("aria-label", title.textContent);
    title.remove();
  }
  for (const edge of svg.querySelectorAll(".edge")) {
    drawing.edges.push({ element: edge, from: edge.dataset.from, to: edge.dataset.to });
  }
  for (const title of element.querySelectorAll(".titles h2")) {
    drawing.titles.push({ element: title, kind: title.dataset.kind, text: title.textContent });
  }
  return drawing;
}

// Returns a node, what it leads to and what leads to it. A boundary that may emit anything leads to every effect.
function related(start) {
  const found = new Set([start]);
  const follow = (from, to) => {
    const open = [start];
    const passed = new Set(open);
    while (open.length) {
      const here = open.pop();
      for (const edge of shown.edges) {
        if (edge[from] === here && !passed.has(edge[to])) {
          passed.add(edge[to]);
          found.add(edge[to]);
          open.push(edge[to]);
        }
      }
    }
  };
  follow("from", "to");
  follow("to", "from");
  const node = shown.nodes.get(start);
  for (const [name, other] of shown.nodes) {
    if (node.kind === "boundary" ? node.open && other.kind !== "boundary" : other.open) found.add(name);
  }
  return found;
}

// Returns the path of an edge; svg.rs has the same formulas.
function path(from, to) {
  const x1 = from.x + from.width;
  if (from.x < to.x) {
    const [y1, y2, bend] = [from.top + from.height / 2, to.top + to.height / 2, (to.x - x1) / 2];
    return `M${x1} ${y1} C${x1 + bend} ${y1} ${to.x - bend} ${y2} ${to.x} ${y2}`;
  }
  const [y1, y2] = [from.top + from.height * 0.68, to.top + to.height * 0.32];
  const out = x1 + Math.min(24 + Math.abs(y2 - y1) / 8, 120);
  return `M${x1} ${y1} C${out} ${y1} ${out} ${y2} ${x1} ${y2} M${x1 + 7} ${y2 - 4} L${x1} ${y2} L${x1 + 7} ${y2 + 4}`;
}

// Moves the boxes: with names, only those, close together in their columns; otherwise all back to their places.
function arrange(names) {
  const next = new Map();
  let height = shown.height;
  if (names !== null) {
    height = 0;
    const near = [...shown.nodes].filter(([name]) => names.has(name)).map(([, node]) => node);
    for (const node of near.sort((a, b) => a.y - b.y)) {
      node.top = next.get(node.x) ?? 64;
      next.set(node.x, node.top + node.height + 12);
      height = Math.max(height, node.top + node.height + 24);
    }
  } else {
    for (const node of shown.nodes.values()) node.top = node.y;
  }
  shown.svg.classList.toggle("compact", names !== null);
  for (const { element, kind, text } of shown.titles) {
    const near = [...(names ?? [])].filter((name) => shown.nodes.get(name).kind === kind).length;
    element.textContent = names === null ? text : `${near} of ${text}`;
  }
  for (const node of shown.nodes.values()) node.element.setAttribute("transform", `translate(0 ${node.top - node.y})`);
  for (const { element, from, to } of shown.edges) {
    element.setAttribute("d", path(shown.nodes.get(from), shown.nodes.get(to)));
  }
  const width = shown.svg.getAttribute("width");
  shown.svg.setAttribute("height", height);
  shown.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
}

// Highlights names, or nothing.
function light(names, text) {
  shown.svg.classList.toggle("chosen", names !== null);
  for (const [name, node] of shown.nodes) node.element.classList.toggle("near", names !== null && names.has(name));
  for (const { element, from, to } of shown.edges) {
    element.classList.toggle("near", names !== null && names.has(from) && names.has(to));
  }
  about.textContent = text;
}

function rest() {
  const wanted = search.value.trim().toLowerCase();
  for (const article of articles) article.hidden = !article.textContent.toLowerCase().includes(wanted);
  if (pinned !== null) return light(related(pinned), shown.nodes.get(pinned).text);
  if (wanted === "") return light(null, "");
  const hits = [...shown.nodes].filter(([, node]) => node.text.toLowerCase().includes(wanted));
  light(new Set(hits.map(([name]) => name)), hits.length === 0 ? "Nothing is named like this." : "");
}

// Shows what is related to a node, or everything.
function pin(name) {
  pinned = name;
  arrange(name === null ? null : related(name));
  rest();
  if (name !== null) document.querySelector("main").scrollTo({ top: 0 });
}

for (const drawing of drawings) {
  for (const [name, node] of drawing.nodes) {
    const look = () => { if (pinned === null) light(related(name), node.text); };
    const choose = (event) => {
      event.stopPropagation();
      pin(pinned === name ? null : name);
    };
    node.element.addEventListener("pointerenter", look);
    node.element.addEventListener("focus", look);
    node.element.addEventListener("pointerleave", rest);
    node.element.addEventListener("blur", rest);
    node.element.addEventListener("click", choose);
    node.element.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(event); });
  }
}
document.querySelector("main").addEventListener("click", () => { if (pinned !== null) pin(null); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && pinned !== null) pin(null); });
search.addEventListener("input", () => pin(null));
group.addEventListener("change", () => {
  pin(null);
  light(null, "");
  shown = drawings.find((drawing) => drawing.element.dataset.group === group.value);
  for (const drawing of drawings) drawing.element.hidden = drawing !== shown;
  rest();
});
