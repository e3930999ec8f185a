// The colours and the letters of a flame graph.

export const FONT = '12px "Source Code Pro", ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** Colours of boxes: by what a function belongs to; in a difference from less to more. */
export const LIGHT = {
  boxes: [6, 14, 22, 30, 38, 46].flatMap((hue) => [`hsl(${hue} 72% 81%)`, `hsl(${hue} 66% 86%)`]),
  change: [210, 210, 210, 210, 0, 10, 10, 10, 10].map((hue, at) => {
    const much = Math.abs(at - 4);
    return much ? `hsl(${hue} 75% ${94 - much * 6}%)` : '#e9e5dc';
  }),
  faint: '#efebe2',
  found: '#9ec9ef',
  text: '#22282d',
  line: '#fcfbf8',
  rest: '#d9d2c3',
  chosen: '#a63d14',
};
export const DARK = {
  boxes: [6, 14, 22, 30, 38, 46].flatMap((hue) => [`hsl(${hue} 42% 28%)`, `hsl(${hue} 38% 33%)`]),
  change: [210, 210, 210, 210, 0, 10, 10, 10, 10].map((hue, at) => {
    const much = Math.abs(at - 4);
    return much ? `hsl(${hue} 55% ${18 + much * 5}%)` : '#2b3237';
  }),
  faint: '#242b30',
  found: '#1f5c8c',
  text: '#eceeee',
  line: '#15191c',
  rest: '#3c4449',
  chosen: '#f3a37c',
};

/** What a function belongs to: its crate, or its package. */
export function family(name) {
  const path = name.replace(/^[<&(*]+/, '');
  return path.includes('::') ? path.split('::')[0] : path.split('.').slice(0, -1).join('.').split('(')[0];
}

/** A number that is always the same for a text. */
export function hash(text) {
  let sum = 7;
  for (let at = 0; at < text.length; at += 1) sum = (sum * 31 + text.charCodeAt(at)) >>> 0;
  return sum;
}

/** The end of a name, for boxes that are too narrow for the whole. */
export function short(name) {
  const plain = name.replace(/<[^<>]*>/g, '');
  const at = Math.max(plain.lastIndexOf('::') + 2, plain.lastIndexOf('/') + 1);
  return at > 1 ? plain.slice(at) : plain;
}
