const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);
const say = (text) => { byId("status").textContent = text; };

// Sort a table by the column whose name is pressed, the best first; a second press turns the order round. Each body of the
// table is a row, which may have its reasons below it.
const opposite = {ascending: "descending", descending: "ascending"};
for (const button of all("table.scoreboard thead button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), table = head.closest("table");
    const now = opposite[head.getAttribute("aria-sort")] ?? head.dataset.first ?? "descending";
    for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", now);
    const key = (body) => body.rows[0].cells[head.cellIndex].dataset.value;
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const difference = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return now === "ascending" ? difference : -difference;
    };
    table.tHead.after(...[...table.tBodies].sort(order));
    say(`Sorted by ${button.textContent}, ${now}`);
  });
}

// The name of a model shows or hides the reasons of its verdict.
for (const button of all("button.more")) {
  const reasons = byId(button.getAttribute("aria-controls"));
  const set = (open) => {
    reasons.hidden = !open;
    button.setAttribute("aria-expanded", open);
  };
  button.addEventListener("click", () => set(reasons.hidden));
  set(false);
}

// Show one data set, or all of them. A link to what belongs to another data set chooses it.
const choices = all("#chooser input");
function show(name) {
  for (const block of all("[data-dataset]")) block.hidden = name !== "" && block.dataset.dataset !== name;
  for (const choice of choices) choice.checked = choice.value === name;
}
function arrive() {
  const target = byId(decodeURIComponent(location.hash.slice(1))), block = target?.closest("[data-dataset]");
  if (block?.hidden) show(block.dataset.dataset);
  target?.scrollIntoView();
}
if (choices.length > 2) {
  byId("chooser").hidden = false;
  for (const choice of choices) choice.addEventListener("change", () => show(choice.value));
  show(choices[0].value);
  addEventListener("hashchange", arrive);
  arrive();
}

// Show or hide models: rows and columns of tables, and what belongs to the model in figures.
const models = all("#models input");
const hiding = document.head.appendChild(document.createElement("style"));
byId("models").hidden = models.length < 2;
byId("models").addEventListener("change", () => {
  const rules = models.filter((box) => !box.checked).map((box) =>
    `[data-model="${CSS.escape(box.value)}"] { display: none; }`);
  hiding.textContent = `@media screen { ${rules.join("\n")} }`;
});
function modelAt(element) {
  const model = element.closest("[data-model]")?.dataset.model ?? "";
  const name = models.find((box) => box.value === model)?.parentElement.textContent.trim();
  return name ?? model.charAt(0).toUpperCase() + model.slice(1);
}

// Search hides the metrics, gates, figures and sections that do not have all words, and their names in the contents.
const items = all(".numbers tbody tr, .definitions tbody tr, .gates tbody, figure, main > section");
const groups = all(".board, #numbers [data-dataset], main details").filter((group) => group.querySelector("tbody"));
const wordsOf = (element) => element.words ??=
  [element.textContent, ...all("[data-tip]", element).map((part) => part.dataset.tip)].join(" ").toLowerCase();
byId("search").parentElement.hidden = false;
byId("search").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  const mark = (element, isFound) => element.classList.toggle("unfound", !isFound);
  for (const item of items) mark(item, words.every((word) => wordsOf(item).includes(word)));
  for (const group of groups) mark(group, all("tbody tr", group).some((row) => !row.closest(".unfound")) || !words.length);
  for (const link of all("#contents a")) mark(link.parentElement, !byId(link.hash.slice(1)).closest(".unfound"));
  say(words.length ? `${all("#contents li:not(.unfound)").length} entries of the contents match` : "");
});

