// The phases of a session: the first connecting, then each ICE restart. A phase is settled when
// both sides have done what it is for.

const SIDES = ['browser', 'rill'];
// A phase is drawn a little longer than what happened in it, and never shorter than this.
const LONGER = 1.03;
const SHORTEST = 1;

export class Phases {
  #phases = [phase(0, ['connectionState connected', 'iceGatheringState complete'])];

  /** How many restarts there were. */
  get restarts() {
    return this.#phases.length - 1;
  }

  /** An entry; `latest` is the latest time there is. */
  take(entry, latest) {
    if (entry.kind === 'restart') return this.#restart(entry);
    // The last to be told is not always the last to have happened.
    const current = this.#phases.findLast(({ start }) => start <= entry.time) ?? this.#phases[0];
    current.pending.delete(`${entry.side} ${what(entry)}`);
    if (current.pending.size === 0) current.settled ??= latest;
    return undefined;
  }

  /** The last two phases, with the times from and to which they are drawn. */
  shown(latest) {
    return this.#phases.slice(-2).map(({ start, settled }, index, all) => {
      const next = all[index + 1]?.start ?? Infinity;
      const last = settled ?? Math.min(latest, next);
      const end = Math.max(Math.min(start + (last - start) * LONGER, next), start + SHORTEST);
      return { start, settled, end };
    });
  }

  #restart({ time, side, by }) {
    // Asked for by the page, and then begun by rill: one restart.
    if (side === 'rill' && by === 'rill' && this.restarts > 0 && !this.#phases.at(-1).settled) return;
    this.#phases.push(phase(time, ['description', 'pair', 'iceGatheringState complete']));
  }
}

function phase(start, both) {
  const pending = new Set(SIDES.flatMap((side) => both.map((goal) => `${side} ${goal}`)));
  return { start, settled: null, pending };
}

function what({ kind, name, value }) {
  return kind === 'state' ? `${name} ${value}` : kind;
}
