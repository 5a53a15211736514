// The playground in the page. The kernel trains; this draws what it sends and tells it what a reader does.
// A picture is drawn at the screen's next repaint and then answered ("drawn"): the kernel sends the next one
// only after that, so nothing queues up. All that moves lies on one canvas; buttons and words lie over it.

const TYPES = { u1: Uint8Array, u2: Uint16Array, f4: Float32Array };
const KEEP_HANDS_OFF = 300; // ms for which a control that was just moved is not moved by the kernel
const CIVIDIS = ["#00224e", "#1f3a6d", "#414d6b", "#60626e", "#7c7b78", "#9a9475", "#bbaf6c", "#ddcb57", "#fde945"];

/** The arrays of a message by name; a copy, because an array of floats has to begin at a multiple of 4 bytes. */
function decode(parts, view) {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const found = {};
  let start = 0;
  for (const [name, type, size] of parts ?? []) {
    found[name] = new TYPES[type](bytes, start, size);
    start += Math.ceil(found[name].byteLength / 4) * 4;
  }
  return found;
}

class Playground {
  constructor(model, el) {
    this.model = model;
    this.root = rootOf(el, "sb-playground", "playground");
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.touched = {};
    this.hideValidation = false;
    this.looked = null; // the unit that is shown large: { column, unit }
    this.listen();
    this.tell("arrive", { calm: this.calm.matches });
  }

  tell(what, more = {}) {
    this.model.send({ do: what, ...more });
  }

  listen() {
    this.hear = (told, buffers) => this.heard(told, buffers);
    this.model.on("msg:custom", this.hear);
    this.dressed = new MutationObserver(() => this.dress());
    this.dressed.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
    this.sized = new ResizeObserver(() => this.measure());
    this.slower = () => this.tell("look", { calm: this.calm.matches });
    this.calm.addEventListener("change", this.slower);
  }

  end() {
    this.root.release();
    this.model.off("msg:custom", this.hear);
    this.dressed.disconnect();
    this.sized.disconnect();
    this.calm.removeEventListener("change", this.slower);
    cancelAnimationFrame(this.asked);
  }

  heard(told, buffers) {
    const arrays = buffers?.length ? decode(told.parts, buffers[0]) : {};
    if (told.kind === "hello" && !this.facts) this.build(told);
    else if (!this.facts) return;
    else if (told.kind === "scene") this.takeScene(told, arrays);
    else if (told.kind === "frame") this.takeFrame(told, arrays);
    else if (told.kind === "words") this.takeWords(told);
    else if (told.kind === "code") this.code.textContent = told.text;
    else if (told.kind === "what if") this.showWhatIf(told);
  }

  // The page --------------------------------------------------------------------------------------------

  build(facts) {
    this.facts = facts;
    this.inputs = {};
    this.sentence = new Sentence();
    this.canvas = h("canvas", { class: "sb-canvas", "aria-hidden": "true" });
    this.context = this.canvas.getContext("2d");
    this.stage = h("div", { class: "sb-stage" }, this.canvas, this.buildData(), this.buildNetwork(), this.buildResults());
    const tracks = facts.inputs.filter((one) => !one.group).map((one) => this.buildInput(one));
    this.root.append(this.buildBar(), h("div", { class: "sb-tracks" }, ...tracks), this.stage, this.sentence.root, this.buildFolds());
    this.sized.observe(this.stage);
    this.dress();
  }

  buildBar() {
    const { facts } = this;
    this.play = button("Play", () => this.tell(this.playing ? "pause" : "play"), { class: "sb-main sb-play", "aria-pressed": "false" });
    this.counter = h("span", { class: "sb-counter", text: "step 0 · epoch 0" });
    this.speed = h("select", { "aria-label": "trained from one picture to the next", on: { change: () => this.tell("look", { speed: this.speed.value }) } },
      ...facts.speeds.map((one) => h("option", { text: one, selected: one === facts.speed })));
    const presets = facts.presets.map((name) => button(name, () => this.tell("preset", { name }), { class: "sb-preset" }));
    return h("div", { class: "sb-bar" }, this.play,
      button("Step", () => this.tell("step"), { title: "one step: one batch" }),
      button("Reset", () => this.tell("reset"), { title: "back to the first weights" }),
      this.counter, this.speed,
      h("div", { class: "sb-presets", role: "group", "aria-label": "examples to begin with" }, h("span", { text: "try" }), ...presets));
  }

  /** A control for one of the settings, from the kernel's table. */
  buildInput({ name, label, kind, values, texts }) {
    const moved = (value) => this.change({ [name]: value });
    if (kind === "slider") {
      const track = new Track({ label, values, texts, value: values[0], moved });
      this.inputs[name] = { set: (value) => track.set(value), track };
      return track.root;
    }
    const id = newId();
    let field, set;
    if (kind === "choice") {
      field = h("select", { id, on: { change: () => moved(field.value) } }, ...texts.map((text) => h("option", { text })));
      set = (value) => { field.value = value; };
    } else if (kind === "switch") {
      field = h("input", { id, type: "checkbox", on: { change: () => moved(field.checked) } });
      set = (value) => { field.checked = value; };
    } else {
      field = h("input", { id, type: "number", min: 0, step: 1, on: { change: () => moved(Math.round(Number(field.value))) } });
      set = (value) => { field.value = value; };
    }
    this.inputs[name] = { set, field };
    return h("div", { class: "sb-field" }, h("label", { for: id, text: label }), field);
  }

  buildData() {
    const group = newId();
    this.dataChoices = this.facts.data.map((name, i) => {
      const input = h("input", { type: "radio", name: group, value: name, on: { change: () => this.change({ data: name }) } });
      return { name, input, picture: h("canvas", { width: 88, height: 88 }), points: this.facts.thumbnails[i] };
    });
    return h("div", { class: "sb-data", role: "radiogroup", "aria-label": "data" },
      ...this.dataChoices.map(({ name, input, picture }) => h("label", {}, input, picture, h("span", { text: name }))));
  }

