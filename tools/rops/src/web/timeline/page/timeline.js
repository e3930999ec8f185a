// The timeline: what is looked at, and how mouse, touch and keys change it. The view is in the address.

import { AXIS, NAMES, ROW, layout, paint } from './paint.js';
import * as side from './side.js';
import { KINDS, Tracks, time } from './tracks.js';

const canvas = document.querySelector('canvas');
const context = canvas.getContext('2d', { alpha: false });
const holder = document.getElementById('tracks');
const status = document.getElementById('status');
const search = document.querySelector('[name=search]');
const help = document.getElementById('help');
const dark = matchMedia('(prefers-color-scheme: dark)');

const [about, buffer] = await Promise.all([
  fetch('/-/about').then((answer) => answer.json()),
  fetch('/-/boxes').then((answer) => answer.arrayBuffer()),
]);
const tracks = new Tracks(buffer);
const counters = about.counters.map(({ name, of, values }) => ({
  name,
  of,
  times: values.map(([time]) => time),
  values: values.map(([, value]) => value),
  most: values.reduce((most, [, value]) => Math.max(most, value), 0),
}));
const whole = { from: 0, to: Math.max(about.length, 1) };
const { places, height: tall } = layout(tracks, counters);
const view = { ...whole, top: 0, box: -1, request: 0, width: 0, height: 0, tracks, places };
document.title = `${about.title} - rops`;
document.getElementById('title').textContent = about.title;

let frame;
function draw() {
  frame ??= requestAnimationFrame(() => {
    frame = undefined;
    view.isDark = dark.matches;
    paint(context, view);
  });
  remember();
}

/** The time at a place on the canvas. */
function timeAt(x) {
  return view.from + ((x - NAMES) / (view.width - NAMES)) * (view.to - view.from);
}

function look(from, to) {
  // Nobody needs to see less than ten nanoseconds.
  const length = Math.min(Math.max(to - from, 10), whole.to);
  view.from = Math.min(Math.max(from, 0), whole.to - length);
  view.to = view.from + length;
  draw();
}

function zoom(factor, at = (view.from + view.to) / 2) {
  look(at - (at - view.from) * factor, at + (view.to - at) * factor);
}

function pan(part) {
  const by = (view.to - view.from) * part;
  look(view.from + by, view.to + by);
}

function scroll(by) {
  view.top = Math.min(Math.max(view.top + by, 0), Math.max(tall - view.height, 0));
  draw();
}

function boxAt(x, y) {
  if (x < NAMES || y < AXIS) return -1;
  const place = view.places.find((place) => y + view.top >= place.y && y + view.top < place.y + place.height);
  if (!place?.track) return -1;
  const row = place.track.rows[Math.floor((y + view.top - place.y) / ROW)];
  const pixel = (view.to - view.from) / (view.width - NAMES);
  return tracks.at(row, timeAt(x), pixel);
}

function told(box) {
  return `${KINDS[tracks.kind[box]]} ${tracks.text(box)}: ${time(tracks.end[box] - tracks.start[box])} from ${time(tracks.start[box])} on`;
}

/** Chooses a box; -1 is none. With `show`, it comes into the window. */
function choose(box, show = false, isNew = true) {
  view.box = box;
  view.request = box < 0 ? 0 : tracks.request[box];
  if (box < 0) side.summary(about);
  else {
    side.show(tracks, box, { choose });
    status.textContent = told(box);
  }
  if (show && box >= 0) {
    const { start, end, track, depth } = tracks;
    const length = Math.max(end[box] - start[box], 1);
    if (start[box] < view.from || end[box] > view.to) look(start[box] - length, end[box] + length);
    const place = view.places.find((place) => place.track === tracks.tracks[track[box]]);
    const y = place.y + depth[box] * ROW;
    if (y < view.top + AXIS || y + ROW > view.top + view.height) scroll(y - view.height / 2 - view.top);
  }
  if (isNew) address(true);
  draw();
}

// The address.

let later;
function remember() {
  clearTimeout(later);
  later = setTimeout(() => address(false), 250);
}

function address(isNew) {
  const parts = new URLSearchParams();
  if (view.from > whole.from || view.to < whole.to) {
    parts.set('from', Math.round(view.from));
    parts.set('to', Math.round(view.to));
  }
  if (view.top) parts.set('top', Math.round(view.top));
  if (view.box >= 0) parts.set('box', view.box);
  if (search.value) parts.set('search', search.value);
  const url = parts.size ? `/?${parts}` : '/';
  if (url !== location.pathname + location.search) history[isNew ? 'pushState' : 'replaceState'](null, '', url);
}

function fromAddress() {
  const parts = new URLSearchParams(location.search);
  const number = (name, usual) => (Number.isFinite(Number(parts.get(name) ?? NaN)) ? Number(parts.get(name)) : usual);
  search.value = parts.get('search') ?? '';
  find();
  look(number('from', whole.from), number('to', whole.to));
  view.top = 0;
  scroll(number('top', 0));
  const box = number('box', -1);
  choose(Number.isInteger(box) && box < tracks.count ? box : -1, false, false);
}

// The search.

function find() {
  let likes = null;
  try {
    const regex = search.value && new RegExp(search.value, search.value === search.value.toLowerCase() ? 'i' : '');
    likes = regex && ((name) => regex.test(name));
  } catch {
    // Half of an expression is typed.
  }
  tracks.search(likes);
  document.getElementById('found').textContent = likes ? `${tracks.matches.length.toLocaleString('en')} found` : '';
  draw();
}

