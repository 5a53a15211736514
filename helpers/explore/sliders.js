// An explorer in the page: sliders, a bar, a picture that the kernel draws, and the sentence.

class Explorer {
  constructor(model, el) {
    this.model = model;
    this.root = rootOf(el, "sb-explorer", "explorer");
    this.hear = (told, buffers) => this.heard(told, buffers);
    model.on("msg:custom", this.hear);
    model.send({ do: "arrive" });
  }

  end() {
    this.root.release();
    this.model.off("msg:custom", this.hear);
    URL.revokeObjectURL(this.address);
  }

  heard(told, buffers) {
    if (told.kind === "hello" && !this.tracks) this.build(told.controls);
    if (told.kind === "frame" && this.tracks) this.show(told, buffers[0]);
  }

  build(controls) {
    const moved = () => this.tell();
    this.tracks = Object.fromEntries(controls.map(({ name, ...spec }) => [name, new Track({ ...spec, value: spec.start, moved })]));
    this.picture = h("img", { alt: "" });
    this.sentence = new Sentence();
    const reset = button("Reset", () => {
      for (const { name, start } of controls) this.tracks[name].set(start);
      this.tell();
    }, { title: "back to where the sliders began" });
    const rows = Object.values(this.tracks).map((one) => one.root);
    this.root.append(h("div", { class: "sb-bar" }, h("div", { class: "sb-tracks" }, ...rows), reset), this.picture, this.sentence.root);
  }

  tell() {
    const values = Object.entries(this.tracks).map(([name, track]) => [name, track.value]);
    this.model.send({ do: "show", values: Object.fromEntries(values) });
  }

  /** Show a picture once it is decoded: the one before stays until then. */
  async show({ number, alt, sentence, width }, bytes) {
    this.newest = number;
    const address = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    const next = h("img", { src: address, alt, width });
    await next.decode();
    if (number < this.newest) return URL.revokeObjectURL(address);
    URL.revokeObjectURL(this.address);
    this.address = address;
    this.picture.replaceWith(next);
    this.picture = next;
    this.sentence.say(sentence, true);
    this.root.dataset.picture = number;
  }
}

export default {
  render({ model, el }) {
    const explorer = new Explorer(model, el);
    return () => explorer.end();
  },
};
