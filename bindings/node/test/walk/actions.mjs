// What a walk does: each action is a name, a side, and a number from which its details are drawn.

import { MediaStream, RTCRtpReceiver } from 'rill-rtc';
import { Dice } from './dice.mjs';
import { eventTypes } from './side.mjs';

const weights = {
  createOffer: 3,
  createAnswer: 2,
  setLocal: 14,
  setLocalCreated: 6,
  setLocalChanged: 1,
  rollback: 4,
  receive: 24,
  setRemoteOther: 3,
  exchange: 9,
  candidates: 12,
  addOther: 5,
  restartIce: 4,
  configure: 3,
  addTransceiver: 4,
  addTrack: 3,
  removeTrack: 2,
  direction: 3,
  stop: 2,
  setCodecPreferences: 2,
  replaceTrack: 2,
  setParameters: 2,
  setStreams: 2,
  createChannel: 8,
  send: 8,
  closeChannel: 3,
  threshold: 1,
  getStats: 2,
  gather: 3,
  read: 2,
  wait: 14,
  collect: 1,
  closeIn: 2,
  closeSoon: 1,
  close: 1,
};
const names = Object.entries(weights).flatMap(([name, weight]) => Array(weight).fill(name));

export function drawActions(dice) {
  const length = 3 + dice.below(dice.pick([8, 20, 20, 45]));
  return Array.from({ length }, () => ({
    name: dice.pick(names),
    side: dice.below(2),
    number: dice.next(),
  }));
}

const lines = [
  'candidate:1 1 udp 2113937151 192.0.2.5 5000 typ host',
  'candidate:2 1 tcp 1518280447 192.0.2.5 9 typ host tcptype active',
  'candidate:3 1 udp 2113937151 4f3c2a10-5d6e-4c7b-8a9f-0b1c2d3e4f50.local 5000 typ host',
  'candidate:nonsense',
  '',
];
const closedOr = (side, name) => (side.closed ? 'InvalidStateError' : name);

/** Does one action; an operation is not awaited here. */
export function perform(walk, { name, side: place, number }) {
  const dice = new Dice(number);
  const side = walk.sides[place];
  const { pc } = side;
  const some = (list) => (list.length === 0 ? undefined : dice.pick(list));
  switch (name) {
    case 'createOffer': {
      const fits = ['stable', 'have-local-offer'].includes(pc.signalingState);
      const options = dice.percent(30) ? { iceRestart: true } : undefined;
      return walk.created(side, 'createOffer', options, fits, dice);
    }
    case 'createAnswer': {
      const fits = ['have-remote-offer', 'have-local-pranswer'].includes(pc.signalingState);
      return walk.created(side, 'createAnswer', undefined, fits, dice);
    }
    case 'setLocal':
      return walk.setLocal(side, dice.pick([undefined, undefined, { type: 'pranswer' }, {}]));
    case 'setLocalCreated':
      return walk.setLocalCreated(side, dice.percent(20));
    case 'setLocalChanged': {
      const sdp = `${pc.localDescription?.sdp ?? 'v=0\r\n'}a=changed\r\n`;
      return walk.setLocal(side, { type: dice.pick(['offer', 'answer']), sdp });
    }
    case 'rollback':
      if (dice.percent(50)) return walk.setLocal(side, { type: 'rollback' });
      return walk.setRemote(side, { type: 'rollback', sdp: '' });
    case 'receive':
      return walk.receive(side, dice);
    case 'exchange':
      return walk.exchange(side);
    case 'setRemoteOther':
      return walk.setRemote(side, walk.otherDescription(dice));
    case 'candidates':
      return walk.deliverCandidates(side, dice.below(8));
    case 'addOther':
      return walk.addOther(side, dice.pick(lines), dice);
    case 'restartIce':
      return void side.call('restartIce', (it) => it.restartIce());
    case 'configure':
      return void walk.configure(side, dice);
    case 'addTransceiver': {
      const direction = dice.pick(['sendrecv', 'sendonly', 'recvonly', 'inactive', 'stopped']);
      const expected = direction === 'stopped' ? closedOr(side, 'TypeError') : closedOr(side, null);
      const add = (it) => it.addTransceiver(dice.pick(['audio', 'video']), { direction });
      return void side.call('addTransceiver', add, expected);
    }
    case 'addTrack': {
      const track = some(pc.getTransceivers())?.receiver.track;
      if (track !== undefined) side.call('addTrack', (it) => it.addTrack(track));
      return undefined;
    }
    case 'removeTrack': {
      const sender = some(pc.getSenders());
      const expected = closedOr(side, null);
      if (sender !== undefined) side.call('removeTrack', (it) => it.removeTrack(sender), expected);
      return undefined;
    }
    default:
      return performOnObject(walk, side, name, dice, some);
  }
}

