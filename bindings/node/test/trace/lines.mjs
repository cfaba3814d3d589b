// From what handlers saw to the text of a trace.

/** The letters of the username fragments, by first appearance. */
export class Letters {
  #ufrags = [];

  #letter(ufrag) {
    if (!this.#ufrags.includes(ufrag)) this.#ufrags.push(ufrag);
    return String.fromCharCode('A'.charCodeAt(0) + this.#ufrags.indexOf(ufrag));
  }

  /** The fragment behind a letter. */
  ufrag(letter) {
    return this.#ufrags[letter.charCodeAt(0) - 'A'.charCodeAt(0)];
  }

  replace(text) {
    return text.replace(/‹([^›]*)›/g, (_, ufrag) => this.#letter(ufrag));
  }
}

/**
 * Prints what gathering and signalling did, in order, and gives back what is about connectivity: when
 * that happens is up to the network.
 */
export function print(name, lines, baseline, letters) {
  const tasks = tasksOf(lines);
  const later = tasks.filter((task) => task.every(({ text }) => isConnectivity(text)));
  const own = tasks.filter((task) => !later.includes(task));
  let text = '';
  for (const task of collapse(own)) {
    const mixed = task.some((line) => isConnectivity(line.text));
    const wanted = (attribute) => mixed || !attribute.startsWith('*');
    for (const line of task) text += printLine(name, line, wanted, baseline, letters);
  }
  return { text, later: later.flat() };
}

/** Prints what the network did, source by source. */
export function printConnectivity(name, lines, baseline, letters) {
  // Whether a better pair follows another at once is up to the addresses of the machine.
  const kept = lines.filter(({ text }) => !text.endsWith('selectedcandidatepairchange'));
  const tasks = tasksOf(kept);
  tasks.sort(([one], [other]) => compare(source(one.text), source(other.text)));
  let text = '';
  for (const line of tasks.flat()) {
    const own = source(line.text);
    // Those of its source: what another did meanwhile is shown there.
    const wanted = (attribute) => belongs(attribute, own);
    text += printLine(name, line, wanted, baseline, letters);
  }
  return text;
}

function tasksOf(lines) {
  const tasks = [];
  for (const line of lines) {
    const last = tasks.at(-1);
    if (last !== undefined && last[0].task === line.task) last.push(line);
    else tasks.push([line]);
  }
  return tasks;
}

const ofConnection = ['iceconnectionstatechange', 'connectionstatechange', 'sctp statechange'];

function isConnectivity(text) {
  return (
    ofConnection.includes(text) ||
    text.startsWith('channel ') ||
    text === 'datachannel' ||
    text.endsWith(' statechange') ||
    text.endsWith(' selectedcandidatepairchange')
  );
}

/** What an event is fired at, as a rank: a transport, its DTLS, the connection, the association. */
function source(text) {
  const first = text.split(' ')[0];
  if (text.endsWith(' dtls statechange')) return [1, first];
  if (first.startsWith('T')) return [0, first];
  const place = ofConnection.indexOf(text);
  return [place < 0 ? 5 : 2 + place, ''];
}

function compare([one, first], [other, second]) {
  if (one !== other) return one - other;
  return first < second ? -1 : Number(first > second);
}

function belongs(attribute, [rank, transport]) {
  const all = [
    [`*${transport}`, `*${transport} pair`],
    [`*${transport} dtls`],
    ['*ice'],
    ['*connection'],
    ['*sctp'],
    ['*channel'],
  ];
  return all[rank].includes(attribute);
}

/** Candidates that follow each other, sorted and counted: how many there are is up to the machine. */
function collapse(tasks) {
  const collapsed = [];
  let run = [];
  const flush = () => {
    const last = run.at(-1);
    const texts = new Set(run.map(({ text }) => `${text} × n`).sort());
    collapsed.push(...[...texts].map((text) => [{ ...last, text }]));
    run = [];
  };
  for (const task of tasks) {
    if (task.length === 1 && isCandidate(task[0].text)) {
      run.push(task[0]);
    } else {
      flush();
      collapsed.push(task);
    }
  }
  flush();
  return collapsed;
}

function isCandidate(text) {
  return text.startsWith('icecandidate ') && !text.endsWith(' end') && !text.endsWith(' null');
}

function printLine(name, line, wanted, baseline, letters) {
  const changes = [];
  for (const [attribute, value] of line.state) {
    const before = baseline.get(attribute) ?? initial(attribute);
    if (!wanted(attribute) || before === value) continue;
    baseline.set(attribute, value);
    changes.push(letters.replace(`${attribute.replace('*', '')} ${value}`));
  }
  const text = `${name}  ${letters.replace(line.text)}`;
  return changes.length === 0 ? `${text}\n` : `${text}  | ${changes.join('; ')}\n`;
}

/** What an attribute is before anything happened. */
function initial(attribute) {
  if (attribute === 'signaling') return 'stable';
  if (attribute === '*sctp' || attribute === '*channel') return 'connecting';
  if (/^(canTrickle|sctp|.*(Local|Remote)|.* (pair|local|remote))$/.test(attribute)) return 'null';
  return attribute.endsWith(' role') ? 'unknown' : 'new';
}
