// What the playground draws with: colours, pixels, distances, ticks. Nothing here knows the playground.

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const mix = (from, to, share) => from.map((one, i) => Math.round(one + share * (to[i] - one)));
const packed = ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r;
const minus = (number) => String(number).replace("-", "−");
const plural = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

/** Colours by number, as 32-bit pixels: two classes from surely one to surely the other, or `levels` a class. */
function palette(colours, levels, ground, faint, strong) {
  if (colours.length === 2) {
    return Uint32Array.from({ length: 256 }, (_, i) => {
      const sure = (i - 127.5) / 127.5;
      return packed(mix(ground, colours[sure < 0 ? 0 : 1], faint + (strong - faint) * Math.abs(sure)));
    });
  }
  return Uint32Array.from({ length: colours.length * levels }, (_, i) =>
    packed(mix(ground, colours[Math.floor(i / levels)], faint + ((strong - faint) * (i % levels)) / (levels - 1))));
}

/** An offscreen canvas of colour numbers. */
function pixels(width, height, numbers, colours, kept) {
  const canvas = kept?.width === width && kept.height === height ? kept : h("canvas", { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < out.length; i++) out[i] = colours[numbers[i]];
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The distance of a point from a line between two points. */
function distance(x, y, [x1, y1], [x2, y2]) {
  const share = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2 || 1);
  const at = Math.min(1, Math.max(0, share));
  return Math.hypot(x - x1 - at * (x2 - x1), y - y1 - at * (y2 - y1));
}

/** Round numbers between two others, at most `most`. */
function ticks(low, high, most = 5) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

/** Ticks of a logarithmic axis: 1, 2 and 5 of each power where there are few powers, else the powers. */
function lossTicks(low, high) {
  const found = [];
  const decades = Math.log10(high / low);
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of decades <= 1.8 ? [1, 2, 5] : [1]) found.push(Number((digit * 10 ** power).toPrecision(3)));
  }
  const inside = found.filter((one) => one >= low * 0.999 && one <= high * 1.001);
  return inside.filter((_, i) => i % Math.ceil(inside.length / 5) === 0);
}

/** Where the names of two curves stand that end at these heights: one above its end and one below, 14 px apart. */
function nameHeights(ends, top, bottom) {
  const [upper, lower] = ends[0] <= ends[1] ? [0, 1] : [1, 0];
  const heights = [0, 0];
  heights[upper] = ends[upper] - 7 >= top ? ends[upper] - 7 : ends[upper] + 15;
  heights[lower] = ends[lower] + 15 <= bottom ? ends[lower] + 15 : Math.min(ends[lower] - 7, bottom);
  heights[lower] = Math.min(Math.max(heights[lower], heights[upper] + 14), bottom);
  heights[upper] = Math.min(heights[upper], heights[lower] - 14);
  return heights;
}

function histogram(canvas, values, most, look) {
  const bins = new Array(41).fill(0);
  for (const value of values) if (Number.isFinite(value)) bins[Math.round(20 + (20 * value) / most)] += 1;
  const context = canvas.getContext("2d");
  const [width, height] = [canvas.width, canvas.height];
  context.clearRect(0, 0, width, height);
  context.fillStyle = look.accent;
  const tallest = Math.max(...bins, 1);
  bins.forEach((count, i) => context.fillRect((i * width) / 41 + 1, height - 2 - ((height - 6) * count) / tallest, width / 41 - 2, ((height - 6) * count) / tallest));
  context.fillStyle = look.edge;
  context.fillRect(0, height - 2, width, 2);
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = h("textarea", { class: "sb-hidden" }); // a page without a secure address has no clipboard
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
