// The trace as the server has it: columns of numbers for boxes, and rows of them for each track.

/** What a box is, in the order of the server's numbers. */
export const KINDS = ['poll', 'visit', 'blocking', 'parked', 'request', 'span', 'busy', 'slice'];

export class Tracks {
  /** Reads what `/-/boxes` answers. */
  constructor(buffer) {
    const size = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
    const { names, tracks, count } = header;
    let at = 4 + size;
    const column = (Kind) => {
      const numbers = new Kind(buffer, at, count);
      at += count * Kind.BYTES_PER_ELEMENT;
      return numbers;
    };
    this.names = names;
    this.count = count;
    this.start = column(Float64Array);
    this.end = column(Float64Array);
    this.name = column(Uint32Array);
    this.request = column(Uint32Array);
    this.depth = column(Uint8Array);
    this.kind = column(Uint8Array);
    this.track = new Uint32Array(count);
    let first = 0;
    this.tracks = tracks.map((track, number) => {
      const rows = Array.from({ length: track.depth }, () => []);
      for (let box = first; box < first + track.count; box += 1) {
        this.track[box] = number;
        rows[this.depth[box]].push(box);
      }
      const made = { ...track, first, rows: rows.map((boxes) => Uint32Array.from(boxes)) };
      first += track.count;
      return made;
    });
    this.found = null;
    this.matches = [];
  }

  /** The first place in a row whose box ends after a time. */
  after(row, time) {
    let [low, high] = [0, row.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.end[row[middle]] > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The box in a row at a time, or the nearest one that is not farther than `slack`; -1 if there is none. */
  at(row, time, slack) {
    const place = this.after(row, time - slack);
    const box = row[place];
    return box !== undefined && this.start[box] <= time + slack ? box : -1;
  }

  /** What a box is called. */
  text(box) {
    return this.names[this.name[box]] || KINDS[this.kind[box]];
  }

  /** Boxes whose name a function likes; null for none. */
  search(likes) {
    this.found = likes && Uint8Array.from(this.names, (name) => (name && likes(name) ? 1 : 0));
    this.matches = [];
    for (let box = 0; this.found && box < this.count; box += 1) {
      if (this.found[this.name[box]]) this.matches.push(box);
    }
    // For each row how many were found before each place, so that none is lost among many narrow ones.
    for (const track of this.tracks) {
      track.sums = this.found && track.rows.map((row) => {
        const sums = new Uint32Array(row.length + 1);
        for (let place = 0; place < row.length; place += 1) {
          sums[place + 1] = sums[place] + this.found[this.name[row[place]]];
        }
        return sums;
      });
    }
    this.matches.sort((one, other) => this.start[one] - this.start[other]);
  }
}

/** Nanoseconds with three digits that count. */
export function time(nanoseconds) {
  const [unit, factor] = [['s', 1e9], ['ms', 1e6], ['µs', 1e3]].find(([, factor]) => nanoseconds >= factor * 0.9995) ?? ['ns', 1];
  const value = nanoseconds / factor;
  if (factor === 1) return `${Math.round(value)} ns`;
  return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${unit}`;
}
