// The diagnosis of rill: the sentence, and the tree that it rests on. What the reader opened stays
// open while the tree changes below it.

import { element } from './elements.js';

const NO_TROUBLE = 'connected';

export class Diagnosis {
  #section;
  #sentence;
  #root;

  constructor(section) {
    this.#section = section;
    this.#sentence = section.querySelector('.sentence');
    this.#root = new Branch(section.querySelector('.tree'));
    this.reset();
  }

  reset() {
    this.#sentence.textContent = 'Nothing is known yet.';
    delete this.#section.dataset.cause;
    delete this.#section.dataset.tone;
    this.#root.show({});
  }

  show({ sentence, cause, trouble, ...rest }) {
    // A text that is written again would be read aloud again.
    if (this.#sentence.textContent !== sentence) this.#sentence.textContent = sentence;
    this.#section.dataset.cause = cause;
    this.#section.dataset.tone = tone(cause, trouble);
    this.#root.show(rest);
  }
}

function tone(cause, trouble) {
  if (cause === NO_TROUBLE) return 'good';
  // Before the first offer there is nothing that could be wrong.
  return trouble && cause !== 'nothing-negotiated' ? 'bad' : 'busy';
}

/** The members of an object or a list, in a place of their own. */
class Branch {
  #place;
  #nodes = new Map();

  constructor(place) {
    this.#place = place;
  }

  show(value) {
    const left = new Set(this.#nodes.keys());
    Object.entries(value).forEach(([name, member], index) => {
      const isBranch = member !== null && typeof member === 'object' && Object.keys(member).length > 0;
      const key = `${isBranch ? 'branch' : 'leaf'} ${name}`;
      left.delete(key);
      if (!this.#nodes.has(key)) {
        const node = isBranch ? new Twig() : new Leaf();
        this.#nodes.set(key, node);
      }
      const node = this.#nodes.get(key);
      node.show(Array.isArray(value) ? `${Number(name) + 1}` : words(name), member);
      // Only what is out of place is moved, so that the reader's focus and selection stay.
      const there = this.#place.children[index] ?? null;
      if (there !== node.element) this.#place.insertBefore(node.element, there);
    });
    for (const key of left) {
      this.#nodes.get(key).element.remove();
      this.#nodes.delete(key);
    }
  }
}

/** A member that has members: can be opened. */
class Twig {
  element = element('details');
  #summary = element('summary');
  #branch;

  constructor() {
    const children = element('div', 'children');
    this.element.append(this.#summary, children);
    this.#branch = new Branch(children);
  }

  show(name, value) {
    const text = `${name}${title(value)}`;
    if (this.#summary.textContent !== text) this.#summary.textContent = text;
    this.#branch.show(value);
  }
}

class Leaf {
  element = element('div', 'leaf');
  #name = element('span', 'name');
  #value = element('span', 'value');

  constructor() {
    this.element.append(this.#name, ' ', this.#value);
  }

  show(name, value) {
    this.#name.textContent = name;
    const text = value === null ? '–' : typeof value === 'object' ? 'none' : String(value);
    if (this.#value.textContent !== text) this.#value.textContent = text;
  }
}

/** What a closed branch says of its content. */
function title(value) {
  if (Array.isArray(value)) return ` (${value.length})`;
  if ('checksSent' in value && 'local' in value) return `: ${value.local} → ${value.remote}, ${value.state}`;
  if ('url' in value && 'outcomes' in value) return `: ${value.url}`;
  if ('type' in value && 'address' in value) return `: ${value.type} ${value.address}`;
  if ('loopback' in value) return `: ${value.name} ${value.address}`;
  if ('gathering' in value) return `: ${value.usernameFragment}`;
  if ('outcome' in value) return `: ${value.text}`;
  if ('ice' in value) return `: ICE ${value.ice}, DTLS ${value.dtls}`;
  return '';
}

/** `remoteEndOfCandidates` as one reads it. */
function words(name) {
  const spaced = name.replace(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
  return spaced.replace(/ ms$/, ', ms');
}
