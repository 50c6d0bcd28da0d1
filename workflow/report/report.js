// Sort a table by the column whose name is clicked, the best first; a second click turns the order round.
const opposite = {ascending: "descending", descending: "ascending"};
for (const button of document.querySelectorAll("table.scoreboard th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
    const now = opposite[head.getAttribute("aria-sort")] ?? head.dataset.first ?? "descending";
    for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", now);
    const key = (row) => row.cells[head.cellIndex].dataset.value;
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const difference = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return now === "ascending" ? difference : -difference;
    };
    body.append(...[...body.rows].sort(order));
    document.getElementById("sorted").textContent = `Sorted by ${button.textContent}, ${now}`;
  });
}

// Show one data set, or all of them.
const chooser = document.getElementById("chooser"), choices = [...chooser.querySelectorAll("input")];
function show(name) {
  for (const block of document.querySelectorAll("[data-dataset]"))
    block.hidden = name !== "" && block.dataset.dataset !== name;
}
if (choices.length > 2) {
  chooser.hidden = false;
  for (const choice of choices) choice.addEventListener("change", () => show(choice.value));
  choices[0].checked = true;
  show(choices[0].value);
}

// What titles say shows on hover and on keyboard focus.
const tip = document.getElementById("tip");
let current = null;
function hide() {
  tip.hidden = true;
  current?.removeAttribute("aria-describedby");
  current = null;
}
function tell(event) {
  const target = event.target.closest?.("[data-tip]");
  if (target === current) return;
  hide();
  if (!target) return;
  current = target;
  tip.textContent = target.dataset.tip;
  tip.hidden = false;
  target.setAttribute("aria-describedby", "tip");
  const place = target.getBoundingClientRect(), below = place.bottom + 6;
  tip.style.left = `${Math.max(6, Math.min(place.left, innerWidth - tip.offsetWidth - 6))}px`;
  tip.style.top = `${below + tip.offsetHeight < innerHeight ? below : Math.max(6, place.top - tip.offsetHeight - 6)}px`;
}
for (const element of document.querySelectorAll("[title]")) {
  element.dataset.tip = element.title;
  element.removeAttribute("title");
}
addEventListener("mouseover", tell);
addEventListener("focusin", tell);
addEventListener("focusout", hide);
addEventListener("scroll", hide, true);
addEventListener("keydown", (event) => event.key === "Escape" && hide());

for (const details of document.querySelectorAll("details")) {
  let open;
  addEventListener("beforeprint", () => { open = details.open; details.open = true; });
  addEventListener("afterprint", () => { details.open = open; });
}
