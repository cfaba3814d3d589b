// The whole matrix: `node run.js --help`; `cargo xtask interop` builds what it needs first.

import { parseArgs } from 'node:util';
import { BULK_PEERS, DIRECTIONS, MEGABYTE } from './bulk.js';
import { HIDING } from './hiding.js';
import { BROWSERS, COLUMNS, ROWS, bulkCell, cell, hidingCell, mediaCell } from './matrix.js';
import { MEDIA } from './media.js';
import { Absent, PEERS, stack } from './stacks.js';
import { bulkTable, rate, spoken, tables } from './table.js';

const USAGE = `usage: node run.js [--peer NAME]... [--json]
       node run.js bulk [--megabytes N] [--peer NAME]... [--json]

peers: ${PEERS.join(', ')}
bulk: so many megabytes (100) in either direction, checked by their hash; ${BULK_PEERS.join(', ')}`;

/** Whether everything is as expected. */
async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      megabytes: { type: 'string', default: '100' },
      peer: { type: 'string', multiple: true },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  const [wanted, ...others] = positionals;
  const bytes = Number(values.megabytes) * MEGABYTE;
  if (![undefined, 'bulk'].includes(wanted) || others.length > 0 || !(bytes > 0)) {
    console.error(USAGE);
    return false;
  }
  const known = wanted === 'bulk' ? BULK_PEERS : PEERS;
  const unknown = values.peer?.find(name => !known.includes(name));
  if (unknown !== undefined) {
    console.error(`there is no peer named ${unknown}\n\n${USAGE}`);
    return false;
  }
  // Another stack in rill's place: if that fails too, the fault is here.
  const us = await stack(process.env.RILL_INTEROP_SUBJECT ?? 'rill');
  const peers = [];
  const meet = wanted === 'bulk' ? transfers(bytes) : meetings;
  for (const name of values.peer ?? known) peers.push(await withStack(name, them => meet(us, them)));
  const shown = () => (wanted === 'bulk' ? bulkTable(peers, Object.keys(DIRECTIONS)) : tables(peers));
  console.log(values.json ? JSON.stringify(peers, null, 2) : shown());
  return peers
    .flatMap(({ cells = [], media = [], hiding = [], bulk = [] }) => [...cells, ...media, ...hiding, ...bulk])
    .every(({ status }) => status === 'ok' || status === 'limit');
}

/** What comes of that stack, or why it is not here. */
async function withStack(name, act) {
  let them;
  try {
    them = await stack(name);
  } catch (error) {
    if (!(error instanceof Absent)) throw error;
    progress(`${name}: ${error.message}\n`);
    return { name, absent: error.message };
  }
  try {
    return { name, version: them.version, ...await act(them) };
  } finally {
    await them.close();
  }
}

function transfers(bytes) {
  return async (us, them) => {
    const bulk = [];
    for (const way of Object.keys(DIRECTIONS)) {
      progress(`${them.name}, ${bytes / MEGABYTE} MB, ${way}: `);
      const outcome = await bulkCell({ us, them }, way, bytes);
      if (outcome.status === 'ok') progress(`${rate(outcome)}, `);
      bulk.push(tell(outcome));
    }
    return { bulk };
  };
}

async function meetings(us, them) {
  const { name } = them;
  const cells = [];
  for (const [offers, role] of Object.entries(ROWS)) {
    for (const way of COLUMNS) {
      progress(`${name} ${role}, ${way}: `);
      cells.push(tell(await cell({ us, them, offers }, way)));
    }
  }
  const peer = { cells };
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
