// The page: connects when it is opened, and shows what both peers do.
//
// For tests: `document.documentElement.dataset` has `state` (idle, connecting, connected,
// disconnected, failed, closed), `session` (1, 2, … for each attempt) and `trickle` (on, off).

import { Diagnosis } from './diagnosis.js';
import { PairTable } from './pairs.js';
import { Panels } from './panels.js';
import { Restart } from './restart.js';
import { Runs } from './runs.js';
import { Session } from './session.js';
import { Timeline } from './timeline.js';

const root = document.documentElement;
const find = (id) => document.getElementById(id);
const panels = new Panels();
const timeline = new Timeline(find('strip'), find('events'));
const tables = { browser: new PairTable(find('pairs-browser')), rill: new PairTable(find('pairs-rill')) };
const diagnosis = new Diagnosis(find('diagnosis'));
const runs = new Runs({
  open: () => session.openThroughput(),
  limit: () => session.maxMessageSize,
});
const restart = new Restart({
  restart: (by) => session.restart(by),
  pulse: () => session.pulse(),
});

const STATUS = {
  idle: 'Not connected.',
  connecting: 'Connecting to rill.',
  connected: 'Connected to rill.',
  disconnected: 'The connection is interrupted.',
  failed: 'The connection failed.',
  closed: 'Disconnected.',
};

let session = null;
let attempts = 0;
// Both are needed before a message can be echoed.
let peerConnected = false;
let channelOpen = false;

function connect() {
  session?.close();
  attempts += 1;
  peerConnected = false;
  channelOpen = false;
  panels.reset();
  timeline.reset();
  restart.reset();
  diagnosis.reset();
  for (const table of Object.values(tables)) table.reset();
  showProblem(null);
  root.dataset.session = String(attempts);
  root.dataset.trickle = find('trickle').checked ? 'on' : 'off';
  setState('connecting');
  session = new Session({ trickle: find('trickle').checked, tell: take });
}

function take(entry) {
  panels.take(entry);
  timeline.take(entry);
  runs.take(entry);
  restart.take(entry);
  if (entry.kind === 'diagnosis') diagnosis.show(entry.diagnosis);
  if (entry.kind === 'description') tables[entry.side].begin(entry.ufrag);
  if (entry.kind === 'pairs') tables[entry.side].show(entry.pairs);
  if (entry.kind === 'problem') showProblem(entry.text);
  if (entry.kind === 'end') return ended(entry.text);
  if (entry.side !== 'browser') return;
  if (entry.kind === 'channel') channelOpen = entry.state === 'open';
  if (entry.kind === 'state' && entry.name === 'connectionState') {
    peerConnected = entry.value === 'connected';
    if (entry.value === 'failed' || entry.value === 'disconnected') setState(entry.value);
  }
  if (peerConnected && channelOpen) setState('connected', entry.time);
}

function ended(text) {
  session = null;
  runs.end();
  setState('closed');
  if (text) showProblem(text);
}

function setState(state, time) {
  if (root.dataset.state === state) return;
  root.dataset.state = state;
  const after = time === undefined ? '' : ` It took ${time.toFixed(0)} ms.`;
  find('status-text').textContent = STATUS[state] + after;
  find('connect').disabled = session !== null || state === 'connecting';
  find('disconnect').disabled = state === 'closed' || state === 'idle';
  find('echo-send').disabled = state !== 'connected';
  runs.ready(state === 'connected');
  restart.ready(state === 'connected');
}

function showProblem(text) {
  find('problem').hidden = !text;
  find('problem').textContent = text ?? '';
}

find('connect').addEventListener('click', connect);
find('disconnect').addEventListener('click', () => session?.close());
// The offer says whether this browser trickles: a change needs a new one.
find('trickle').addEventListener('change', () => {
  if (session) connect();
});
find('echo').addEventListener('submit', (event) => {
  event.preventDefault();
  if (root.dataset.state === 'connected') session.echo(find('echo-input').value);
});
// A page that is left must not keep its peer until rill notices the silence.
addEventListener('pagehide', () => session?.close());

connect();