// Copy or save a table as tab-separated text, as it is shown; numbers have six digits.
function tsv(table) {
  const cell = (part) => part.matches(".score") ? part.dataset.value : part.innerText.replace(/\s+/g, " ").trim();
  const rows = all("tr:not(.reasons)", table).filter((row) => row.offsetParent !== null);
  return rows.map((row) => [...row.cells].filter((part) => part.offsetParent !== null).map(cell).join("\t")).join("\n") + "\n";
}
function tool(name, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name;
  button.addEventListener("click", action);
  return button;
}
function save(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], {type: "text/tab-separated-values"}));
  link.download = `${name.replace(/[^\w-]+/g, "_")}.tsv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
function copy(content) {
  const area = document.createElement("textarea");
  area.value = content;
  document.body.append(area);
  area.select();
  say(document.execCommand("copy") ? "Table copied" : "Copying is not allowed here: download the table");
  area.remove();
}
for (const table of all("table[data-name]")) {
  const tools = document.createElement("p");
  tools.className = "tools";
  tools.append(tool("Copy table", (event) => { copy(tsv(table)); event.target.focus(); }),
    tool("Download TSV", () => save(table.dataset.name, tsv(table))));
  table.closest(".scroll").before(tools);
}

// A figure is enlarged by a click or by its button: it moves into a dialog, and back when that closes.
const zoom = byId("zoom"), sheet = zoom.querySelector(".sheet");
const WIDTH_MIN = 900; // pixels: on a narrower screen the text of a figure is too small
let home = null, scale = 1;
function magnify(factor) {
  scale = Math.min(8, Math.max(1, scale * factor));
  sheet.style.setProperty("--zoom", scale);
}
function enlarge(figure) {
  home = figure;
  const picture = figure.querySelector(".picture");
  figure.style.minHeight = `${figure.offsetHeight}px`;
  sheet.append(picture);
  zoom.showModal();
  scale = 1;
  magnify(WIDTH_MIN / sheet.clientWidth);
}
for (const figure of all("figure")) {
  const button = figure.querySelector(".enlarge");
  button.hidden = false;
  button.addEventListener("click", () => enlarge(figure));
  figure.querySelector(".picture").addEventListener("click", () => zoom.open ? magnify(scale < 4 ? 2 : 1 / 8) : enlarge(figure));
}
zoom.addEventListener("close", () => {
  home.querySelector("h3").after(sheet.querySelector(".picture"));
  home.style.minHeight = "";
  home.querySelector(".enlarge").focus();
});
for (const button of all("button", zoom))
  button.addEventListener("click", () => button.value ? magnify(Number(button.value)) : zoom.close());
zoom.addEventListener("keydown", (event) => {
  if (event.key === "+" || event.key === "-") magnify(event.key === "+" ? 2 : 0.5);
});

// What titles say shows on hover and on keyboard focus, and so do the values of marks in figures.
const tip = byId("tip");
let current = null;
function hide() {
  tip.hidden = true;
  ring.remove();
  current?.removeAttribute("aria-describedby");
  current = null;
}
function place(left, below, above) {
  (zoom.open ? zoom : document.body).append(tip);
  tip.hidden = false;
  tip.style.left = `${Math.max(6, Math.min(left, innerWidth - tip.offsetWidth - 6))}px`;
  tip.style.top = `${below + tip.offsetHeight < innerHeight ? below : Math.max(6, above - tip.offsetHeight)}px`;
}
function tell(event) {
  const target = event.target.closest?.("[data-tip]");
  if (target === current || event.target.closest?.(".picture svg")) return;
  hide();
  if (!target) return;
  current = target;
  tip.textContent = target.dataset.tip;
  target.setAttribute("aria-describedby", "tip");
  const {left, top, bottom} = target.getBoundingClientRect();
  place(left, bottom + 6, top - 6);
}

// A figure knows the scales of its panels (`data-panels`), so that the ends and corners of its marks have values.
const NEAR = 12; // pixels between the mouse and the point that it means
const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
ring.setAttribute("class", "ring");
ring.setAttribute("r", 4);
function pointsOf(svg) {
  if (svg.points) return svg.points;
  const panels = JSON.parse(svg.dataset.panels ?? "[]").filter((one) => [one.x, one.y].every(({label, names}) => label || names));
  const inside = ({box: [left, top, right, bottom]}, x, y) => x > left - .5 && x < right + .5 && y > top - .5 && y < bottom + .5;
  const isCorner = ({box}, x, y) => box.some((end) => Math.abs(end - x) < .1) && box.some((end) => Math.abs(end - y) < .1);
  svg.points = [];
  for (const mark of all("[data-model] path, [data-model] use", svg)) {
    if (mark.closest("defs, [id*='legend_'], [id*='tick_']")) continue;
    const places = mark.matches("use") ? [[0, mark.getAttribute("x"), mark.getAttribute("y")]]
      : mark.getAttribute("d").matchAll(/[ML]([\d.-]+) ([\d.-]+)/g);
    for (const [, first, second] of places) {
      const x = Number(first), y = Number(second), panel = panels.find((one) => inside(one, x, y));
      if (panel && !isCorner(panel, x, y)) svg.points.push({x, y, panel, mark});
    }
  }
  return svg.points;
}
function valueText({label, low, high, log, unit = 1, names}, share) {
  const value = log ? low * (high / low) ** share : low + share * (high - low);
  // A place is known to about a thousandth of the panel.
  const step = log ? 10 ** Math.floor(Math.log10(value) - 2) : 10 ** Math.floor(Math.log10(Math.abs(high - low) / 500));
  const text = names ? names.reduce((a, b) => Math.abs(b[0] - value) < Math.abs(a[0] - value) ? b : a)[1]
    : Number((Math.round(value / step) * step * unit).toPrecision(6));
  return label ? `${label}: ${text}` : text;
}
function textOf({x, y, panel: {box: [left, top, right, bottom], ...scales}, mark}) {
  const model = modelAt(mark);
  const values = [valueText(scales.x, (x - left) / (right - left)), valueText(scales.y, (bottom - y) / (bottom - top))];
  return [model, ...values.filter((text) => text && text !== model)].join("; ");
}
function showPoint(svg, point) {
  const {a: size, e, f, d} = svg.getScreenCTM(), x = point.x * size + e, y = point.y * d + f;
  hide();
  tip.textContent = textOf(point);
  ring.setAttribute("cx", point.x);
  ring.setAttribute("cy", point.y);
  svg.append(ring);
  place(x + 10, y + 12, y - 12);
}
for (const svg of all(".picture svg")) {
  const shown = () => pointsOf(svg).filter(({mark}) => mark.getClientRects().length);
  let last = null;
  svg.addEventListener("mousemove", (event) => {
    const {a: size, e, f} = svg.getScreenCTM();
    let near = NEAR / size, nearest = null;
    for (const point of pointsOf(svg)) {
      const distance = Math.hypot(point.x - (event.clientX - e) / size, point.y - (event.clientY - f) / size);
      if (distance < near && point.mark.getClientRects().length) [near, nearest] = [distance, point];
    }
    if (nearest) return showPoint(svg, last = nearest);
    hide();
    tip.textContent = modelAt(event.target);
    if (tip.textContent) place(event.clientX + 8, event.clientY + 14, event.clientY - 6);
  });
  svg.addEventListener("mouseleave", hide);
  if (!svg.dataset.panels) continue;
  svg.tabIndex = 0;
  svg.addEventListener("keydown", (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key], leap = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step && !leap) return;
    event.preventDefault();
    const points = shown(), n = points.length;
    let i = points.indexOf(last);
    if (i < 0 || step) i += step ?? leap;
    else for (const {mark} = last; points[i]?.mark === mark; i += leap);
    last = points[(i + n) % n];
    if (!last) return;
    showPoint(svg, last);
    say(tip.textContent);
  });
}
for (const element of all("[title]")) {
  element.dataset.tip = element.title;
  element.removeAttribute("title");
}
addEventListener("mouseover", tell);
addEventListener("focusin", tell);
addEventListener("focusout", hide);
addEventListener("scroll", hide, true);
addEventListener("keydown", (event) => event.key === "Escape" && hide());

// The contents: folded on narrow screens, with the section that is read marked.
const narrow = matchMedia("(max-width: 70rem)"), menu = byId("menu");
const fold = () => { menu.open = !narrow.matches; };
narrow.addEventListener("change", fold);
fold();
byId("contents").addEventListener("click", (event) => event.target.closest("a") && fold());
const links = new Map(all("#contents a").map((link) => [link.hash.slice(1), link]));
const watch = new IntersectionObserver((entries) => {
  for (const {isIntersecting, target} of entries) {
    if (isIntersecting) links.get(target.id).setAttribute("aria-current", "true");
    else links.get(target.id).removeAttribute("aria-current");
  }
}, {rootMargin: "-20% 0px -75% 0px"});
for (const id of links.keys()) watch.observe(byId(id));

for (const details of all("details")) {
  let open;
  addEventListener("beforeprint", () => { open = details.open; details.open = true; });
  addEventListener("afterprint", () => { details.open = open; });
}
