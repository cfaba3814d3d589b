// A side's candidate pairs as a table: one group of rows for each generation of credentials.
// Rows and cells stay the same elements while they change, so that nothing flickers. They have
// their roles spelled out: a narrow page lays them out in another way than a table's.

import { element } from './elements.js';

const NUMBERS = { rtt: 'RTT in ms', requests: 'requests', responses: 'responses' };
const TONES = { succeeded: 'good', 'in-progress': 'busy', waiting: 'busy', failed: 'bad' };
const COLUMNS = 5;
// Generations with a place in the table: the last, and the one that data flows on meanwhile.
const SHOWN = 2;

export class PairTable {
  #table;
  // By ufrag, in the order in which they came.
  #generations = new Map();
  #none = part('tbody', 'rowgroup');

  constructor(table) {
    this.#table = table;
    const row = part('tr', 'row');
    const cell = part('td', 'cell', 'remark', 'No pairs yet.');
    cell.colSpan = COLUMNS;
    row.append(cell);
    this.#none.append(row);
    this.reset();
  }

  reset() {
    this.#generations.clear();
    this.#place([this.#none]);
  }

  /** A generation begins, perhaps before it has pairs: they are counted in the order of this. */
  begin(ufrag) {
    if (!this.#generations.has(ufrag)) this.#generations.set(ufrag, new Generation(this.#generations.size + 1, ufrag));
  }

  /** Shows these pairs; ones that are gone leave the table. Of the generations, the last two. */
  show(pairs) {
    const groups = groupByUfrag(pairs);
    for (const ufrag of groups.keys()) this.begin(ufrag);
    const shown = [...this.#generations].filter(([ufrag]) => groups.has(ufrag)).slice(-SHOWN);
    const bodies = shown.map(([ufrag, generation]) => generation.show(groups.get(ufrag))).reverse();
    this.#place(bodies.length === 0 ? [this.#none] : bodies);
  }

  /** The newest first, below the head. */
  #place(bodies) {
    const [, ...present] = this.#table.children;
    for (const body of present) if (!bodies.includes(body)) body.remove();
    bodies.forEach((body, index) => {
      const place = this.#table.children[index + 1] ?? null;
      if (place !== body) this.#table.insertBefore(body, place);
    });
  }
}

/** The pairs of one ufrag. */
class Generation {
  #body = part('tbody', 'rowgroup');
  #rows = new Map();

  constructor(number, ufrag) {
    const row = part('tr', 'row', 'generation');
    const head = part('th', 'rowheader', '', `Generation ${number}`);
    head.scope = 'rowgroup';
    head.colSpan = COLUMNS;
    head.append(' ', element('code', 'ufrag', ufrag ?? 'ufrag unknown'));
    row.append(head);
    this.#body.append(row);
    this.#body.dataset.generation = String(number);
  }

  /** Gives the group with these rows. */
  show(pairs) {
    const left = new Set(this.#rows.keys());
    // A pair's priority does not change (RFC 8445 §6.1.2.3), so neither does the order.
    pairs.sort((a, b) => b.priority - a.priority || (a.key < b.key ? -1 : 1));
    pairs.forEach((pair, index) => {
      left.delete(pair.key);
      if (!this.#rows.has(pair.key)) this.#rows.set(pair.key, new Row());
      const row = this.#rows.get(pair.key);
      row.show(pair);
      // The first child is the group's head.
      const place = this.#body.children[index + 1] ?? null;
      if (place !== row.element) this.#body.insertBefore(row.element, place);
    });
    for (const key of left) {
      this.#rows.get(key).element.remove();
      this.#rows.delete(key);
    }
    return this.#body;
  }
}

class Row {
  element = part('tr', 'row', 'candidate-pair');
  #local = element('span', 'end');
  #remote = element('span', 'end');
  #state = element('span', 'chip');
  #mark = element('span', 'mark');
  #numbers = Object.entries(NUMBERS).map(([name, label]) => {
    const cell = part('td', 'cell', `number ${name}`);
    // For the narrow page, whose table has no head.
    cell.dataset.label = label;
    return cell;
  });

  constructor() {
    const ends = part('td', 'cell', 'ends');
    ends.append(this.#local, element('span', 'hidden', ' to '), this.#remote);
    const state = part('td', 'cell', 'pair-state');
    state.append(this.#state, ' ', this.#mark);
    this.element.append(ends, state, ...this.#numbers);
  }

  show(pair) {
    set(this.#local, `${pair.local.kind} ${pair.local.address}`);
    set(this.#remote, `${pair.remote.kind} ${pair.remote.address}`);
    set(this.#state, pair.state);
    this.#state.dataset.tone = TONES[pair.state] ?? 'none';
    set(this.#mark, mark(pair));
    this.element.classList.toggle('selected', pair.selected);
    this.element.dataset.state = pair.state;
    const texts = [
      pair.rtt === null ? '–' : pair.rtt.toFixed(1),
      both(pair.requestsSent, pair.requestsReceived),
      both(pair.responsesSent, pair.responsesReceived),
    ];
    this.#numbers.forEach((cell, index) => set(cell, texts[index]));
  }
}

function part(name, role, className, text) {
  const made = element(name, className, text);
  made.setAttribute('role', role);
  return made;
}

function mark({ selected, nominated }) {
  if (selected) return nominated ? 'selected' : 'selected, not nominated';
  return nominated ? 'nominated' : '';
}

function both(sent, received) {
  const text = (count) => (count === null ? '–' : String(count));
  return sent === null && received === null ? '–' : `${text(sent)} / ${text(received)}`;
}

/** Writes only what differs: an untouched text keeps the reader's selection. */
function set(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function groupByUfrag(pairs) {
  const groups = new Map();
  for (const pair of pairs) groups.set(pair.ufrag, [...groups.get(pair.ufrag) ?? [], pair]);
  return groups;
}
