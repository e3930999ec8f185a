// Draws boxes on a canvas, as many as can be seen, once for each frame in which something has changed.

import { DARK, FONT, LIGHT, family, hash, short } from './look.js';

const ROW = 20;
/** Narrower boxes are drawn together, as a line. */
const NARROWEST = 1.5;
/** In milliseconds: how long the way into a box takes. */
const WAY = 160;

const dark = matchMedia('(prefers-color-scheme: dark)');
const still = matchMedia('(prefers-reduced-motion: reduce)');

export class Flame {
  /**
   * A canvas in an element that scrolls. `on.choose(box)` hears which box was chosen, `on.point(box)` which one the
   * pointer is at (-1 for none), `on.zoom(box)` which one shall be as wide as the window.
   */
  constructor(element, boxes, side, label, on) {
    this.boxes = boxes;
    this.on = on;
    Object.assign(this, boxes.layout(side));
    this.side = side;
    this.from = 0;
    this.to = this.size[0] || 1;
    this.chosen = 0;
    this.whole = 0;
    this.pointed = -1;
    this.found = null;
    this.colours = boxes.names.map((name) => hash(family(name)) % LIGHT.boxes.length);
    this.short = boxes.names.map(short);

    this.element = element;
    this.canvas = document.createElement('canvas');
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-label', label);
    this.canvas.setAttribute('aria-describedby', 'status');
    this.space = document.createElement('div');
    this.space.className = 'space';
    this.space.style.height = `${(boxes.deepest + 1) * ROW + 8}px`;
    this.space.append(this.canvas);
    element.append(this.space);
    this.context = this.canvas.getContext('2d', { alpha: false });

    this.watcher = new ResizeObserver(() => this.resize());
    this.watcher.observe(element);
    const listen = (target, kind, act, options) => target.addEventListener(kind, act, { signal: this.ended.signal, ...options });
    this.ended = new AbortController();
    listen(element, 'scroll', () => this.draw());
    listen(dark, 'change', () => this.draw());
    listen(this.canvas, 'wheel', (event) => this.wheel(event), { passive: false });
    listen(this.canvas, 'pointerdown', (event) => this.down(event));
    listen(this.canvas, 'pointermove', (event) => this.move(event));
    listen(this.canvas, 'pointerup', (event) => this.up(event));
    listen(this.canvas, 'pointerleave', () => this.point(-1));
    listen(this.canvas, 'keydown', (event) => this.key(event));
    listen(this.canvas, 'focus', () => this.draw());
    listen(this.canvas, 'blur', () => this.draw());
    this.resize();
  }

  /** Lets go of everything. */
  end() {
    this.watcher.disconnect();
    this.ended.abort();
    cancelAnimationFrame(this.frame);
  }

