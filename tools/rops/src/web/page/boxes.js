// The boxes of a flame graph as the server sends them, and where each of them is.
//
// Boxes come in the order of a walk through the tree: each after what called it, the largest first among its siblings.
// So those above a box are all that follow up to its `end`, and what is too small to be seen is skipped at once: a frame
// costs what is on the screen, however many boxes there are.

export class Boxes {
  /** Reads what the server sends for a flame graph. */
  constructor(buffer) {
    const size = new DataView(buffer).getUint32(0, true);
    const object = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
    Object.assign(this, object);
    let from = 4 + size;
    const column = () => {
      const numbers = new Uint32Array(buffer, from, this.count);
      from += this.count * 4;
      return numbers;
    };
    this.name = column();
    this.depth = column();
    this.cum = column();
    this.flat = column();
    if (this.is_difference) {
      this.before = column();
      this.change = column();
    }
    this.values = Float64Array.from(this.amounts, (amount) => amount.value);
    this.above();
  }

  /** Finds for each box what called it, and where what it called ends. */
  above() {
    const { count, depth } = this;
    this.parent = new Int32Array(count).fill(-1);
    this.end = new Int32Array(count).fill(count);
    this.deepest = 0;
    const open = [];
    for (let box = 0; box < count; box += 1) {
      while (open.length > depth[box]) this.end[open.pop()] = box;
      if (open.length) this.parent[box] = open[open.length - 1];
      open.push(box);
      this.deepest = Math.max(this.deepest, depth[box]);
    }
  }

  /** Which side of a difference gives the boxes their widths: 'both' together, 'now' or 'before'. */
  layout(side) {
    const { count, parent, values } = this;
    const size = new Float64Array(count);
    const bound = this.is_difference ? new Float64Array(count) : size;
    for (let box = 0; box < count; box += 1) {
      const now = values[this.cum[box]];
      const before = this.is_difference ? values[this.before[box]] : 0;
      size[box] = side === 'before' ? before : side === 'now' ? now : now + before;
      if (bound !== size) bound[box] = now + before;
    }
    // Each box begins where its last sibling ended.
    const start = new Float64Array(count);
    const next = new Float64Array(count);
    for (let box = 1; box < count; box += 1) {
      start[box] = next[parent[box]];
      next[box] = start[box];
      next[parent[box]] += size[box];
    }
    return { start, size, bound };
  }

  label(box) {
    return this.names[this.name[box]];
  }

  /** What people read about a box. */
  text(box) {
    const said = (place) => {
      const { text, part } = this.amounts[place];
      return `${text} (${part})`;
    };
    if (!this.is_difference) return `${said(this.cum[box])}, itself ${said(this.flat[box])}`;
    const change = this.amounts[this.change[box]];
    const sign = change.value > 0 ? '+' : '';
    return `before ${said(this.before[box])}, now ${said(this.cum[box])}: ${sign}${change.text}`;
  }

  /** The names that a search finds, and what their boxes have together, each sample once. */
  found(matches) {
    const { count, name, end, cum, values } = this;
    const names = Uint8Array.from(this.names, (one) => (matches(one) ? 1 : 0));
    names[name[0]] = 0;
    let sum = 0;
    for (let box = 0; box < count; ) {
      if (names[name[box]]) {
        sum += values[cum[box]];
        box = end[box];
      } else {
        box += 1;
      }
    }
    return { names, sum };
  }

  /** The box beside another one that the same function called. */
  sibling(box, forward) {
    const parent = this.parent[box];
    if (parent < 0) return box;
    if (forward) return this.end[box] < this.end[parent] ? this.end[box] : box;
    let last = box;
    for (let one = parent + 1; one < box; one = this.end[one]) last = one;
    return last;
  }

  /** The largest that it called. */
  callee(box) {
    return box + 1 < this.end[box] ? box + 1 : box;
  }
}
