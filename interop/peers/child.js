// A peer that is a process and speaks the protocol of README.md over its standard streams: what
// hangs or crashes there stays there.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const LOG_LINES = 40;
/** How long a process may take to close its connection and end. */
const FAREWELL = 3_000;

/** Starts `program` with `args`; resolves as soon as it is ready. */
export async function child(program, args, { env, onEvent, onEnd }) {
  const process_ = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const log = [];
  const note = line => {
    log.push(line);
    if (log.length > LOG_LINES) log.shift();
  };
  const waiting = new Map();
  let next = 0;
  const ended = new Promise(resolve => {
    process_.once('error', error => resolve(`cannot start ${program}: ${error.message}`));
    process_.once('close', (code, signal) => resolve(`its process ended with ${signal ?? code}`));
  });
  ended.then(reason => {
    onEnd(reason);
    waiting.forEach(({ reject }) => reject(new Error(reason)));
    waiting.clear();
  });
  // A process that has ended is reported by its end, not by the pipe to it.
  process_.stdin.on('error', () => {});
  createInterface({ input: process_.stderr }).on('line', note);

  const ready = new Promise((resolve, reject) => {
    ended.then(reason => reject(new Error([reason, ...log].join('\n'))));
    createInterface({ input: process_.stdout }).on('line', line => {
      const message = parse(line);
      if (message === undefined) note(line);
      else if (message.event === 'ready') resolve(message);
      else if (message.event !== undefined) onEvent(message);
      else settle(waiting, message);
    });
  });
  const { version } = await ready;
  return {
    version,
    log,
    perform(command) {
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        process_.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
      });
    },
    async close() {
      process_.stdin.end();
      const patience = setTimeout(() => process_.kill('SIGKILL'), FAREWELL);
      await ended;
      clearTimeout(patience);
    },
  };
}

function settle(waiting, { id, error, ...result }) {
  const caller = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) caller?.resolve(result);
  else caller?.reject(new Error(error));
}

/** A line of the protocol, or undefined for whatever else a library prints. */
function parse(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