  resize() {
    this.width = this.element.clientWidth;
    this.height = this.element.clientHeight;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${this.height}px`;
    this.context.scale(ratio, ratio);
    this.context.font = FONT;
    this.letter = this.context.measureText('m').width;
    // A canvas of another size is empty, and stays so up to the next frame.
    this.paint();
  }

  /** Draws in the next frame. */
  draw() {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = undefined;
      this.walk(now);
      this.paint();
    });
  }

  paint() {
    const { context, width, height, boxes, start, size, bound, from, found } = this;
    const theme = dark.matches ? DARK : LIGHT;
    const { depth, end, parent, name, count } = boxes;
    const top = this.element.scrollTop;
    const scale = width / (this.to - from);
    context.fillStyle = theme.line;
    context.fillRect(0, 0, width, height);
    const labels = [];
    for (let box = 0; box < count; ) {
      const y = depth[box] * ROW - top;
      if (y > height) {
        // All that follow up to the end of the one below are as high.
        box = parent[box] < 0 ? count : end[parent[box]];
        continue;
      }
      const left = (start[box] - from) * scale;
      const wide = size[box] * scale;
      if (left > width || bound[box] * scale < NARROWEST) {
        // So are all its siblings that follow.
        const next = parent[box] < 0 ? count : end[parent[box]];
        const rest = (start[parent[box]] + size[parent[box]] - from) * scale;
        if (left < width && rest - left >= 1 && y > -ROW) {
          context.fillStyle = theme.rest;
          context.fillRect(Math.max(left, 0), y + ROW - 5, Math.min(rest, width) - Math.max(left, 0), 2);
        }
        box = next;
        continue;
      }
      if (left + wide < 0 || wide < NARROWEST) {
        box = end[box];
        continue;
      }
      if (y > -ROW) {
        const shownLeft = Math.max(left, 0);
        const shownWide = Math.min(left + wide, width) - shownLeft;
        context.fillStyle = this.colour(theme, box);
        context.fillRect(shownLeft, y, Math.max(shownWide - 1, 0.5), ROW - 1);
        if (shownWide > this.letter * 5 + 8) labels.push(box, shownLeft, shownWide, y);
      }
      box += 1;
    }
    context.fillStyle = theme.text;
    context.textBaseline = 'middle';
    for (let at = 0; at < labels.length; at += 4) {
      const [box, left, wide, y] = [labels[at], labels[at + 1], labels[at + 2], labels[at + 3]];
      const room = Math.floor((wide - 8) / this.letter);
      let text = boxes.names[name[box]];
      if (text.length > room) text = this.short[name[box]];
      if (text.length > room) text = `${text.slice(0, room - 1)}…`;
      context.fillText(text, left + 4, y + ROW / 2);
    }
    this.outline(theme, this.chosen, scale, top, document.activeElement === this.canvas ? 2 : 1);
    if (this.pointed >= 0) this.outline(theme, this.pointed, scale, top, 1);
  }

  outline(theme, box, scale, top, thick) {
    const left = Math.max((this.start[box] - this.from) * scale, 0);
    const right = Math.min((this.start[box] + this.size[box] - this.from) * scale, this.width);
    if (right < left) return;
    this.context.strokeStyle = theme.chosen;
    this.context.lineWidth = thick;
    this.context.strokeRect(left + thick / 2, this.boxes.depth[box] * ROW - top + thick / 2, Math.max(right - left - thick - 1, 1), ROW - thick - 1);
  }

  colour(theme, box) {
    const { boxes } = this;
    const name = boxes.name[box];
    if (this.found) {
      if (this.found[name]) return theme.found;
      return theme.faint;
    }
    if (box === 0 || boxes.depth[box] < boxes.depth[this.whole]) return theme.faint;
    if (!boxes.is_difference) return theme.boxes[this.colours[name]];
    const change = boxes.values[boxes.change[box]];
    const part = change / (this.bound[box] || 1);
    // The root shows small changes, too.
    return theme.change[4 + Math.sign(part) * Math.ceil(Math.sqrt(Math.abs(part)) * 4 - 1e-9)];
  }

  /** Shows what a search found: a 1 for each name that matches. */
  search(found) {
    this.found = found;
    this.draw();
  }

  /** Makes a box as wide as the window, at once or on the way that eyes can follow. */
  zoomTo(box, atOnce) {
    const wide = this.size[box] || this.size[0] || 1;
    this.whole = box;
    this.go(this.start[box], this.start[box] + wide, atOnce);
    // What it called is below it; a few rows above tell where it is.
    const y = this.boxes.depth[box] * ROW;
    const { scrollTop } = this.element;
    if (y < scrollTop || y > scrollTop + this.height / 3) this.element.scrollTop = y - 3 * ROW;
  }

  go(from, to, atOnce) {
    const all = this.size[0] || 1;
    // No nearer than what numbers can tell apart, and not beyond the ends.
    const wide = Math.min(Math.max(to - from, all * 1e-9), all);
    const start = Math.min(Math.max(from, 0), all - wide);
    if (atOnce || still.matches) {
      this.way = undefined;
      this.from = start;
      this.to = start + wide;
    } else {
      this.way = { from: this.from, to: this.to, toFrom: start, toTo: start + wide };
    }
    this.draw();
  }

  /** The part of the way that is behind at this time. */
  walk(now) {
    const { way } = this;
    if (!way) return;
    way.begun ??= now;
    const part = Math.min((now - way.begun) / WAY, 1);
    const eased = 1 - (1 - part) ** 3;
    this.from = way.from + (way.toFrom - way.from) * eased;
    this.to = way.to + (way.toTo - way.to) * eased;
    if (part < 1) this.draw();
    else this.way = undefined;
  }

  /** Nearer by a factor; what is at this place of the window stays there. */
  nearer(factor, x = this.width / 2) {
    const at = this.from + ((this.to - this.from) * x) / this.width;
    this.go(at - (at - this.from) / factor, at + (this.to - at) / factor, true);
  }

  /** Along by a part of the window. */
  along(part) {
    const by = (this.to - this.from) * part;
    this.go(this.from + by, this.to + by, true);
  }

  choose(box) {
    this.chosen = box;
    this.on.choose(box);
    this.draw();
  }

  point(box) {
    if (box === this.pointed) return;
    this.pointed = box;
    this.canvas.style.cursor = box < 0 ? '' : 'pointer';
    this.on.point(box);
    this.draw();
  }

  /** Scrolls and moves until a box is in view. */
  reveal(box) {
    const y = this.boxes.depth[box] * ROW;
    const { scrollTop } = this.element;
    if (y < scrollTop) this.element.scrollTop = y;
    else if (y + ROW > scrollTop + this.height) this.element.scrollTop = y + ROW - this.height;
  }

  /** The box at a place of the canvas, or -1. */
  at(x, y) {
    const { boxes, start, size } = this;
    const depth = Math.floor((y + this.element.scrollTop) / ROW);
    const place = this.from + ((this.to - this.from) * x) / this.width;
    for (let box = 0; box < boxes.count; ) {
      if (place < start[box]) return -1;
      if (place >= start[box] + size[box]) box = boxes.end[box];
      else if (boxes.depth[box] === depth) return box;
      else if (boxes.depth[box] > depth) return -1;
      else box += 1;
    }
    return -1;
  }

  wheel(event) {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.nearer(Math.exp(-event.deltaY / 300), event.offsetX);
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      this.along((event.deltaX || event.deltaY) / this.width);
    }
  }

  down(event) {
    if (event.button !== 0) return;
    this.drag = { x: event.offsetX, y: event.offsetY, from: this.from, top: this.element.scrollTop, moved: false };
    this.canvas.setPointerCapture(event.pointerId);
  }

  move(event) {
    const { drag } = this;
    if (!drag) return this.point(this.at(event.offsetX, event.offsetY));
    const [x, y] = [event.offsetX - drag.x, event.offsetY - drag.y];
    if (!drag.moved && Math.hypot(x, y) < 4) return undefined;
    drag.moved = true;
    const wide = this.to - this.from;
    const from = drag.from - (x / this.width) * wide;
    this.go(from, from + wide, true);
    this.element.scrollTop = drag.top - y;
    return undefined;
  }

  up(event) {
    const { drag } = this;
    this.drag = undefined;
    if (!drag || drag.moved) return;
    const box = this.at(event.offsetX, event.offsetY);
    if (box < 0) return;
    this.choose(box);
    this.on.zoom(box);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { boxes, chosen } = this;
    const go = (box) => {
      this.choose(box);
      this.follow(box);
    };
    const keys = {
      ArrowUp: () => go(Math.max(boxes.parent[chosen], 0)),
      ArrowDown: () => go(boxes.callee(chosen)),
      ArrowLeft: () => (event.shiftKey ? this.along(-0.1) : go(boxes.sibling(chosen, false))),
      ArrowRight: () => (event.shiftKey ? this.along(0.1) : go(boxes.sibling(chosen, true))),
      Enter: () => this.on.zoom(chosen),
      Escape: () => this.on.zoom(0),
      0: () => this.on.zoom(0),
      '+': () => this.nearer(1.5, this.middle()),
      '=': () => this.nearer(1.5, this.middle()),
      '-': () => this.nearer(1 / 1.5, this.middle()),
      PageDown: () => this.element.scrollBy(0, this.height - ROW),
      PageUp: () => this.element.scrollBy(0, ROW - this.height),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  /** Where the chosen box is in the window, or else its middle. */
  middle() {
    const at = this.start[this.chosen] + this.size[this.chosen] / 2;
    return at > this.from && at < this.to ? ((at - this.from) / (this.to - this.from)) * this.width : this.width / 2;
  }

  /** Brings a box into the window, however narrow it is. */
  follow(box) {
    const [start, end, wide] = [this.start[box], this.start[box] + this.size[box], this.to - this.from];
    if (start < this.from || end > this.to || end - start < wide * 0.005) {
      const middle = (start + end) / 2;
      const half = Math.max(Math.min(wide, (end - start) * 100), end - start) / 2;
      this.go(middle - half, middle + half);
    }
    this.reveal(box);
  }
}
