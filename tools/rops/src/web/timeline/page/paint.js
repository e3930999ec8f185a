// Draws what can be seen of the tracks on a canvas. A row costs as much as it has pixels, however many boxes it has.

import { KINDS, time } from './tracks.js';

export const ROW = 17;
export const NAMES = 180;
export const AXIS = 24;
const BETWEEN = 9;
const COUNTER = 34;
const FONT = '12px "Source Code Pro", ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';

const LIGHT = {
  back: '#fcfbf8', text: '#22282d', muted: '#5c656c', rule: '#e6e0d3', found: '#f2c14e', chosen: '#a63d14', line: '#3b6ea5',
  poll: '#8fb8de', visit: '#bcd5ea', blocking: '#dcb48a', parked: '#ece8de', request: '#c5bde4', span: '#dcd8ef',
  busy: '#86bb98', slice: '#a9c4dc',
};
const DARK = {
  back: '#15191c', text: '#eceeee', muted: '#a0a8ad', rule: '#2b3237', found: '#8a6a14', chosen: '#f3a37c', line: '#7fb0e0',
  poll: '#2f5d87', visit: '#274762', blocking: '#7a5530', parked: '#20262a', request: '#54498a', span: '#3c3764',
  busy: '#2f6b45', slice: '#345068',
};

/** Where tracks and counters are, from the top. */
export function layout(tracks, counters) {
  let y = AXIS;
  const places = counters.map((counter) => {
    const place = { counter, y, height: COUNTER };
    y += COUNTER + BETWEEN;
    return place;
  });
  for (const track of tracks.tracks) {
    places.push({ track, y, height: track.rows.length * ROW });
    y += track.rows.length * ROW + BETWEEN;
  }
  return { places, height: y };
}

export function paint(context, view) {
  const { width, height, tracks, places, from, to, top } = view;
  const theme = view.isDark ? DARK : LIGHT;
  const scale = (width - NAMES) / (to - from);
  context.fillStyle = theme.back;
  context.fillRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = 'middle';
  const letter = context.measureText('m').width;
  context.save();
  context.beginPath();
  context.rect(0, AXIS, width, height - AXIS);
  context.clip();
  grid(context, view, theme, scale);
  for (const place of places) {
    const y = place.y - top;
    if (y > height) break;
    if (y + place.height < AXIS) continue;
    if (place.counter) counter(context, place, y, view, theme, scale);
    else boxes(context, place.track, y, view, theme, scale, letter);
    context.fillStyle = theme.back;
    context.fillRect(0, y, NAMES, place.height);
    context.fillStyle = theme.text;
    const label = place.track ? place.track.name : `${place.counter.name}: ${place.counter.of}`;
    context.fillText(cut(label, NAMES - 14, letter), 8, y + ROW / 2);
    if (place.counter) {
      context.fillStyle = theme.muted;
      context.fillText(cut(`at most ${amount(place.counter.most)}`, NAMES - 14, letter), 8, y + ROW * 1.5);
    }
  }
  chosen(context, view, theme, scale, tracks);
  context.restore();
  axis(context, view, theme, scale);
}

function boxes(context, track, y, view, theme, scale, letter) {
  const { tracks, from, to, width, height, request } = view;
  for (let depth = 0; depth < track.rows.length; depth += 1) {
    const top = y + depth * ROW;
    if (top > height || top + ROW < AXIS) continue;
    const row = track.rows[depth];
    const sums = track.sums?.[depth];
    for (let place = tracks.after(row, from); place < row.length; ) {
      const box = row[place];
      const start = tracks.start[box];
      if (start >= to) break;
      const left = Math.max((start - from) * scale, 0);
      const right = Math.min((tracks.end[box] - from) * scale, width - NAMES);
      let next = place + 1;
      let wide = right - left;
      if (wide < 1.5) {
        // Those that end within this pixel are drawn with it.
        wide = 1;
        next = Math.max(next, tracks.after(row, from + (left + 1) / scale));
      }
      const isFound = sums && sums[next] > sums[place];
      context.fillStyle = isFound ? theme.found : theme[KINDS[tracks.kind[box]]];
      context.fillRect(NAMES + left, top, wide < 3 ? wide : wide - 0.7, ROW - 1);
      if (request && tracks.request[box] === request) {
        context.fillStyle = theme.chosen;
        context.fillRect(NAMES + left, top + ROW - 3, wide, 2);
      }
      if (wide > letter * 4) {
        context.fillStyle = theme.text;
        context.fillText(cut(tracks.text(box), wide - 6, letter), NAMES + left + 3, top + ROW / 2);
      }
      place = next;
    }
  }
}

