// What all explorers share: elements, sliders, the bar, the sentence. Stands before the file of each of them.

/** An element: h("button", { class: "a", text: "Play", on: { click } }, ...children). */
function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "text") node.textContent = value;
    else if (name === "on") for (const [event, does] of Object.entries(value)) node.addEventListener(event, does);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

let numbered = 0;
const newId = () => `sb-${++numbered}`;

/**
 * The outermost element. JupyterLab's one-key shortcuts ("x" deletes the cell) do not reach what is in it.
 * Notebook 7 takes the arrows all the same, before anybody else: they are caught still earlier, do what they do by
 * themselves in sliders and fields, and are told inside as "sb-arrow". `release()` ends that.
 */
function rootOf(el, name, label) {
  const root = h("div", { class: `sb ${name}`, role: "group", "aria-label": label, "data-lm-suppress-shortcuts": "true" });
  for (const event of ["keydown", "keypress", "keyup"]) root.addEventListener(event, (e) => e.stopPropagation());
  const arrows = (event) => {
    if (!event.key.startsWith("Arrow") || !root.contains(event.target)) return;
    event.stopPropagation();
    event.target.dispatchEvent(new CustomEvent("sb-arrow", { detail: event }));
  };
  window.addEventListener("keydown", arrows, true);
  root.release = () => window.removeEventListener("keydown", arrows, true);
  el.append(root);
  return root;
}

/** A button; `text` is its name. */
function button(text, click, props = {}) {
  return h("button", { type: "button", text, on: { click }, ...props });
}

/**
 * A slider over some values in order: its name, the value beside it, a native range input under both.
 * `set(value)` moves it without telling anybody; a value that it does not have finds its place among the others.
 */
class Track {
  constructor({ label, values, texts, value, moved }) {
    Object.assign(this, { label, values: [...values], texts: [...texts], moved });
    const id = newId();
    this.output = h("span", { class: "sb-value", "aria-hidden": "true" }); // the range itself says it
    this.input = h("input", { type: "range", id, min: 0, step: 1, on: { input: () => this.changed() } });
    this.ticks = h("div", { class: "sb-ticks", "aria-hidden": "true" });
    new ResizeObserver(() => this.thinTicks()).observe(this.ticks);
    this.marker = h("div", { class: "sb-marker", hidden: true });
    const head = h("div", { class: "sb-head" }, h("label", { for: id, text: label }), this.output, this.marker);
    this.root = h("div", { class: "sb-track" }, head, this.input, this.ticks);
    this.set(value);
  }

  get value() {
    return this.values[Number(this.input.value)];
  }

  set(value) {
    if (!this.values.includes(value)) {
      const at = this.values.filter((one) => one < value).length;
      this.values.splice(at, 0, value);
      this.texts.splice(at, 0, String(value));
    }
    this.input.max = this.values.length - 1;
    this.input.value = this.values.indexOf(value);
    if (this.drawnFor !== this.values.length) this.drawTicks();
    this.say();
  }

  say() {
    const text = this.texts[Number(this.input.value)];
    this.output.textContent = text;
    this.input.setAttribute("aria-valuetext", `${this.label} ${text}`);
    this.input.style.setProperty("--at", this.share(Number(this.input.value)));
  }

  changed() {
    this.say();
    this.moved(this.value);
  }

  share(index) {
    return index / Math.max(this.values.length - 1, 1);
  }

  /** Where a number lies on the track, from 0 to 1, also between two of its values. */
  place(number) {
    const after = this.values.findIndex((one) => one >= number);
    if (after < 0) return 1;
    if (after === 0) return 0;
    const [low, high] = [this.values[after - 1], this.values[after]];
    return this.share(after - 1 + Math.log(number / low) / Math.log(high / low));
  }

  /** Names under the track: all values where they are few, else the powers of ten, else the two ends. */
  drawTicks() {
    this.drawnFor = this.values.length;
    const last = this.values.length - 1;
    const isPower = (value) => value > 0 && Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
    const powers = this.values.filter(isPower).length;
    const named = (value, i) => last < 12 || (powers > 2 && last < 60 ? isPower(value) : i === 0 || i === last);
    const tick = (value, i) => h("span", { text: this.texts[i], style: `--at: ${this.share(i)}`, class: i === 0 ? "sb-first" : i === last ? "sb-last" : null });
    this.ticks.replaceChildren(...this.values.flatMap((value, i) => (named(value, i) ? [tick(value, i)] : [])));
    this.thinTicks();
  }

  /** Of names that would touch only every second is shown, every third, …; always the first and the last. */
  thinTicks() {
    const names = [...this.ticks.children];
    const boxes = names.map((one) => one.getBoundingClientRect());
    const apart = (i, j) => boxes[i].right + 4 <= boxes[j].left;
    const last = names.length - 1;
    const every = (stride) => names.map((_, i) => i).filter((i) => i === last || (i % stride === 0 && (i === 0 || apart(i, last))));
    let kept = [];
    for (let stride = 1; stride <= Math.max(last, 1); stride++) {
      kept = every(stride);
      if (kept.every((i, n) => n === 0 || apart(kept[n - 1], i))) break;
    }
    names.forEach((one, i) => one.classList.toggle("sb-dropped", !kept.includes(i)));
  }

  /** A mark on the track at a number, with words; null takes it away. */
  mark(number, words) {
    this.marker.hidden = number == null;
    this.root.classList.toggle("sb-marked", number != null);
    if (number == null) return;
    this.root.style.setProperty("--mark", this.place(number));
    this.marker.textContent = words;
  }
}

/**
 * The sentence. What is read changes with every picture; what a screen reader announces changes when all is at
 * rest, or every five seconds.
 */
class Sentence {
  constructor() {
    this.words = h("p", { class: "sb-words", "aria-hidden": "true" });
    this.status = h("div", { class: "sb-hidden", role: "status" });
    this.root = h("div", { class: "sb-sentence" }, this.words, this.status);
    this.last = -Infinity;
  }

  say(words, resting, refused = false) {
    this.words.textContent = words;
    this.root.classList.toggle("sb-refused", refused);
    const now = performance.now();
    if (this.status.textContent === words || !(resting || refused || now - this.last > 5000)) return;
    this.status.textContent = words;
    this.last = now;
  }
}
