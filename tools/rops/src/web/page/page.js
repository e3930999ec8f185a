// The page: it shows the view of its address, and what is typed and pressed becomes an address.

import { VIEWS, begin, exactly, get, go, link, request, search, view } from './address.js';
import { Boxes } from './boxes.js';
import { Flame } from './flame.js';
import { Graph } from './graph.js';
import { element, peek, source, tags, top } from './tables.js';

const at = (id) => document.getElementById(id);
const main = at('view');
const form = at('settings');
const fields = form.elements;

/** The last answers: going back to a view is at once. */
const answers = new Map();

async function ask(url, kind) {
  if (!answers.has(url)) {
    const answer = fetch(url).then(
      async (response) => {
        if (!response.ok) throw new Error(await response.text());
        return response[kind]();
      },
      () => {
        throw new Error('rops does not answer; was it ended?');
      },
    );
    answer.catch(() => answers.delete(url));
    answers.set(url, answer);
    if (answers.size > 12) answers.delete(answers.keys().next().value);
  }
  return answers.get(url);
}

function say(text) {
  at('status').textContent = text;
}

/** What the chosen function leads to. */
function offer(name) {
  const actions = name
    ? [
      ['Source', link({ function: exactly(name) }, '/source')],
      ['Callers and callees', link({ function: exactly(name) }, '/peek')],
      ['Focus', link({ focus: exactly(name) })],
      ['Ignore', link({ ignore: exactly(name) })],
    ]
    : [];
  at('actions').replaceChildren(...actions.map(([text, href]) => element('a', { href }, text)));
}

/** What is drawn now, and what lets go of it. */
let drawn = { url: '', flames: [], end: () => {} };

async function flame(isCurrent) {
  const sides = get('sides') === '1';
  const url = request('flame');
  const boxes = await ask(url, 'arrayBuffer').then((buffer) => {
    buffer.boxes ??= new Boxes(buffer);
    return buffer.boxes;
  });
  if (!isCurrent()) return;
  form.querySelector('.sides').hidden = !boxes.is_difference;
  const key = `${url} ${sides}`;
  if (drawn.url !== key) {
    drawn.end();
    const shown = !boxes.is_difference ? ['now'] : sides ? ['before', 'now'] : ['both'];
    const panes = shown.map(() => element('div', { class: 'flame' }));
    main.className = shown.length > 1 ? 'flames pair' : 'flames';
    main.replaceChildren(...panes.map((pane, side) => (shown.length > 1
      ? element('section', {}, element('h2', {}, side ? 'now' : 'before'), pane)
      : pane)));
    const text = (box) => `${boxes.label(box)}: ${boxes.text(box)}`;
    const flames = [];
    const on = {
      choose(box) {
        for (const one of flames) if (one.chosen !== box) { one.chosen = box; one.draw(); }
        say(text(box));
        offer(box ? boxes.label(box) : '');
      },
      point: (box) => say(text(box < 0 ? flames[0].chosen : box)),
      zoom: (box) => go(link({ zoom: box ? String(box) : '' })),
    };
    const label = { now: 'Flame graph', before: 'Flame graph of before', both: 'Flame graph: blue is less than before, red is more' };
    flames.push(...panes.map((pane, side) => new Flame(pane, boxes, shown[side], label[shown[side]], on)));
    drawn = { url: key, flames, end: () => flames.forEach((one) => one.end()) };
    offer('');
    const nothing = boxes.count > 1 ? '' : 'There is nothing to draw: all values are 0.';
    say([...boxes.sentences, nothing].join(' ').trim() || text(0));
    if (document.activeElement === document.body) flames[0].canvas.focus({ preventScroll: true });
  }
  const zoom = Number(get('zoom')) || 0;
  const isFirst = drawn.zoom === undefined;
  if (zoom !== drawn.zoom && zoom < boxes.count) {
    drawn.zoom = zoom;
    for (const one of drawn.flames) one.zoomTo(zoom, isFirst);
    if (isFirst && zoom) drawn.flames[0].choose(zoom);
  }
  await mark(boxes, isCurrent);
}

/** Marks what the search finds, and says how much it is. */
async function mark(boxes, isCurrent) {
  const matches = search();
  const found = matches && boxes.found(matches);
  for (const one of drawn.flames) one.search(found?.names ?? null);
  if (!found) {
    at('found').textContent = get('search') && !matches ? 'no regular expression' : '';
    return;
  }
  const count = found.names.reduce((sum, is) => sum + is, 0);
  const amount = await ask(request('amount', { value: String(found.sum), total: String(boxes.total.value) }), 'json');
  if (isCurrent()) at('found').textContent = `${count} functions, ${amount.text} (${amount.part})`;
}

async function graph(isCurrent) {
  const url = request('graph');
  const picture = await ask(url, 'text');
  if (!isCurrent()) return;
  if (drawn.url !== url) {
    drawn.end();
    main.className = 'graph';
    main.replaceChildren();
    const shown = new Graph(main, picture, {
      open: (name) => go(link({ function: exactly(name) }, '/peek')),
      point: say,
    });
    drawn = { url, flames: [], end: () => shown.end(), search: (matches) => shown.search(matches) };
    say('Arrows move it, + and - change its size; a function leads to its callers and callees');
    if (document.activeElement === document.body) main.focus({ preventScroll: true });
  }
  drawn.search(search());
}