function performOnObject(walk, side, name, dice, some) {
  const transceiver = some(side.pc.getTransceivers());
  const channel = some(side.channels);
  switch (name) {
    case 'direction':
    case 'stop':
    case 'setCodecPreferences':
    case 'replaceTrack':
    case 'setParameters':
    case 'setStreams':
      return transceiver && performOnTransceiver(side, name, dice, transceiver);
    case 'createChannel':
      return void walk.createChannel(side, dice);
    case 'send':
      if (channel !== undefined) walk.send(side, channel, dice);
      return undefined;
    case 'closeChannel':
      if (channel !== undefined) side.call('close', () => channel.close());
      if (dice.percent(30)) side.channels = side.channels.filter((other) => other !== channel);
      return undefined;
    case 'threshold':
      if (channel !== undefined) {
        const set = () => void (channel.bufferedAmountLowThreshold = dice.pick([0, 1000, 100_000]));
        side.call('bufferedAmountLowThreshold', set, null);
      }
      return undefined;
    case 'getStats':
      return void side.operate('getStats', (it) => dice.pick(withStats(it)).getStats(), null);
    case 'gather': {
      const goodEnough = dice.pick(['any', 'everything', 'public', 'relayed']);
      const wait = { deadline: dice.pick([0, 10, 40]), goodEnough, grace: dice.pick([0, 10]) };
      return void side.operate('gatheringComplete', (it) => it.gatheringComplete(wait), null);
    }
    case 'read':
      return void walk.readEverything(side);
    case 'wait':
      return walk.pass(dice.pick([0, 0, 1, 3, 8, 20, 30]));
    case 'collect':
      return void globalThis.gc?.();
    case 'closeIn':
      side.closeIn = dice.pick(eventTypes);
      return undefined;
    case 'closeSoon': {
      const soon = dice.pick([queueMicrotask, process.nextTick, setImmediate, setTimeout]);
      return void soon(() => side.ending || side.close());
    }
    default:
      return void side.close();
  }
}

const withStats = (pc) => [pc, ...pc.getSenders(), ...pc.getReceivers()];

function performOnTransceiver(side, name, dice, transceiver) {
  const stopping = transceiver.direction === 'stopped';
  switch (name) {
    case 'direction': {
      const direction = dice.pick(['sendrecv', 'recvonly', 'inactive', 'stopped']);
      const wrong = direction === 'stopped' ? 'TypeError' : null;
      const expected = stopping ? 'InvalidStateError' : wrong;
      return void side.call('direction', () => void (transceiver.direction = direction), expected);
    }
    case 'stop': {
      const expected = side.closed ? 'InvalidStateError' : null;
      return void side.call('stop', () => transceiver.stop(), expected);
    }
    case 'setCodecPreferences': {
      const { codecs } = RTCRtpReceiver.getCapabilities(transceiver.receiver.track.kind);
      const wrong = dice.percent(30);
      const given = wrong ? [{ ...codecs[0], clockRate: 1 }] : codecs.slice(dice.below(2));
      const expected = wrong ? 'InvalidModificationError' : null;
      const set = () => transceiver.setCodecPreferences(given);
      return void side.call('setCodecPreferences', set, expected);
    }
    case 'setParameters':
      return void side.operate('setParameters', () => changed(transceiver.sender, dice));
    case 'setStreams': {
      const streams = [new MediaStream(), new MediaStream()].slice(dice.below(3));
      const expected = side.closed ? 'InvalidStateError' : null;
      return void side.call('setStreams', () => transceiver.sender.setStreams(...streams), expected);
    }
    default: {
      const track = dice.pick([null, transceiver.receiver.track]);
      return void side.operate('replaceTrack', () => transceiver.sender.replaceTrack(track));
    }
  }
}

/** Other parameters, or the same ones after `getParameters` again, or without it. */
function changed(sender, dice) {
  const parameters = sender.getParameters();
  if (dice.percent(40)) parameters.encodings.push({ ...parameters.encodings[0] });
  const set = () => sender.setParameters(parameters);
  return dice.percent(30) ? Promise.resolve().then(set) : set();
}
