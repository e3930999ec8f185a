// The graph of calls: graphviz's picture, which can be moved and enlarged, and whose boxes lead to their functions.

/**
 * Puts a picture into an element. `on.open(name)` hears which function was asked for, `on.point(text)` what is below the
 * pointer.
 */
export class Graph {
  constructor(element, text, on) {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    if (parsed.querySelector('parsererror')) throw new Error('The picture that graphviz made cannot be read.');
    this.svg = document.importNode(parsed, true);
    this.element = element;
    element.append(this.svg);
    const [, , width, height] = (this.svg.getAttribute('viewBox') ?? '0 0 100 100').split(/[ ,]+/).map(Number);
    this.whole = { x: 0, y: 0, width, height };
    this.svg.removeAttribute('width');
    this.svg.removeAttribute('height');
    this.svg.setAttribute('role', 'group');
    this.svg.setAttribute('aria-label', 'Graph of calls');
    // Paper is the page's own.
    this.svg.querySelector('.graph > polygon')?.remove();
    for (const title of this.svg.querySelectorAll('title')) title.remove();

    this.functions = new Map();
    for (const node of this.svg.querySelectorAll('.node, .edge')) {
      const said = node.querySelector('a')?.getAttribute('xlink:title') ?? '';
      for (const link of node.querySelectorAll('a')) link.replaceWith(...link.childNodes);
      node.addEventListener('pointerenter', () => on.point(said));
      node.addEventListener('pointerleave', () => on.point(''));
      // Boxes of labels, and the legend, are no functions: they have no name with a value behind it.
      const [, name] = /^(.*) \([^()]*\)$/.exec(said) ?? [];
      if (!name || !node.matches('.node')) continue;
      node.setAttribute('tabindex', '0');
      node.setAttribute('role', 'link');
      node.addEventListener('focus', () => on.point(said));
      node.addEventListener('click', () => this.dragged || on.open(name));
      node.addEventListener('keydown', (event) => event.key === 'Enter' && on.open(name));
      this.functions.set(node, name);
    }
    this.reset();
    this.ended = new AbortController();
    const listen = (kind, act, options) => element.addEventListener(kind, act, { signal: this.ended.signal, ...options });
    listen('wheel', (event) => this.wheel(event), { passive: false });
    listen('pointerdown', (event) => this.down(event));
    listen('pointermove', (event) => this.move(event));
    listen('pointerup', () => { this.drag = undefined; });
    listen('keydown', (event) => this.key(event));
  }

  end() {
    this.ended.abort();
  }

  /** Lets what a search does not find step back. */
  search(matches) {
    for (const [node, name] of this.functions) node.classList.toggle('other', matches ? !matches(name) : false);
  }

  /** The whole picture, or as much of it as can be read. */
  reset() {
    const { clientWidth, clientHeight } = this.element;
    const fits = Math.max(this.whole.width / clientWidth, this.whole.height / clientHeight);
    const scale = Math.min(Math.max(fits, 0.75), 1);
    const [width, height] = [clientWidth * scale, clientHeight * scale];
    // What does not fit begins with the legend, which graphviz puts beside the first function.
    const legend = this.svg.querySelector('.cluster')?.getBBox();
    const left = fits > scale && legend ? legend.x - 12 : (this.whole.width - width) / 2;
    const top = fits > scale ? 0 : (this.whole.height - height) / 2;
    this.show({ x: left, y: top, width, height });
  }

  show(box) {
    this.box = box;
    this.svg.setAttribute('viewBox', `${box.x} ${box.y} ${box.width} ${box.height}`);
  }

  nearer(factor, x = 0.5, y = 0.5) {
    const { box, whole } = this;
    const least = 100 / box.width;
    const by = Math.max(1 / factor, least);
    if (by > 1 && box.width * by > whole.width * 4 && box.height * by > whole.height * 4) return;
    const [width, height] = [box.width * by, box.height * by];
    this.show({ x: box.x + (box.width - width) * x, y: box.y + (box.height - height) * y, width, height });
  }

  /** Along by parts of the window. */
  along(x, y) {
    const { box } = this;
    this.show({ ...box, x: box.x + box.width * x, y: box.y + box.height * y });
  }

  wheel(event) {
    event.preventDefault();
    const { clientWidth, clientHeight } = this.element;
    const frame = this.element.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) {
      const at = [(event.clientX - frame.left) / clientWidth, (event.clientY - frame.top) / clientHeight];
      this.nearer(Math.exp(-event.deltaY / 300), ...at);
    } else {
      this.along(event.deltaX / clientWidth, event.deltaY / clientHeight);
    }
  }

  down(event) {
    if (event.button !== 0) return;
    this.dragged = false;
    this.drag = { x: event.clientX, y: event.clientY, box: this.box };
  }

  move(event) {
    const { drag } = this;
    if (!drag) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    if (Math.hypot(x, y) < 4) return;
    this.dragged = true;
    const { box } = drag;
    this.show({ ...box, x: box.x - (x * box.width) / this.element.clientWidth, y: box.y - (y * box.height) / this.element.clientHeight });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      ArrowUp: () => this.along(0, -0.1),
      ArrowDown: () => this.along(0, 0.1),
      ArrowLeft: () => this.along(-0.1, 0),
      ArrowRight: () => this.along(0.1, 0),
      '+': () => this.nearer(1.3),
      '=': () => this.nearer(1.3),
      '-': () => this.nearer(1 / 1.3),
      0: () => this.reset(),
      Escape: () => this.reset(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }
}