function nextMatch(step) {
  const { matches, start } = tracks;
  if (!matches.length) return;
  const at = matches.indexOf(view.box);
  const first = matches.findIndex((box) => start[box] >= view.from);
  const next = at < 0 ? Math.max(first, 0) : (at + step + matches.length) % matches.length;
  choose(matches[next], true);
}

/** To the box before or after the chosen one, or to another row. */
function walk(along, down) {
  const { box } = view;
  if (box < 0) {
    const first = tracks.tracks.findIndex((track) => track.count);
    if (first >= 0) choose(tracks.tracks[first].rows[0][0], true);
    return;
  }
  const number = tracks.track[box];
  const rows = tracks.tracks.flatMap((track, at) => track.rows.map((row, depth) => ({ row, at, depth })));
  const here = rows.findIndex(({ at, depth }) => at === number && depth === tracks.depth[box]);
  const { row } = rows[here];
  if (along) {
    const next = row[row.indexOf(box) + along];
    if (next !== undefined) choose(next, true);
    return;
  }
  for (let at = here + down; rows[at]; at += down) {
    const other = rows[at].row;
    const place = Math.min(tracks.after(other, tracks.start[box]), other.length - 1);
    if (place >= 0) {
      choose(other[place], true);
      return;
    }
  }
}

// Mouse, touch and keys.

const pointers = new Map();
let moved = 0;

canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  if (event.ctrlKey || event.metaKey) zoom(1.002 ** event.deltaY, timeAt(event.offsetX));
  else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan((event.deltaX || event.deltaY) / view.width);
  else scroll(event.deltaY);
}, { passive: false });

canvas.addEventListener('pointerdown', (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  moved = 0;
});

canvas.addEventListener('pointermove', (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) {
    const box = boxAt(event.offsetX, event.offsetY);
    status.textContent = box >= 0 ? told(box) : '';
    return;
  }
  const now = { x: event.offsetX, y: event.offsetY };
  const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
  pointers.set(event.pointerId, now);
  moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
  if (others.length === 1) {
    const [other] = others;
    const apart = (place) => Math.max(Math.abs(place.x - other.x), 10);
    zoom(apart(before) / apart(now), timeAt((now.x + other.x) / 2));
  } else {
    pan((before.x - now.x) / (view.width - NAMES));
    scroll(before.y - now.y);
  }
});

for (const kind of ['pointerup', 'pointercancel']) {
  canvas.addEventListener(kind, (event) => {
    const isClick = kind === 'pointerup' && pointers.size === 1 && moved < 5;
    pointers.delete(event.pointerId);
    if (isClick) choose(boxAt(event.offsetX, event.offsetY));
  });
}

const KEYS = {
  w: () => zoom(0.7), '+': () => zoom(0.7), '=': () => zoom(0.7), s: () => zoom(1.4), '-': () => zoom(1.4),
  a: () => pan(-0.2), d: () => pan(0.2),
  ArrowLeft: (event) => (event.shiftKey ? pan(-0.2) : walk(-1, 0)),
  ArrowRight: (event) => (event.shiftKey ? pan(0.2) : walk(1, 0)),
  ArrowUp: () => walk(0, -1), ArrowDown: () => walk(0, 1),
  PageUp: () => scroll(-view.height * 0.8), PageDown: () => scroll(view.height * 0.8),
  Enter: () => {
    const margin = (tracks.end[view.box] - tracks.start[view.box]) / 20;
    if (view.box >= 0) look(tracks.start[view.box] - margin, tracks.end[view.box] + margin);
  },
  '/': () => search.focus(), n: () => nextMatch(1), N: () => nextMatch(-1),
  y: () => side.press('why'), p: () => side.press('polls'), f: () => side.press('flame'),
  Escape: () => choose(-1), 0: () => look(whole.from, whole.to), '?': () => help.showModal(),
};

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.target === search) {
    if (event.key === 'Escape') {
      search.value = '';
      find();
      canvas.focus();
    }
    return;
  }
  const isOnButton = event.target instanceof HTMLButtonElement && event.key === 'Enter';
  const act = isOnButton ? undefined : KEYS[event.key];
  if (act) {
    event.preventDefault();
    act(event);
  }
});

search.addEventListener('input', find);
document.getElementById('settings').addEventListener('submit', (event) => {
  event.preventDefault();
  nextMatch(1);
  canvas.focus();
});
document.getElementById('all').addEventListener('click', () => look(whole.from, whole.to));
document.getElementById('keys').addEventListener('click', () => help.showModal());
dark.addEventListener('change', draw);
addEventListener('popstate', fromAddress);

new ResizeObserver(() => {
  const ratio = devicePixelRatio || 1;
  view.width = holder.clientWidth;
  view.height = holder.clientHeight;
  canvas.width = Math.round(view.width * ratio);
  canvas.height = Math.round(view.height * ratio);
  canvas.style.width = `${view.width}px`;
  canvas.style.height = `${view.height}px`;
  context.scale(ratio, ratio);
  // A canvas of another size is empty, and stays so up to the next frame.
  view.isDark = dark.matches;
  paint(context, view);
}).observe(holder);

view.width = holder.clientWidth;
view.height = holder.clientHeight;
fromAddress();
document.getElementById('view').setAttribute('aria-busy', 'false');