/** A view that is tables. */
function tables(data, make) {
  return async (isCurrent) => {
    if ((data === 'source' || data === 'peek') && !get('function')) {
      if (isCurrent()) ready([element('p', {}, 'Which function? Type a part of its name above, or choose one in ', element('a', { href: link({}, '/top') }, 'Top'), '.')]);
      return;
    }
    const answer = await ask(request(data), 'json');
    if (!isCurrent()) return;
    ready(make(answer, search()));
    say([...answer.sentences, `total ${answer.total.text}`].join(' '));
  };
}

function ready(content) {
  drawn.end();
  drawn = { url: '', flames: [], end: () => {} };
  main.className = 'tables';
  main.replaceChildren(...content);
}

const SHOW = {
  flame,
  graph,
  top: tables('top', top),
  source: tables('source', source),
  peek: tables('peek', peek),
  tags: tables('tags', tags),
};

let turn = 0;

/** Shows what the address says. */
async function show() {
  turn += 1;
  const mine = turn;
  const isCurrent = () => mine === turn;
  const now = view();
  document.title = `${now.name} - ${at('title').textContent}`;
  at('views').replaceChildren(...VIEWS.map(({ path, name }, index) => element(
    'a', { href: link({}, path), 'aria-current': path === now.path && 'page', title: `Key ${index + 1}` }, name,
  )));
  for (const field of fields) {
    if (field.type === 'checkbox') field.checked = get(field.name) === '1';
    else if (field.name && field !== document.activeElement) field.value = get(field.name);
  }
  form.querySelector('.function').hidden = now.data !== 'source' && now.data !== 'peek';
  if (now.data !== 'flame') {
    form.querySelector('.sides').hidden = true;
    at('found').textContent = '';
    offer('');
  }
  main.setAttribute('aria-busy', 'true');
  try {
    await SHOW[now.data](isCurrent);
  } catch (error) {
    if (isCurrent()) ready([element('p', { class: 'problem' }, error.message)]);
  }
  if (isCurrent()) main.setAttribute('aria-busy', 'false');
}

/** What a field says becomes part of the address. */
function changed(field, replace) {
  const value = field.type === 'checkbox' ? (field.checked ? '1' : '') : field.value.trim();
  go(link({ [field.name]: value }), replace);
}

form.addEventListener('change', (event) => changed(event.target));
form.addEventListener('submit', (event) => event.preventDefault());
fields.search.addEventListener('input', () => changed(fields.search, true));

/** The element that keys of a view go to. */
function toView() {
  (main.querySelector('canvas') ?? main.querySelector('tbody a') ?? main).focus();
}

form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.name) {
    event.preventDefault();
    changed(event.target);
    toView();
  } else if (event.key === 'Escape') {
    event.preventDefault();
    if (event.target.name === 'search') event.target.value = '';
    else event.target.value = get(event.target.name);
    changed(event.target);
    toView();
  }
});

const help = at('help');
at('keys').addEventListener('click', () => help.showModal());

/** Links of this page change the address, and load nothing. */
addEventListener('click', (event) => {
  const target = event.target.closest?.('a[href]');
  if (!target || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(target.getAttribute('href'));
});

const FIELDS = { '/': 'search', s: 'sample_index', f: 'focus', i: 'ignore', t: 'tagfocus' };

addEventListener('keydown', (event) => {
  const isTyped = event.target.closest?.('input, select, dialog');
  if (isTyped || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = () => {
    const number = Number(event.key);
    if (number >= 1 && number <= VIEWS.length) return () => go(link({}, VIEWS[number - 1].path));
    if (FIELDS[event.key]) return () => { fields[FIELDS[event.key]].focus(); fields[FIELDS[event.key]].select?.(); };
    if (event.key === '?') return () => help.showModal();
    if (event.key === 'o' || event.key === 'p') return () => open(event.key === 'o' ? '/source' : '/peek');
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') return rows(event.key === 'ArrowDown' ? 1 : -1);
    return null;
  };
  const does = act();
  if (!does) return;
  event.preventDefault();
  does();
});

/** The chosen box's function, or that of the row. */
function open(path) {
  const box = drawn.flames[0]?.chosen;
  const name = document.activeElement.dataset?.function ?? (box ? drawn.flames[0].boxes.label(box) : '');
  if (name) go(link({ function: exactly(name) }, path));
}

/** From one row's link to the next. */
function rows(by) {
  const links = [...main.querySelectorAll('tbody a[data-function], tbody .name a')];
  if (!links.length) return null;
  const now = links.indexOf(document.activeElement);
  return () => links[Math.min(Math.max(now + by, 0), links.length - 1)].focus();
}

addEventListener('address', show);

const about = await ask('/-/about', 'json').catch((error) => {
  ready([element('p', { class: 'problem' }, error.message)]);
});
if (about) {
  begin(about.settings);
  at('title').textContent = about.title;
  at('title').title = about.lines.join('\n');
  fields.sample_index.append(...about.types.map((type) => element('option', { value: type }, type)));
  await show();
}
