// The matrix as text.

import { COLUMNS, LIMITS, ROWS } from './matrix.js';

/** What is said of one cell. */
export function spoken({ status, milliseconds, reason, tries }) {
  switch (status) {
    case 'ok': return `ok, ${milliseconds} ms${tries ? `, at try ${tries}: ${reason}` : ''}`;
    case 'limit': return reason;
    default: return `${status}: ${reason.split('\n')[0]}`;
  }
}

/** How fast the bytes of a cell came. */
export function rate({ bytes, milliseconds }) {
  return `${(bytes / 1000 / milliseconds).toFixed(1)} MB/s`;
}

/** One row a peer: how long the bytes of each direction took. Peers as for `tables`, with `bulk`. */
export function bulkTable(peers, directions) {
  const notes = new Notes();
  const shown = cell => (cell.status === 'ok'
    ? `${short(cell, notes)} ms, ${rate(cell)}`
    : short(cell, notes));
  const rows = peers.map(({ name, version, absent, bulk }) => (absent
    ? [name, ...directions.map(() => `not here ${notes.mark(absent)}`)]
    : [`${name} ${version}`, ...bulk.map(shown)]));
  return [table([['peer', ...directions], ...rows]), notes.text].filter(part => part !== '').join('\n\n');
}

/** The tables and their notes; peers are { name, version, absent, cells, media, hiding }. */
export function tables(peers) {
  const notes = new Notes();
  const rows = [['peer', '', ...COLUMNS]];
  for (const { name, version, absent, cells } of peers) {
    if (absent) {
      rows.push([name, `not here ${notes.mark(absent)}`, ...COLUMNS.map(() => '')]);
      continue;
    }
    for (const [offers, role] of Object.entries(ROWS)) {
      const own = cells.filter(cell => cell.offers === offers);
      rows.push([`${name} ${version}`, role, ...own.map(cell => short(cell, notes))]);
    }
  }
  const parts = [table(rows)];
  const browsers = peers.filter(peer => peer.media);
  if (browsers.length > 0) {
    parts.push(sessionTable('the peer\'s session', browsers, ({ media }) => media, notes));
    parts.push(sessionTable('who hides addresses', browsers, ({ hiding }) => hiding, notes));
  }
  for (const { peer, reason, ways } of LIMITS) {
    if (ways === undefined && peers.some(({ name, absent }) => name === peer && !absent)) notes.add(reason);
  }
  return [...parts, notes.text].filter(part => part !== '').join('\n\n');
}

function sessionTable(title, peers, sessions, notes) {
  const ways = sessions(peers[0]).map(({ way }) => way);
  return table([
    [title, ...peers.map(({ name, version }) => `${name} ${version}`)],
    ...ways.map((way, index) => [way, ...peers.map(peer => short(sessions(peer)[index], notes))]),
  ]);
}

function short(cell, notes) {
  switch (cell.status) {
    case 'ok': {
      const extra = [cell.pair, cell.tries && notes.mark(cell.reason)].filter(Boolean);
      return ['ok', cell.milliseconds, ...extra].join(' ');
    }
    case 'limit': return notes.mark(cell.reason);
    default: return `${cell.status} ${notes.mark(spoken(cell))}`;
  }
}

/** Numbered reasons, each once. */
class Notes {
  #notes = [];

  add(text) {
    if (!this.#notes.includes(text)) this.#notes.push(text);
  }

  mark(text) {
    this.add(text);
    return `[${this.#notes.indexOf(text) + 1}]`;
  }

  get text() {
    return this.#notes.map((note, index) => `${index + 1}. ${note}`).join('\n');
  }
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  const line = row => `| ${row.map((text, column) => text.padEnd(widths[column])).join(' | ')} |`;
  const rule = `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}