  buildNetwork() {
    const stepper = (name, words) => {
      const less = button("−", () => this.oneMore(name, -1), { "aria-label": `fewer ${words}` });
      const more = button("+", () => this.oneMore(name, 1), { "aria-label": `more ${words}` });
      const value = h("span");
      this[`${name}Shown`] = { less, more, value };
      return h("div", { class: "sb-stepper", role: "group", "aria-label": words }, less, value, more);
    };
    this.nodes = h("div", { class: "sb-nodes", role: "group", "aria-label": "network: arrow keys go from unit to unit" });
    this.netArea = h("div", { class: "sb-net-area", on: {
      mousemove: (e) => this.hoverLink(e), mouseleave: () => this.pointAt(null), click: (e) => this.clickLink(e),
    } }, this.nodes);
    this.layover = h("div", { class: "sb-layover", role: "dialog", hidden: true, on: { keydown: (e) => e.key === "Escape" && this.closeLayover() } });
    return h("div", { class: "sb-net" },
      h("div", { class: "sb-steppers" }, stepper("hidden_layers", "hidden layers"), stepper("units", "units in each layer")),
      this.netArea, this.layover);
  }

  buildResults() {
    this.mapArea = h("div", { class: "sb-map", role: "img" });
    this.scale = h("div", { class: "sb-scale" });
    this.held = h("input", { type: "checkbox", "aria-label": "show the held-out points", checked: true, on: { change: () => {
      this.hideValidation = !this.held.checked;
      this.pointsDrawn = null;
      this.ask();
    } } });
    const dot = (kind) => h("span", { class: `sb-dot sb-${kind}`, "aria-hidden": "true" });
    this.legend = h("div", { class: "sb-legend" },
      h("div", { class: "sb-key" }, dot("training"), h("span", { text: "training" })),
      h("label", { class: "sb-key" }, dot("validation"), h("span", { text: "held out" }), this.held));
    this.lossArea = h("div", { class: "sb-loss", role: "img" });
    this.scoreArea = h("div", { class: "sb-score", role: "img" });
    return h("div", { class: "sb-results" }, this.mapArea, h("div", { class: "sb-side" }, this.legend, this.scale), this.lossArea, this.scoreArea);
  }

  buildFolds() {
    const group = (name) => this.facts.inputs.filter((one) => one.group === name).map((one) => this.buildInput(one));
    this.code = h("pre", { class: "sb-code", tabindex: 0, "aria-label": "this network as code" });
    this.link = h("input", { type: "text", "aria-label": "these settings as a text", spellcheck: "false",
      on: { keydown: (e) => e.key === "Enter" && this.tell("link", { text: this.link.value }) } });
    this.inner = h("div", { class: "sb-inner" });
    this.whatIf = h("div", { class: "sb-what-if" }, h("p", { text: "The first numbers are on their way." }));
    const contents = {
      Data: group("Data"), Network: group("Network"), Training: group("Training"),
      "Weights and gradients": [this.inner], "What if?": [this.whatIf],
      Code: [
        h("div", { class: "sb-link" }, this.link, this.copier("Copy the text", () => this.link.value),
          button("Use this text", () => this.tell("link", { text: this.link.value }))),
        h("p", { class: "sb-note", text: "The text brings these settings back: paste it here, or write playground(\"…\"). The code trains the same network:" }),
        this.copier("Copy the code", () => this.code.textContent), this.code],
    };
    this.folds = Object.entries(contents).map(([name, parts]) => this.buildFold(name, parts));
    return h("div", { class: "sb-folds" }, h("div", { class: "sb-tabs" }, ...this.folds.map((one) => one.opener)), ...this.folds.map((one) => one.panel));
  }

  buildFold(name, parts) {
    const id = newId();
    const changed = h("span", { class: "sb-changed" });
    const panel = h("div", { id, class: "sb-panel", role: "region", "aria-label": name, hidden: true }, ...parts);
    const opener = h("button", { type: "button", "aria-expanded": "false", "aria-controls": id, on: { click: () => {
      panel.hidden = !panel.hidden;
      opener.setAttribute("aria-expanded", String(!panel.hidden));
      const what = { Code: "code", "What if?": "what if" }[name];
      if (what) this.tell("open", { what, on: !panel.hidden });
      if (name === "Weights and gradients") this.drawInner();
    } } }, h("span", { text: name }), changed);
    return { name, opener, panel, changed };
  }

  copier(text, source) {
    const one = button(text, async () => {
      await copyText(source());
      one.textContent = "Copied";
      setTimeout(() => { one.textContent = text; }, 1500);
    });
    return one;
  }

  // What a reader does ----------------------------------------------------------------------------------

  change(settings) {
    for (const name of Object.keys(settings)) this.touched[name] = performance.now();
    this.tell("change", { settings });
  }

  oneMore(name, by) {
    const { most_layers: most, unit_counts: counts } = this.facts;
    const values = name === "units" ? counts : Array.from({ length: most + 1 }, (_, i) => i);
    const now = this.scene.settings[name];
    const next = by > 0 ? values.find((one) => one > now) : values.findLast((one) => one < now);
    if (next != null) this.change({ [name]: next });
  }

  toggleFeature(name) {
    const { features } = this.scene.settings;
    this.change({ features: features.includes(name) ? features.filter((one) => one !== name) : [...features, name] });
  }

  // What the kernel tells -------------------------------------------------------------------------------

