// What is looked at is in the address: a view can be sent, and the browser's Back goes to the one before.

/** The views: path, name, and what the server has for them. */
export const VIEWS = [
  { path: '/', name: 'Flame graph', data: 'flame' },
  { path: '/graph', name: 'Graph', data: 'graph' },
  { path: '/top', name: 'Top', data: 'top' },
  { path: '/source', name: 'Source', data: 'source' },
  { path: '/peek', name: 'Peek', data: 'peek' },
  { path: '/tags', name: 'Tags', data: 'tags' },
];

/** What the page alone makes use of; all else are settings of the report. */
const OWN = ['search', 'zoom', 'sides'];

/** What the command line said. An address names only what differs. */
let usual = {};

export function begin(settings) {
  usual = settings;
}

/** The view of the address. */
export function view() {
  return VIEWS.find((view) => view.path === location.pathname) ?? VIEWS[0];
}

/** One of its parts, or what the command line said. */
export function get(name) {
  return new URLSearchParams(location.search).get(name) ?? usual[name] ?? '';
}

/** The address with some parts changed, perhaps of another view. */
export function link(changes, path = location.pathname) {
  const parts = new URLSearchParams(location.search);
  // A box has its number among those that are there now.
  const keepsBoxes = Object.keys(changes).every((name) => OWN.includes(name));
  if (!keepsBoxes || path !== location.pathname) parts.delete('zoom');
  for (const [name, value] of Object.entries(changes)) {
    if (value === (usual[name] ?? '')) parts.delete(name);
    else parts.set(name, value);
  }
  const query = parts.toString();
  return query ? `${path}?${query}` : path;
}

/** Goes there; `replace` where each letter that is typed would be a step back. */
export function go(url, replace = false) {
  if (url === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  dispatchEvent(new Event('address'));
}

addEventListener('popstate', () => dispatchEvent(new Event('address')));

/** What the server is asked for this view's data, or for something else. */
export function request(data = view().data, others = {}) {
  const parts = new URLSearchParams(location.search);
  for (const name of OWN) parts.delete(name);
  if (data !== 'peek' && data !== 'source') parts.delete('function');
  for (const [name, value] of Object.entries(others)) parts.set(name, value);
  return `/-/${data}?${parts}`;
}

/** A function's name as a regular expression that matches it alone. */
export function exactly(name) {
  return `^${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
}

/** The search as a function on names; null if there is none, or while half of an expression is typed. */
export function search() {
  const text = get('search');
  if (!text) return null;
  try {
    const regex = new RegExp(text, text === text.toLowerCase() ? 'i' : '');
    return (name) => regex.test(name);
  } catch {
    return null;
  }
}
