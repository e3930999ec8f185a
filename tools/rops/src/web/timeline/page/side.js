// What is known of the chosen box, beside the tracks.

import { KINDS, time } from './tracks.js';

const side = document.getElementById('side');

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

async function ask(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** Nothing is chosen. */
export function summary(about) {
  side.replaceChildren(element('h2', 'The trace'), element('pre', about.summary));
}

/** A box: what is known of it, and what may be asked. */
export async function show(tracks, box, on) {
  const track = tracks.tracks[tracks.track[box]];
  const place = `track=${tracks.track[box]}&box=${box - track.first}`;
  const list = element('dl', '');
  const actions = element('div', '', { class: 'actions' });
  const result = element('div', '', { 'aria-live': 'polite' });
  side.replaceChildren(element('h2', `${KINDS[tracks.kind[box]]}: ${tracks.text(box)}`), list, actions, result);
  const button = (id, text, act) => {
    const made = element('button', text, { type: 'button', id });
    made.addEventListener('click', () => act(result).catch((error) => problem(result, error)));
    actions.append(made);
  };
  const request = tracks.request[box];
  if (request) {
    button('why', 'Why so long?', (result) => why(result, request));
    button('polls', 'Polls that served it', (result) => polls(result, tracks, request, on));
  }
  if (['poll', 'visit', 'blocking', 'slice'].includes(KINDS[tracks.kind[box]])) {
    button('flame', 'CPU samples', (result) => flame(result, place));
  }
  try {
    for (const { name, value } of await ask(`/-/box?${place}`)) list.append(element('dt', name), element('dd', value));
  } catch (error) {
    problem(result, error);
  }
}

function problem(result, error) {
  result.replaceChildren(element('p', error.message, { class: 'problem' }));
}

/** As if somebody had pressed one of its buttons. */
export function press(id) {
  document.getElementById(id)?.click();
}

async function why(result, request) {
  const told = await ask(`/-/why?request=${request}`);
  const list = element('ol', '');
  for (const reason of told.reasons) {
    if (reason.length * 1000 < told.length) continue;
    const item = element('li', '');
    const part = ((reason.length / told.length) * 100).toFixed(1);
    item.append(element('strong', `${time(reason.length)}, ${part} %`), reason.sentence);
    if (!reason.explained) item.append('; why, the trace does not tell');
    list.append(item);
  }
  const heading = `request ${told.request}: ${told.route}, ${time(told.length)}`;
  result.replaceChildren(element('h3', heading), list, ...told.hints.map((hint) => element('p', hint)));
}

async function polls(result, tracks, request, on) {
  const served = await ask(`/-/polls?request=${request}`);
  const boxes = served.map(([track, box]) => tracks.tracks[track].first + box);
  boxes.sort((one, other) => tracks.start[one] - tracks.start[other]);
  const list = element('ol', '');
  for (const box of boxes) {
    const item = element('li', '');
    const text = `${time(tracks.end[box] - tracks.start[box])} from ${time(tracks.start[box])} on`;
    const made = element('button', text, { type: 'button' });
    made.addEventListener('click', () => on.choose(box, true));
    item.append(made);
    list.append(item);
  }
  result.replaceChildren(element('h3', `${boxes.length} polls`), list);
}

async function flame(result, place) {
  const { samples, boxes } = await ask(`/-/flame?${place}`);
  if (!samples) {
    result.replaceChildren(element('p', 'No sample of the processor was taken in it. A trace has samples with ?hz=99.'));
    return;
  }
  const frames = element('div', '', { class: 'frames' });
  let deepest = 0;
  for (const { name, depth, from, samples: count } of boxes) {
    const frame = element('span', name, { title: `${name}: ${count} of ${samples} samples` });
    frame.style.insetBlockStart = `${depth * 17}px`;
    frame.style.insetInlineStart = `${(from / samples) * 100}%`;
    frame.style.inlineSize = `${(count / samples) * 100}%`;
    frames.append(frame);
    deepest = Math.max(deepest, depth);
  }
  frames.style.blockSize = `${(deepest + 1) * 17}px`;
  result.replaceChildren(element('h3', `${samples} samples`), frames);
}