  takeScene(scene, arrays) {
    const { data, noise, train_share: share, features, loss, seed } = scene.settings;
    const about = JSON.stringify([data, noise, share, features, loss, seed]);
    const isNew = about !== this.about; // else a learning rate or the like: the points and colours stay
    Object.assign(this, { scene, data: arrays, about });
    this.follow();
    if (isNew) this.dress();
    this.placeNodes();
  }

  /** Move the controls to the settings, but for those that are in the reader's hand. */
  follow() {
    const { settings, losses } = this.scene;
    const now = performance.now();
    let later = false;
    const fits = (name) => {
      const mine = now - (this.touched[name] ?? -Infinity) < KEEP_HANDS_OFF;
      later ||= mine;
      return !mine;
    };
    const offered = this.inputs.loss.field;
    if ([...offered.options].map((one) => one.text).join() !== losses.join()) {
      offered.replaceChildren(...losses.map((text) => h("option", { text })));
    }
    for (const [name, input] of Object.entries(this.inputs)) if (fits(name)) input.set(settings[name]);
    for (const { name, input } of this.dataChoices) input.checked = name === settings.data;
    this.hidden_layersShown.value.textContent = plural(settings.hidden_layers, "hidden layer");
    this.unitsShown.value.textContent = `${plural(settings.units, "unit")} each`;
    this.unitsShown.value.parentElement.hidden = settings.hidden_layers === 0;
    this.hidden_layersShown.less.disabled = settings.hidden_layers === 0;
    this.hidden_layersShown.more.disabled = settings.hidden_layers === this.facts.most_layers;
    if (document.activeElement !== this.link) this.link.value = this.scene.link;
    for (const { name, changed } of this.folds) {
      const said = this.scene.changed[name];
      changed.textContent = said ? ` · ${said}` : "";
    }
    this.inputs.batch_size.track.mark(this.scene.remark ? this.scene.training : null, this.scene.remark);
    clearTimeout(this.followLater);
    if (later) this.followLater = setTimeout(() => this.follow(), KEEP_HANDS_OFF + 20);
  }

  takeFrame(frame, arrays) {
    this.frame = frame;
    this.arrays = arrays;
    this.playing = frame.playing;
    if (frame.sentence) this.takeWords(frame);
    if (document.hidden) setTimeout(() => this.draw(), 200); // no repaint comes, and the kernel waits
    else this.ask();
  }

  takeWords({ sentence, resting, refused, limit }) {
    this.sentence.say(sentence, resting, refused);
    const bound = this.scene.settings.optimizer === "SGD" ? "2/λmax ≈" : "stable up to about";
    this.inputs.lr.track.mark(limit, limit && `${bound} ${Number(limit.toPrecision(2))} (estimate)`);
  }

  ask() {
    if (!this.asked) this.asked = requestAnimationFrame(() => this.draw());
  }

  // Drawing ---------------------------------------------------------------------------------------------

  /** Take the colours of the theme, and what follows from them. */
  dress() {
    if (!this.facts) return;
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(`--sb-${name}`).trim();
    const dark = document.body.dataset.jpThemeLight === "false";
    this.look = { ink: colour("ink"), muted: colour("muted"), line: colour("line"), edge: colour("edge"), card: dark ? "#161616" : "#ffffff", rim: dark ? "#f4f4f4" : "#ffffff",
      accent: colour("accent"), validation: dark ? colour("validation") : this.facts.lines.validation.colour,
      training: dark ? colour("ink") : this.facts.lines.training.colour, family: style.fontFamily,
      negative: colour("negative"), positive: colour("positive"), faintest: Number(colour("faintest")) };
    const ground = dark ? [24, 24, 24] : [255, 255, 255];
    const colours = this.facts.colours.map(rgb);
    this.two = palette(colours.slice(0, 2), 0, ground, 0.04, dark ? 0.55 : 0.6);
    this.units = palette(colours.slice(0, 2), 0, ground, 0.02, 0.95);
    const classes = this.scene?.classes ?? 2;
    this.shades = classes > 2 ? palette(colours.slice(0, classes), this.facts.levels, ground, dark ? 0.15 : 0.08, dark ? 0.55 : 0.6) : this.two;
    this.pointsDrawn = null;
    this.drawThumbnails();
    if (this.scene) this.drawScale();
    this.measure();
    this.ask(); // also where nothing has a size, as while JupyterLab changes its theme
  }

  /** Where everything lies, in CSS pixels from the stage's corner. */
  measure() {
    if (!this.facts) return;
    const stage = this.stage.getBoundingClientRect();
    if (!stage.width) return;
    const place = (node) => {
      const box = node.getBoundingClientRect();
      return { x: box.left - stage.left, y: box.top - stage.top, w: box.width, h: box.height };
    };
    this.places = { net: place(this.netArea), map: place(this.mapArea), loss: place(this.lossArea), score: place(this.scoreArea) };
    this.sharp = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(stage.width * this.sharp), Math.round(stage.height * this.sharp)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.pointsDrawn = null;
    this.placeNodes();
    this.ask();
  }

  draw() {
    cancelAnimationFrame(this.asked);
    this.asked = 0;
    if (!this.frame || !this.places) return;
    const { context } = this;
    context.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.drawNetwork();
    this.drawMap();
    this.drawLoss();
    this.drawScore();
    this.showNumbers();
    if (!this.layover.hidden) this.refreshLayover?.();
    if (!this.folds[3].panel.hidden) this.drawInner();
    if (this.answered !== this.frame.number) {
      this.answered = this.frame.number;
      this.tell("drawn", { number: this.frame.number });
    }
  }

