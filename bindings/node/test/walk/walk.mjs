// One walk: two connections of this process, and what is signalled between them.

import { setImmediate as turn, setTimeout as pass } from 'node:timers/promises';
import { drawActions, perform } from './actions.mjs';
import { Dice } from './dice.mjs';
import { finish } from './ending.mjs';
import { LONG, Side, Violation } from './side.mjs';

/** A walk as data: what is done, in what setting. One number gives it. */
export function script(seed) {
  const dice = new Dice(seed);
  const policies = ['balanced', 'max-compat', 'max-bundle'];
  const setting = {
    policies: [dice.pick(policies), dice.pick(policies)],
    trickle: dice.pick([0, 50, 100]),
    finish: dice.pick(['fair', 'fair', 'close', 'drop']),
  };
  return { seed, setting, actions: drawActions(dice) };
}

/** Goes a walk; rejects with the Violation that it found. */
export async function go({ seed, setting, actions }) {
  const walk = new Walk(setting, seed);
  try {
    for (const action of actions) await walk.step(action);
    await finish(walk);
  } finally {
    // A connection that nothing happened to may be dropped as it is.
    const kept = walk.sides.filter((side) => setting.finish !== 'drop' || side.started);
    for (const { pc } of kept) pc.close();
  }
}

export class Walk {
  sides;
  setting;
  #archive = [];
  #oldCandidates = [];
  #created = [[], []];
  #violation = null;
  /** Which form of a call is used. */
  #forms;

  constructor(setting, seed) {
    this.setting = setting;
    this.#forms = new Dice(seed ^ 2);
    const fail = (violation) => (this.#violation ??= violation);
    this.sides = ['alice', 'bob'].map((name, place) => {
      const configuration = { bundlePolicy: setting.policies[place] };
      return new Side(name, configuration, fail);
    });
  }

  check() {
    if (this.#violation !== null) throw this.#violation;
  }

  #other(side) {
    return this.sides[1 - this.sides.indexOf(side)];
  }

  async step(action) {
    const dice = new Dice(action.number ^ 1);
    const done = perform(this, action);
    // A page may wait, or go on.
    if (dice.percent(70)) await this.#patience(done, action.name);
    if (dice.percent(this.setting.trickle)) {
      for (const side of this.sides) this.deliverCandidates(side, Infinity);
    }
    if (dice.percent(60)) await turn();
    for (const side of this.sides) {
      side.check(action.name);
      side.watchTransports();
    }
    this.check();
  }

  /** Waits for an operation; one of a closed connection never settles. */
  async #patience(done, name) {
    const until = performance.now() + LONG;
    let settled = false;
    const settle = () => (settled = true);
    Promise.resolve(done).then(settle, settle);
    while (!settled && !this.sides.some(({ closed }) => closed)) {
      await turn();
      if (performance.now() > until) throw new Violation('every operation settles', name);
    }
  }

  /** createOffer and createAnswer; what was created may be applied later. */
  async created(side, name, options, fits, dice) {
    const expected = side.closed || (side.idle && !fits) ? 'InvalidStateError' : undefined;
    const known = side.closed || side.idle;
    const outcome = await side.ask(name, [options], known ? (expected ?? null) : undefined, dice);
    if (outcome.value === undefined) return;
    this.#created[this.sides.indexOf(side)].push(outcome.value);
    this.#archive.push(outcome.value);
  }

