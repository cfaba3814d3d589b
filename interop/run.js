// The whole matrix: `node run.js --help`; `cargo xtask interop` builds what it needs first.

import { parseArgs } from 'node:util';
import { HIDING } from './hiding.js';
import { BROWSERS, COLUMNS, ROWS, cell, hidingCell, mediaCell } from './matrix.js';
import { MEDIA } from './media.js';
import { Absent, PEERS, stack } from './stacks.js';
import { spoken, tables } from './table.js';

const USAGE = `usage: node run.js [--peer NAME]... [--json]

peers: ${PEERS.join(', ')}`;

/** Whether everything is as expected. */
async function main() {
  const { values } = parseArgs({
    options: {
      peer: { type: 'string', multiple: true },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  const unknown = values.peer?.find(name => !PEERS.includes(name));
  if (unknown !== undefined) {
    console.error(`there is no peer named ${unknown}\n\n${USAGE}`);
    return false;
  }
  // Another stack in rill's place: if that fails too, the fault is here.
  const us = await stack(process.env.RILL_INTEROP_SUBJECT ?? 'rill');
  const peers = [];
  for (const name of values.peer ?? PEERS) peers.push(await meetings(us, name));
  console.log(values.json ? JSON.stringify(peers, null, 2) : tables(peers));
  return peers
    .flatMap(({ cells = [], media = [], hiding = [] }) => [...cells, ...media, ...hiding])
    .every(({ status }) => status === 'ok' || status === 'limit');
}

async function meetings(us, name) {
  let them;
  try {
    them = await stack(name);
  } catch (error) {
    if (!(error instanceof Absent)) throw error;
    progress(`${name}: ${error.message}\n`);
    return { name, absent: error.message };
  }
  const cells = [];
  for (const [offers, role] of Object.entries(ROWS)) {
    for (const way of COLUMNS) {
      progress(`${name} ${role}, ${way}: `);
      cells.push(tell(await cell({ us, them, offers }, way)));
    }
  }
  const peer = { name, version: them.version, cells };
  if (BROWSERS.includes(name)) {
    const sessions = async (ways, meet) => {
      const outcomes = [];
      for (const way of Object.keys(ways)) {
        progress(`${name}, ${way}: `);
        outcomes.push(tell(await meet({ us, them }, way)));
      }
      return outcomes;
    };
    peer.media = await sessions(MEDIA, mediaCell);
    peer.hiding = await sessions(HIDING, hidingCell);
  }
  await them.close();
  return peer;
}

function tell(outcome) {
  progress(`${spoken(outcome)}\n`);
  for (const line of outcome.log ?? []) progress(`    ${line}\n`);
  return outcome;
}

function progress(text) {
  process.stderr.write(text);
}

process.exitCode = await main() ? 0 : 1;