  showNumbers() {
    const { frame } = this;
    const counter = `step ${frame.step.toLocaleString("en")} · epoch ${frame.epoch.toLocaleString("en")}`;
    if (this.counter.textContent !== counter) this.counter.textContent = counter;
    const name = frame.playing ? "Pause" : "Play";
    if (this.play.textContent !== name) this.play.textContent = name;
    this.play.setAttribute("aria-pressed", String(frame.playing));
    const { train_loss: tl, validation_loss: vl, train_score: ts, validation_score: vs } = frame.scores;
    const score = this.scene.regression ? "R²" : "accuracy";
    if (frame.resting || !frame.playing) {
      this.mapArea.setAttribute("aria-label", frame.alt);
      this.lossArea.setAttribute("aria-label", `loss: training ${tl}, validation ${vl}`);
      this.scoreArea.setAttribute("aria-label", `${score}: training ${ts}, validation ${vs}`);
    }
    Object.assign(this.root.dataset, { step: frame.step, picture: frame.number, playing: frame.playing, resting: frame.resting });
  }

  text(words, x, y, { align = "left", size = 11, colour = this.look.muted, bold = false, halo = false } = {}) {
    const { context } = this;
    context.font = `${bold ? "600 " : ""}${size}px ${this.look.family}`;
    context.textAlign = align;
    if (halo) {
      context.lineWidth = 3.5;
      context.lineJoin = "round";
      context.strokeStyle = this.look.card;
      context.strokeText(words, x, y);
    }
    context.fillStyle = colour;
    context.fillText(words, x, y);
  }

  stroke(points, colour, width, dash = []) {
    const { context } = this;
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  }

  drawThumbnails() {
    for (const { picture, points } of this.dataChoices) {
      const context = picture.getContext("2d");
      context.clearRect(0, 0, 88, 88);
      for (const [x, y, k] of points) {
        context.fillStyle = this.facts.colours[k];
        context.beginPath();
        context.arc(4 + 80 * x, 4 + 80 * y, 3.4, 0, 7);
        context.fill();
      }
    }
  }

  // The network -----------------------------------------------------------------------------------------

  /** Where each node stands: columns of { x, y } and a size, the inputs first. */
  placeNodes() {
    if (!this.scene || !this.places) return;
    const { net } = this.places;
    const { settings, outputs } = this.scene;
    const counts = [this.facts.features.length, ...Array(settings.hidden_layers).fill(Math.min(settings.units, 8)), outputs];
    const names = 46; // for the names of the inputs
    const pitch = (net.w - names - 34) / Math.max(counts.length - 1, 1);
    const rest = settings.units > 8 ? settings.units - 8 : 0;
    const [top, high] = [net.y + 20, net.h - 20 - 26];
    this.size = Math.max(24, Math.min(34, pitch * 0.66, high / 8 - 3));
    this.columns = counts.map((count, i) => {
      const x = net.x + names + this.size / 2 + ((net.w - names - this.size) * i) / (counts.length - 1);
      const gap = Math.min(high / Math.max(count, 1), this.size + 10);
      return Array.from({ length: count }, (_, j) => ({ x, y: top + high / 2 + gap * (j - (count - 1) / 2), size: Math.min(this.size, gap - 2) }));
    });
    const key = JSON.stringify([counts, rest, this.columns.map((one) => [one[0].x, one[0].y]), this.scene.inputs, settings.features, settings.data]);
    if (key === this.nodesFor) return;
    this.nodesFor = key;
    this.makeNodes(rest);
  }

  makeNodes(rest) {
    const { net } = this.places;
    const focused = this.nodes.contains(document.activeElement) ? document.activeElement.dataset.at : null;
    const last = this.columns.length - 1;
    const made = this.columns.flatMap((column, i) => column.map(({ x, y, size }, j) => {
      const at = `${i},${j}`;
      const side = Math.max(size, 24);
      const style = `left:${x - net.x - side / 2}px; top:${y - net.y - side / 2}px; width:${side}px; height:${side}px`;
      const feature = this.facts.features[j];
      const props = i === 0
        ? { "aria-label": `input ${feature}`, "aria-pressed": String(this.scene.settings.features.includes(feature)),
          disabled: this.scene.regression && feature.includes("x2") }
        : { "aria-label": this.nodeName(i, j), "aria-haspopup": "dialog" };
      return h("button", { type: "button", class: "sb-node", style, tabindex: -1, "data-at": at, ...props, on: {
        click: (e) => { e.stopPropagation(); i === 0 ? this.toggleFeature(feature) : this.openWeights(i, j); },
        ...this.pointing(i, j), "sb-arrow": (e) => this.walk(e.detail, e.target, i, j),
      } });
    }));
    const more = rest ? this.columns.slice(1, last).map(([{ x }], i) => button(`+${rest} more`, (e) => { e.stopPropagation(); this.openLayer(i + 1); },
      { class: "sb-more", style: `left:${x - net.x}px`, "aria-label": `${rest} more units of layer ${i + 1}`, "aria-haspopup": "dialog" })) : [];
    this.nodes.replaceChildren(...made, ...more);
    const stop = made.find((one) => one.dataset.at === (focused ?? this.walked)) ?? made.find((one) => !one.disabled);
    stop.tabIndex = 0;
    if (focused) stop.focus();
  }

  nodeName(column, unit) {
    if (column < this.columns.length - 1) return `layer ${column}, unit ${unit + 1}`;
    return this.columns[column].length > 1 ? `output for ${unit}` : "output";
  }

  /** Arrow keys go from node to node; only one of them is a stop of the Tab key. */
  walk(event, from, i, j) {
    const [di, dj] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (!di && !dj) return;
    event.preventDefault();
    const column = this.columns[i + di];
    if (!column) return;
    const unit = di ? Math.min(column.length - 1, Math.round((j * column.length) / this.columns[i].length)) : j + dj;
    const next = this.nodes.querySelector(`[data-at="${i + di},${unit}"]`);
    if (!next || next.disabled) return;
    from.tabIndex = -1;
    next.tabIndex = 0;
    this.walked = next.dataset.at;
    next.focus();
  }