  async setLocal(side, description) {
    const { pc } = side;
    const implied = description === undefined || description.type === undefined;
    const fits = implied && pc.signalingState !== 'have-remote-pranswer' && side.idle;
    const expected = implied && side.idle && !side.closed && fits ? null : undefined;
    const outcome = await side.ask('setLocalDescription', [description], expected, this.#forms);
    if (outcome.error !== undefined || side.closed) return false;
    const letter = pc.localDescription;
    if (letter !== null && description?.type !== 'rollback') {
      this.#archive.push(letter);
      this.#other(side).letters.push({ type: letter.type, sdp: letter.sdp });
    }
    return true;
  }

  setLocalCreated(side, provisional) {
    const last = this.#created[this.sides.indexOf(side)].at(-1);
    if (last === undefined) return this.setLocal(side, undefined);
    const type = provisional && last.type === 'answer' ? 'pranswer' : last.type;
    return this.setLocal(side, { type, sdp: last.sdp });
  }

  async setRemote(side, description) {
    const outcome = await side.ask('setRemoteDescription', [description], undefined, this.#forms);
    return outcome.error === undefined;
  }

  /** The next letter arrives, or is lost, or comes again, or is another one. */
  receive(side, dice) {
    const letter = side.letters.shift();
    if (letter === undefined) return undefined;
    const fate = dice.below(20);
    if (fate < 2) return undefined;
    if (fate === 2) side.letters.push(letter);
    if (fate === 3) return this.setRemote(side, { ...letter, sdp: mangled(letter.sdp, dice) });
    if (fate === 4) return this.setRemote(side, { ...letter, type: 'pranswer' });
    return this.setRemote(side, letter);
  }

  /** Offer and answer as two pages would do it; candidates may follow. */
  async exchange(offerer) {
    const answerer = this.#other(offerer);
    const description = ({ pc }) => pc.localDescription ?? { type: 'rollback', sdp: '' };
    const steps = [
      () => this.setLocal(offerer, undefined),
      () => this.setRemote(answerer, description(offerer)),
      () => this.setLocal(answerer, undefined),
      () => this.setRemote(offerer, description(answerer)),
    ];
    for (const step of steps) {
      if (this.sides.some(({ closed }) => closed) || !(await step())) return;
    }
  }

  otherDescription(dice) {
    const old = dice.pick(this.#archive)?.sdp ?? 'v=0\r\n';
    const sdp = dice.percent(50) ? old : mangled(old, dice);
    return { type: dice.pick(['offer', 'offer', 'answer', 'pranswer']), sdp };
  }

  deliverCandidates(side, most) {
    const from = this.#other(side);
    const count = Math.min(most, from.candidates.length);
    const arriving = from.candidates.splice(0, count);
    this.#oldCandidates.push(...arriving);
    return Promise.all(arriving.map((candidate) => this.#add(side, candidate)));
  }

  #add(side, candidate) {
    const { pc } = side;
    const early = pc.remoteDescription === null && side.idle;
    const expected = side.closed || early ? 'InvalidStateError' : undefined;
    return side.ask('addIceCandidate', [candidate], expected, this.#forms);
  }

  addOther(side, line, dice) {
    const sdpMid = dice.pick([null, '0', 'nowhere', '1']);
    const sdpMLineIndex = dice.pick([null, 0, 99]);
    const init = { candidate: line, sdpMid, sdpMLineIndex };
    if (dice.percent(30)) init.usernameFragment = 'stranger';
    const unplaced = line !== '' && sdpMid === null && sdpMLineIndex === null;
    if (unplaced) {
      // Before the chain, on a closed connection as well.
      return side.ask('addIceCandidate', [init], 'TypeError', dice);
    }
    const old = dice.percent(30) ? dice.pick(this.#oldCandidates) : init;
    return this.#add(side, dice.percent(10) ? null : old);
  }

  configure(side, dice) {
    const { pc } = side;
    const wanted = { bundlePolicy: pc.getConfiguration().bundlePolicy };
    let expected = null;
    switch (dice.below(5)) {
      case 0:
        wanted.iceServers = [{ urls: 'stun:127.0.0.1:9' }];
        break;
      case 1:
        wanted.bundlePolicy = wanted.bundlePolicy === 'balanced' ? 'max-bundle' : 'balanced';
        expected = 'InvalidModificationError';
        break;
      case 2:
        wanted.iceServers = [{ urls: 'turn:127.0.0.1' }];
        expected = 'InvalidAccessError';
        break;
      case 3:
        wanted.iceServers = [{ urls: 'http://127.0.0.1' }];
        expected = 'SyntaxError';
        break;
      default:
        wanted.iceTransportPolicy = 'all';
    }
    const set = (it) => it.setConfiguration(wanted);
    side.call('setConfiguration', set, side.closed ? 'InvalidStateError' : expected);
  }

  createChannel(side, dice) {
    const init = {};
    if (dice.percent(20)) init.ordered = false;
    if (dice.percent(15)) init.maxRetransmits = 2;
    if (dice.percent(15)) init.maxPacketLifeTime = 300;
    const negotiated = dice.percent(20);
    if (negotiated) Object.assign(init, { negotiated, id: dice.pick([0, 1, 700, 65_535]) });
    const wrong = 'maxRetransmits' in init && 'maxPacketLifeTime' in init;
    let expected = negotiated ? undefined : null;
    if (wrong || init.id === 65_535) expected = 'TypeError';
    if (side.closed) expected = 'InvalidStateError';
    const create = (it) => it.createDataChannel('walk', init);
    const { value } = side.call('createDataChannel', create, expected);
    if (value !== undefined) side.watchChannel(value);
  }

  send(side, channel, dice) {
    const text = 'x'.repeat(dice.pick([0, 10, 2000, 70_000, 300_000]));
    const open = channel.readyState === 'open';
    const forms = [text, new Uint8Array(text.length), new Blob([text])];
    const expected = open ? undefined : 'InvalidStateError';
    side.call('send', () => channel.send(dice.pick(forms)), expected);
  }

  /** Every getter of every object can be read at any time. */
  readEverything({ pc, channels }) {
    const objects = [pc, pc.sctp, pc.sctp?.transport, pc.sctp?.transport.iceTransport];
    for (const transceiver of pc.getTransceivers()) {
      const { sender, receiver } = transceiver;
      objects.push(transceiver, sender, receiver, sender.transport, receiver.track);
      sender.getParameters();
      receiver.getParameters();
      receiver.getContributingSources();
      receiver.getSynchronizationSources();
    }
    for (const object of [...objects, ...channels]) {
      if (object === null || object === undefined) continue;
      const attributes = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(object));
      for (const [name, { get, value }] of Object.entries(attributes)) {
        if (get) void object[name];
        if (name.startsWith('get') && name !== 'getStats') value.call(object);
      }
    }
    pc.getConfiguration();
  }

  pass(milliseconds) {
    return milliseconds === 0 ? turn() : pass(milliseconds);
  }
}

/** With one thing wrong, or only different. */
function mangled(sdp, dice) {
  const lines = sdp.split('\r\n');
  const place = dice.below(lines.length);
  switch (dice.below(4)) {
    case 0:
      lines.splice(place, 1);
      break;
    case 1:
      lines.splice(place, 0, lines[place]);
      break;
    case 2:
      lines.length = place;
      break;
    default:
      lines[place] = lines[place].replace(/[0-9a-f]/, () => '0123456789abcdef'[dice.below(16)]);
  }
  return lines.join('\r\n');
}
