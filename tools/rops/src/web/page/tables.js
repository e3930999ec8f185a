// The views that are tables: top, peek, source, tags. Their figures come as texts from the server.

import { exactly, get, link } from './address.js';

/** An element with attributes and content. Content is text or elements, never HTML. */
export function element(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...content.filter((one) => one !== undefined && one !== ''));
  return made;
}

/** A link to a function's callers and callees, and one to its source. */
function named(name, inlined) {
  const found = element('a', { href: link({ function: exactly(name) }, '/peek'), 'data-function': name }, name);
  return [found, inlined && element('span', { class: 'note' }, ` ${inlined}`)].filter(Boolean);
}

/** A cell with a value, and a bar as long as its part. */
function bar(amount, total, text = amount.text) {
  const cell = element('td', { class: 'value share' }, text);
  const part = total ? Math.min(Math.abs(amount.value / total), 1) : 0;
  cell.style.setProperty('--part', `${(part * 100).toFixed(2)}%`);
  if (amount.value < 0) cell.classList.add('less');
  return cell;
}

function row(...cells) {
  return element('tr', {}, ...cells);
}

function cell(text, kind = 'value') {
  return element('td', { class: kind }, text);
}

/** A column's head that sorts by it. */
function sorted(text, by) {
  const isNow = (get('sort') || 'flat') === by;
  const head = element('th', { scope: 'col', class: 'value', 'aria-sort': isNow && 'descending' });
  head.append(element('a', { href: link({ sort: by }), title: `Sort by ${text}` }, isNow ? `${text} ▾` : text));
  return head;
}

function head(text, kind = 'value') {
  return element('th', { scope: 'col', class: kind }, text);
}

/** A table that can be scrolled, by the keyboard too. */
function table(label, heads, rows) {
  return element('table', { 'aria-label': label }, element('thead', {}, row(...heads)), element('tbody', {}, ...rows));
}

/** What the report says above its rows. */
function lines(all) {
  return element('p', { class: 'lines' }, all.filter((line) => /^(Showing|Dropped|Active| {3})/.test(line)).join('. '));
}

const nothing = (text) => element('p', { class: 'problem' }, text);

export function top({ functions, lines: said, total }, matches) {
  const shown = matches ? functions.filter(({ name }) => matches(name)) : functions;
  const heads = [sorted('flat', 'flat'), head('flat%'), head('sum%'), sorted('cum', 'cum'), head('cum%'), head('function', '')];
  const rows = shown.map(({ name, flat, sum, cum, inlined }) => row(
    bar(flat, total.value),
    cell(flat.part),
    cell(sum),
    bar(cum, total.value),
    cell(cum.part),
    element('td', { class: 'name' }, ...named(name, inlined)),
  ));
  return [lines(said), shown.length ? table('Functions', heads, rows) : nothing('No function matches.')];
}

export function peek({ functions, total }) {
  if (!functions.length) return [nothing('No function matches; the table of the view Top has those that there are.')];
  const calls = (all, kind) => all.map(({ name, amount, inlined }) => row(
    bar(amount, total.value),
    cell(amount.part),
    element('td', { class: `name ${kind}` }, ...named(name, inlined)),
  ));
  return functions.map(({ name, flat, cum, callers = [], callees = [] }) => {
    const own = row(
      bar(cum, total.value),
      cell(cum.part),
      element('td', { class: 'name own' }, element('strong', {}, name), element('span', { class: 'note' }, ` itself ${flat.text} (${flat.part})`),
        ' ', element('a', { href: link({ function: exactly(name) }, '/source') }, 'source')),
    );
    const heads = [head('cum'), head('part'), head('callers, the function, callees', '')];
    const rows = [...calls(callers, 'caller'), own, ...calls(callees, 'callee')];
    return element('section', {}, table(`Callers and callees of ${name}`, heads, rows));
  });
}

export function source({ routines, total }) {
  return routines.map(({ name, file, flat, cum, lines: all, problem }) => {
    const most = Math.max(...all.map((line) => Math.abs(line.cum.value)), 1);
    const text = (amount) => (amount.value ? amount.text : '');
    const rows = all.map((line) => {
      const made = row(
        bar(line.flat, most, text(line.flat)),
        bar(line.cum, most, text(line.cum)),
        cell(String(line.number), 'number'),
        element('td', { class: 'code' }, line.source || ' '),
      );
      if (line.cum.value) made.className = 'hot';
      return made;
    });
    const title = element('h2', {}, name, ' ', element('a', { href: link({ function: exactly(name) }, '/peek') }, 'callers and callees'));
    const said = element('p', { class: 'lines' }, `${file || 'no file is known'}: ${flat.text} itself, ${cum.text} (${cum.part} of ${total.text})`);
    if (problem) return element('section', {}, title, said, nothing(problem));
    if (!all.length) return element('section', {}, title, said, nothing('The profile does not say where its source is.'));
    return element('section', {}, title, said, table(`Source of ${name}`, [head('flat'), head('cum'), head('line', 'number'), head('source', '')], rows));
  });
}

export function tags({ tags: all }, matches) {
  if (!all.length) return [nothing('The samples of this profile have no labels.')];
  return all.map(({ key, total, values }) => {
    const shown = matches ? values.filter(({ name }) => matches(`${key}:${name}`)) : values;
    const rows = shown.map(({ name, amount, focus }) => row(
      bar(amount, total.value),
      cell(amount.part),
      element('td', { class: 'name' }, element('a', { href: link({ tagfocus: focus }, '/') }, name)),
    ));
    const title = element('h2', {}, key, ' ', element('span', { class: 'note' }, total.text));
    return element('section', {}, title, table(`Values of ${key}`, [head('value'), head('part'), head('label', '')], rows));
  });
}