  /** What shows a unit large while the pointer or the keyboard is on it. */
  pointing(column, unit) {
    const [here, away] = [() => this.pointAt({ column, unit }), () => this.pointAt(null)];
    return { focus: here, blur: away, mouseenter: here, mouseleave: away };
  }

  pointAt(looked) {
    this.looked = looked;
    this.ask();
  }

  /** The weight matrix W of the links between column i and the next: at(from, to). */
  weightsOf(i) {
    let start = 0;
    for (let k = 0; k < i; k++) start += this.frame.shapes[k][0] * this.frame.shapes[k][1];
    const [rows, width] = this.frame.shapes[i];
    const values = this.arrays.weights.subarray(start, start + rows * width);
    return { rows, width, values, at: (from, to) => values[from * width + to] };
  }

  /** The links that are drawn: from, to (places), the weight, and what it is called for the kernel. */
  links() {
    const { features } = this.facts;
    const used = this.scene.inputs.map((name) => features.indexOf(name));
    const found = [];
    for (let i = 0; i + 1 < this.columns.length; i++) {
      const W = this.weightsOf(i);
      const before = i ? this.columns[i].map((_, j) => j) : used;
      before.forEach((node, from) => this.columns[i + 1].forEach((end, to) => {
        if (from < W.rows && to < W.width) found.push({ layer: i, from, to, weight: W.at(from, to), start: this.columns[i][node], end });
      }));
    }
    return found;
  }

  fits() {
    return this.frame.shapes.length === this.columns.length - 1 && this.frame.shapes[0][0] === this.scene.inputs.length
      && this.frame.shapes.at(-1)[1] === this.scene.outputs;
  }

  drawNetwork() {
    if (!this.columns || !this.fits()) return;
    const { context, look } = this;
    const links = this.links();
    this.drawnLinks = links;
    const most = links.reduce((so, { weight }) => (Number.isFinite(weight) ? Math.max(so, Math.abs(weight)) : so), 1);
    for (const link of links) {
      const size = Number.isFinite(link.weight) ? Math.abs(link.weight) / most : 1;
      const [reach, hot] = [this.size / 2, link === this.hot || this.isHot(link)];
      context.globalAlpha = hot ? 1 : look.faintest + (0.85 - look.faintest) * size;
      this.stroke([[link.start.x + reach, link.start.y], [link.end.x - reach, link.end.y]], hot ? look.ink : link.weight > 0 ? look.positive : look.negative,
        0.5 + 5 * size + (hot ? 1 : 0), link.weight > 0 ? [] : [5, 3]);
    }
    context.globalAlpha = 1;
    this.drawUnits();
    const last = this.columns.length - 1;
    const { net } = this.places;
    this.columns.forEach(([{ x }], i) => {
      const short = (net.w - 60) / last < 52;
      const name = i === 0 ? "inputs" : i === last ? (short ? "out" : "output") : short ? String(i) : `layer ${i}`;
      this.text(name, x, net.y + 12, { align: "center" });
    });
  }

  isHot({ layer, to }) {
    return this.looked && this.looked.column === layer + 1 && this.looked.unit === to;
  }

  drawUnits() {
    const { context, look } = this;
    const unit = this.facts.unit;
    this.featureAtlas = pixels(unit, unit * this.facts.features.length, this.data.features, this.units, this.featureAtlas);
    this.unitAtlas = pixels(unit, this.arrays.units.length / unit, this.arrays.units, this.units, this.unitAtlas);
    let row = 0;
    this.columns.forEach((column, i) => column.forEach(({ x, y, size }, j) => {
      const off = i === 0 && !this.scene.inputs.includes(this.facts.features[j]);
      const atlas = i === 0 ? this.featureAtlas : this.unitAtlas;
      const from = unit * (i === 0 ? j : row++);
      context.globalAlpha = off ? 0.35 : 1;
      context.drawImage(atlas, 0, from, unit, unit, x - size / 2, y - size / 2, size, size);
      context.globalAlpha = 1;
      const looked = this.looked?.column === i && this.looked.unit === j;
      context.strokeStyle = looked ? look.ink : off ? look.line : look.edge;
      context.lineWidth = looked ? 2 : 1;
      context.strokeRect(x - size / 2, y - size / 2, size, size);
      if (i === 0) this.text(this.facts.features[j], x - size / 2 - 5, y + 4, { align: "right", colour: off ? look.muted : look.ink, bold: !off });
    }));
  }