function chosen(context, view, theme, scale, tracks) {
  const { box, from, top, places } = view;
  if (box < 0) return;
  const place = places.find((place) => place.track === tracks.tracks[tracks.track[box]]);
  const x = NAMES + (tracks.start[box] - from) * scale;
  const wide = Math.max((tracks.end[box] - tracks.start[box]) * scale, 3);
  if (x + wide < NAMES) return;
  const left = Math.max(x, NAMES);
  context.strokeStyle = theme.chosen;
  context.lineWidth = 2;
  context.strokeRect(left, place.y - top + tracks.depth[box] * ROW, x + wide - left, ROW - 1);
}

function counter(context, { counter, height }, y, { from, to }, theme, scale) {
  const { times, values, most } = counter;
  context.strokeStyle = theme.line;
  context.lineWidth = 1.2;
  context.beginPath();
  let last = -Infinity;
  let before = values[0];
  for (let place = 0; place < times.length; place += 1) {
    const x = NAMES + (times[place] - from) * scale;
    if (times[place] > to) break;
    // The last one before the window, and then one for each pixel.
    if (times[place + 1] < from || x - last < 1) {
      before = values[place];
      continue;
    }
    const level = (value) => y + height - 2 - (most > 0 ? (value / most) * (height - 4) : 0);
    if (last === -Infinity) context.moveTo(x, level(before));
    context.lineTo(x, level(before));
    context.lineTo(x, level(values[place]));
    last = x;
    before = values[place];
  }
  context.stroke();
}

function steps({ from, to }) {
  const rough = (to - from) / 8;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? power;
  return { step, first: Math.ceil(from / step) };
}

function grid(context, view, theme, scale) {
  const { step, first } = steps(view);
  context.fillStyle = theme.rule;
  for (let at = first; at * step < view.to; at += 1) {
    context.fillRect(Math.round(NAMES + (at * step - view.from) * scale), AXIS, 1, view.height);
  }
}

function axis(context, view, theme, scale) {
  const { step, first } = steps(view);
  const [unit, factor] = [['s', 1e9], ['ms', 1e6], ['µs', 1e3]].find(([, factor]) => step >= factor) ?? ['ns', 1];
  context.fillStyle = theme.muted;
  context.fillText(time(view.to - view.from), 8, AXIS / 2);
  for (let at = first; at * step < view.to; at += 1) {
    const value = Math.round((at * step) / factor).toLocaleString('en');
    context.fillText(`${value} ${unit}`, NAMES + (at * step - view.from) * scale + 3, AXIS / 2);
  }
}

function amount(value) {
  if (value < 10_000) return `${Math.round(value)}`;
  const [unit, factor] = [['G', 1e9], ['M', 1e6], ['k', 1e3]].find(([, factor]) => value >= factor);
  return `${(value / factor).toFixed(1)} ${unit}`;
}

/** As much of a text as has room; of a path its end. */
function cut(text, room, letter) {
  const letters = Math.floor(room / letter);
  if (text.length <= letters) return text;
  if (letters < 2) return '';
  const isPlace = text.includes('/') && /:\d/.test(text);
  return isPlace ? `…${text.slice(1 - letters)}` : `${text.slice(0, letters - 1)}…`;
}