  nearLink(event) {
    const stage = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - stage.left, event.clientY - stage.top];
    let best = null;
    let least = 6;
    for (const link of this.drawnLinks ?? []) {
      const away = distance(x, y, [link.start.x, link.start.y], [link.end.x, link.end.y]);
      if (away < least) [best, least] = [link, away];
    }
    return best;
  }

  hoverLink(event) {
    if (event.target !== this.netArea && event.target !== this.nodes) return;
    const link = this.nearLink(event);
    this.netArea.style.cursor = link ? "pointer" : "";
    this.netArea.title = link ? `weight ${link.weight.toPrecision(3)}: click to change it` : "";
    if (this.hot !== link) {
      this.hot = link;
      this.ask();
    }
  }

  clickLink(event) {
    const link = this.nearLink(event);
    if (link) this.openWeights(link.layer + 1, link.to, link.from);
  }

  // Over the network: the weights of a unit, or all units of a layer --------------------------------------

  showLayover(label, back, ...content) {
    this.back = back ?? document.activeElement;
    this.layover.setAttribute("aria-label", label);
    this.layover.replaceChildren(h("div", { class: "sb-layover-head" }, h("strong", { text: label }),
      button("×", () => this.closeLayover(), { "aria-label": "close" })), ...content);
    this.layover.hidden = false;
  }

  closeLayover() {
    this.layover.hidden = true;
    this.refreshLayover = null;
    if (this.openedLayer != null) this.tell("open", { what: "layer", layer: null });
    this.openedLayer = null;
    this.pointAt(null);
    if (this.back?.isConnected) this.back.focus();
    else this.nodes.querySelector('[tabindex="0"]')?.focus();
  }

  openWeights(column, unit, focus = 0) {
    const layer = column - 1;
    const from = column === 1 ? this.scene.inputs : Array.from({ length: this.frame.shapes[layer][0] }, (_, i) => `unit ${i + 1}`);
    const rows = from.map((name, row) => {
      const id = newId();
      const field = h("input", { id, type: "number", step: 0.1, on: {
        input: () => Number.isFinite(field.valueAsNumber) && this.tell("edit", { layer, row, column: unit, value: field.valueAsNumber }),
      } });
      return { row, field, root: h("div", { class: "sb-field" }, h("label", { for: id, text: `from ${name}` }), field) };
    });
    this.showLayover(`weights into ${this.nodeName(column, unit)}`, this.nodes.querySelector(`[data-at="${column},${unit}"]`),
      h("div", { class: "sb-weights" }, ...rows.map((one) => one.root)));
    this.refreshLayover = () => {
      if (!this.fits() || layer >= this.frame.shapes.length) return;
      const W = this.weightsOf(layer);
      for (const { row, field } of rows) {
        if (document.activeElement !== field || !field.value) field.value = Number(W.at(row, unit).toPrecision(4));
      }
    };
    this.refreshLayover();
    rows[focus].field.focus();
    rows[focus].field.select();
  }

  openLayer(column) {
    this.openedLayer = column - 1;
    this.tell("open", { what: "layer", layer: column - 1 });
    const count = this.frame.shapes[column - 1][1];
    const unit = this.facts.unit;
    const pictures = Array.from({ length: count }, () => h("canvas", { width: unit, height: unit }));
    const buttons = pictures.map((picture, j) => h("button", { type: "button", class: "sb-thumb", "aria-label": `layer ${column}, unit ${j + 1}`, on: {
      ...this.pointing(column, j), click: () => this.openWeights(column, j),
    } }, picture));
    this.showLayover(`layer ${column}: ${plural(count, "unit")}`, null, h("div", { class: "sb-all" }, ...buttons));
    this.refreshLayover = () => {
      if (this.frame.opened !== column - 1 || !this.arrays.opened) return;
      pictures.forEach((one, j) => pixels(unit, unit, this.arrays.opened.subarray(j * unit * unit), this.units, one));
    };
    this.refreshLayover();
    buttons[0].focus();
  }

  // The map ---------------------------------------------------------------------------------------------

  /** The square of the map inside its place, with room for the axes. */
  mapSquare() {
    const { map } = this.places;
    const side = Math.min(map.w - 34, map.h - 44);
    return { x: map.x + 30, y: map.y + 20, side };
  }

  drawMap() {
    const { context, look, scene } = this;
    const { x, y, side } = this.mapSquare();
    const large = this.largeUnit();
    this.text(large ? large.name : "what the network answers", this.places.map.x, y - 7, { size: 12, colour: look.ink, bold: true });
    if (large) context.drawImage(large.atlas, 0, large.from, this.facts.unit, this.facts.unit, x, y, side, side);
    else if (this.arrays.map) this.drawAnswers(x, y, side);
    context.strokeStyle = look.edge;
    context.lineWidth = 1;
    context.strokeRect(x, y, side, side);
    this.drawPoints(x, y, side);
    if (!large && this.arrays.line) this.drawFunction(x, y, side);
    const [left, right, bottom, top] = scene.extent;
    for (const one of ticks(left, right)) {
      const at = (side * (one - left)) / (right - left);
      if (at < side - 22) this.text(minus(one), x + at, y + side + 13, { align: "center" });
    }
    for (const one of ticks(bottom, top)) {
      const at = (side * (top - one)) / (top - bottom);
      if (at > 16) this.text(minus(one), x - 5, y + at + 4, { align: "right" });
    }
    this.text("x1", x + side, y + side + 13, { align: "right", colour: look.ink });
    this.text(scene.regression ? "y" : "x2", x - 5, y + 9, { align: "right", colour: look.ink });
  }

  largeUnit() {
    if (!this.looked || !this.columns || !this.fits()) return null;
    const { column, unit } = this.looked;
    const size = this.facts.unit;
    if (column === 0) return { name: `input ${this.facts.features[unit]}`, atlas: this.featureAtlas, from: size * unit };
    if (unit < (this.columns[column]?.length ?? 0)) {
      let row = unit;
      for (let i = 1; i < column; i++) row += this.columns[i].length;
      const limit = this.frame.limits[column - 1];
      return { name: `${this.nodeName(column, unit)}: −${limit} to ${limit}`, atlas: this.unitAtlas, from: size * row };
    }
    if (this.frame.opened !== column - 1 || !this.arrays.opened) return null;
    this.openedAtlas = pixels(size, size, this.arrays.opened.subarray(unit * size * size), this.units, this.openedAtlas);
    return { name: this.nodeName(column, unit), atlas: this.openedAtlas, from: 0 };
  }

  drawAnswers(x, y, side) {
    const { context } = this;
    this.answers = pixels(100, 100, this.arrays.map, this.shades, this.answers);
    context.drawImage(this.answers, x, y, side, side);
    const { border, lengths } = this.arrays;
    context.beginPath();
    let at = 0;
    for (const length of lengths) {
      for (let i = 0; i < length; i++, at += 2) {
        const [px, py] = [x + (side * border[at]) / 65535, y + (side * border[at + 1]) / 65535];
        if (i) context.lineTo(px, py);
        else context.moveTo(px, py);
      }
    }
    context.strokeStyle = this.look.ink;
    context.lineWidth = 1.4;
    context.stroke();
  }

  drawFunction(x, y, side) {
    const { context } = this;
    const [, , bottom, top] = this.scene.extent;
    context.save();
    context.beginPath();
    context.rect(x, y, side, side);
    context.clip();
    const { line } = this.arrays;
    this.stroke(Array.from(line, (value, i) => [x + (side * i) / (line.length - 1), y + (side * (top - value)) / (top - bottom)]), this.facts.colours[1], 3);
    context.restore();
  }

  /** The points lie still while a network trains: they are drawn once and kept. */
  drawPoints(x, y, side) {
    if (!this.pointsDrawn) {
      const kept = h("canvas", { width: Math.ceil((side + 12) * this.sharp), height: Math.ceil((side + 12) * this.sharp) });
      const context = kept.getContext("2d");
      context.scale(this.sharp, this.sharp);
      this.putPoints(context, side);
      this.pointsDrawn = kept;
    }
    this.context.drawImage(this.pointsDrawn, x - 6, y - 6, side + 12, side + 12);
  }

  putPoints(context, side) {
    const { points, classes, is_training: training } = this.data;
    const [left, right, bottom, top] = this.scene.extent;
    const disc = (i, radius) => {
      context.beginPath();
      context.arc(6 + (side * (points[2 * i] - left)) / (right - left), 6 + (side * (top - points[2 * i + 1])) / (top - bottom), radius, 0, 7);
    };
    const colour = (i) => (this.scene.regression ? this.look.muted : this.facts.colours[classes[i]]);
    const rows = [...classes.keys()];
    for (const i of rows.filter((one) => training[one])) {
      disc(i, 3);
      [context.fillStyle, context.strokeStyle, context.lineWidth] = [colour(i), this.look.rim, 1];
      context.fill();
      context.stroke();
    }
    if (!this.hideValidation) {
      for (const i of rows.filter((one) => !training[one])) {
        disc(i, 3.4);
        [context.strokeStyle, context.lineWidth] = [this.look.rim, 3.4];
        context.stroke();
        [context.strokeStyle, context.lineWidth] = [colour(i), 1.6];
        context.stroke();
      }
    }
    this.scene.names.forEach(([px, py], k) => {
      [context.font, context.textAlign, context.textBaseline] = [`700 15px ${this.look.family}`, "center", "middle"];
      [context.lineWidth, context.lineJoin, context.strokeStyle, context.fillStyle] = [4, "round", this.look.card, this.look.ink];
      context.strokeText(String(k), 6 + side * px, 6 + side * py);
      context.fillText(String(k), 6 + side * px, 6 + side * py);
    });
  }

  /** What the colours mean. */
  drawScale() {
    const { classes, regression, settings } = this.scene;
    const colours = this.facts.colours;
    if (regression) {
      this.scale.replaceChildren(h("div", { class: "sb-key" }, h("span", { class: "sb-stroke", style: `background:${colours[1]}` }), h("span", { text: "the network" })));
    } else if (classes <= 2) {
      const css = (number) => { const c = this.two[number]; return `rgb(${c & 255}, ${(c >> 8) & 255}, ${(c >> 16) & 255})`; };
      const ends = settings.loss === "cross-entropy" ? ["surely orange", "undecided", "surely blue"] : ["1: orange", "0: undecided", "−1: blue"];
      this.scale.replaceChildren(h("div", { class: "sb-gradient", "aria-hidden": "true", style: `--shades: ${[255, 191, 127, 63, 0].map(css).join()}` }),
        h("div", { class: "sb-ends" }, ...ends.map((text) => h("span", { text }))));
    } else {
      const swatch = (k) => h("div", { class: "sb-key" }, h("span", { class: "sb-swatch", style: `background:${colours[k]}` }), h("span", { text: String(k) }));
      this.scale.replaceChildren(h("div", { class: "sb-classes" }, ...Array.from({ length: classes }, (_, k) => swatch(k))), h("div", { class: "sb-note", text: "paler: less sure" }));
    }
  }

  // The curves ------------------------------------------------------------------------------------------

  /** Axes in a place: returns x(step) and y(share), and draws title, lines and names of the ticks. */
  axes(place, title, marks) {
    const plot = { x: place.x + 38, y: place.y + 20, w: place.w - 44, h: place.h - 40 };
    const last = Math.max(this.frame.step, 1);
    this.text(title, place.x, place.y + 11, { size: 12, colour: this.look.ink, bold: true });
    const y = (share) => plot.y + plot.h * (1 - Math.min(1, Math.max(0, share)));
    for (const [share, name] of marks) {
      this.stroke([[plot.x, y(share)], [plot.x + plot.w, y(share)]], this.look.line, 1);
      this.text(name, plot.x - 5, y(share) + 4, { align: "right" });
    }
    this.text("0", plot.x, plot.y + plot.h + 14);
    this.text(plural(this.frame.step, "step"), plot.x + plot.w, plot.y + plot.h + 14, { align: "right" });
    return { plot, y, x: (step) => plot.x + (plot.w * step) / last };
  }

  /** Both curves, each with its name at its end. */
  twoCurves({ plot, x, y }, share, column, names) {
    const { curves } = this.arrays;
    const count = curves.length / 5;
    const row = (k) => Array.from({ length: count }, (_, i) => [x(curves[5 * i]), y(share(curves[5 * i + k]))]);
    const lines = [row(column), row(column + 1)];
    const kinds = ["training", "validation"];
    const { context } = this;
    context.lineJoin = "round";
    kinds.forEach((kind, i) => this.stroke(lines[i], this.look[kind], 2, this.facts.lines[kind].dash.map((one) => one * 2)));
    const heights = nameHeights(lines.map((line) => line.at(-1)[1]), plot.y + 9, plot.y + plot.h - 4);
    kinds.forEach((kind, i) => this.text(`${kind} ${names[i]}`, plot.x + plot.w - 2, heights[i], { align: "right", colour: this.look[kind], bold: true, halo: true }));
  }

  drawLoss() {
    const { curves, batches } = this.arrays;
    let [low, high] = [Infinity, 0];
    for (let i = 0; i < curves.length; i++) {
      if (i % 5 !== 1 && i % 5 !== 2) continue;
      if (!(curves[i] < 1e7)) continue;
      low = Math.min(low, Math.max(curves[i], 1e-6));
      high = Math.max(high, curves[i]);
    }
    if (!high) [low, high] = [0.1, 1];
    const round = (value, up) => {
      const power = 10 ** Math.floor(Math.log10(value));
      const steps = [1, 2, 5, 10].map((one) => one * power);
      return up ? steps.find((one) => one >= value * 0.999) : steps.findLast((one) => one <= value * 1.001);
    };
    [low, high] = [round(low, false), round(high, true)];
    if (high <= low * 2.1) high = round(low * 4, true);
    const share = (value) => (value > 0 ? Math.log10(Math.min(value, 1e30) / low) / Math.log10(high / low) : value > high ? 1 : 0);
    const axes = this.axes(this.places.loss, "loss", lossTicks(low, high).map((one) => [share(one), String(one)]));
    const trace = [];
    for (let i = 0; i < batches.length; i += 2) trace.push([axes.x(batches[i]), axes.y(share(batches[i + 1]))]);
    this.context.globalAlpha = 0.35;
    this.stroke(trace, this.look.edge, 0.8);
    this.context.globalAlpha = 1;
    this.twoCurves(axes, share, 1, [this.frame.scores.train_loss, this.frame.scores.validation_loss]);
  }

  drawScore() {
    const { curves } = this.arrays;
    const { regression, classes } = this.scene;
    let low = 0;
    if (regression) for (let i = 3; i < curves.length; i += 5) low = Math.min(low, Math.max(-1, curves[i], curves[i + 1]));
    const share = (value) => (value - low) / (1 - low);
    const marks = regression ? ticks(low, 1, 3).map((one) => [share(one), minus(one)]) : [0, 0.5, 1].map((one) => [one, `${100 * one} %`]);
    const axes = this.axes(this.places.score, regression ? "R²" : "accuracy", marks);
    const chance = regression ? 0 : 1 / classes;
    this.stroke([[axes.plot.x, axes.y(share(chance))], [axes.plot.x + axes.plot.w, axes.y(share(chance))]], this.look.edge, 1.2, [2, 3]);
    this.twoCurves(axes, share, 3, [this.frame.scores.train_score, this.frame.scores.validation_score]);
    const { x, y, w } = this.places.score; // its name beside the title, where no curve comes
    const name = regression ? "always the mean" : `chance ${Math.round(100 * chance)} %`;
    this.text(name, x + w - 6, y + 11, { align: "right" });
    const left = x + w - 12 - this.context.measureText(name).width;
    this.stroke([[left - 16, y + 7], [left, y + 7]], this.look.edge, 1.2, [2, 3]);
  }

  // What is folded --------------------------------------------------------------------------------------

  drawInner() {
    if (!this.frame || !this.columns || !this.fits()) return;
    const layers = this.frame.shapes.length;
    if (this.inner.childElementCount !== layers) {
      this.inner.replaceChildren(...Array.from({ length: layers }, (_, i) => h("div", { class: "sb-layer" },
        h("span", { text: i === layers - 1 ? "output layer" : `layer ${i + 1}` }), h("canvas", { width: 420, height: 72 }), h("span", { class: "sb-value" }))));
    }
    let most = 0.1;
    for (const value of this.arrays.weights) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
    [...this.inner.children].forEach((row, i) => {
      const [, canvas, words] = row.children;
      histogram(canvas, this.weightsOf(i).values, most, this.look);
      const norm = this.arrays.gradients[i];
      words.textContent = `weights from −${most.toPrecision(2)} to ${most.toPrecision(2)}, gradient norm ${Number.isFinite(norm) ? norm.toPrecision(2) : "∞"}`;
    });
  }

  showWhatIf({ sentence, rates, sizes, losses, levels, here, best }) {
    const cell = (row, column) => {
      const [rate, size, loss, level] = [rates[column], sizes[row], losses[row][column], levels[row][column]];
      const mark = rate === here[0] && size === here[1] ? "● " : best && rate === best[0] && size === best[1] ? "★ " : "";
      const shade = level == null ? null : Math.round(level * (CIVIDIS.length - 1));
      const style = shade == null ? "" : `background:${CIVIDIS[shade]}; color:${shade < 5 ? "#ffffff" : "#111111"}`;
      return h("td", {}, button(mark + loss, () => this.change({ lr: rate, batch_size: size }), { style, disabled: loss === "–",
        "aria-label": `learning rate ${rate}, batch size ${size}: validation loss ${loss}${mark === "● " ? ", here" : mark ? ", the lowest" : ""}` }));
    };
    const head = h("tr", {}, h("th", { text: "learning rate" }), ...rates.map((one) => h("th", { scope: "col", text: String(one) })));
    const body = sizes.map((size, row) => h("tr", {}, h("th", { scope: "row", text: `batches of ${size}` }), ...rates.map((_, column) => cell(row, column))));
    const focused = this.whatIf.contains(document.activeElement) ? [...this.whatIf.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    this.whatIf.replaceChildren(h("p", { text: sentence }), h("div", { class: "sb-scroll" }, h("table", {}, head, ...body)));
    if (focused >= 0) this.whatIf.querySelectorAll("button")[focused]?.focus();
  }
}

export default {
  render({ model, el }) {
    const playground = new Playground(model, el);
    return () => playground.end();
  },
};
