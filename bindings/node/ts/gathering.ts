import { ownDictionary } from './own_dictionary';
import { inTask } from './task_loop';
import { callback, enumeration, invoke, nullable, unrestrictedDouble } from './webidl';
import type { RTCDiagnosis } from './diagnosis';
import type { RTCIceGatheringState } from './dictionaries';
import type { Convert } from './webidl';

/**
 * Which candidates suffice: only all of them, any one, one that is reachable from beyond the local
 * network (reflexive or relayed), or a relayed one.
 */
export type RTCGoodEnough = 'any' | 'everything' | 'public' | 'relayed';

/**
 * Why a wait ended: everything is gathered, there was enough and the grace has passed, the deadline has
 * passed, or the connection is closed.
 */
export type RTCGatheringOutcome = 'closed' | 'complete' | 'deadline' | 'good-enough';

/** How long to wait for candidates; times are in milliseconds. */
export interface RTCGatheringWait {
  /** Never longer than this; by default there is no such limit. */
  deadline?: number | null;
  /** What suffices, `grace` after it was found; by default everything. */
  goodEnough?: RTCGoodEnough;
  /** How long others may still come once there is enough; by default not at all. */
  grace?: number;
  /** Called with every server whenever something came of one. */
  progress?: (servers: RTCGatheringServer[]) => void;
}

/** What was waited for. */
export interface RTCGatheringResult {
  outcome: RTCGatheringOutcome;
  /** As they stood then; none when the connection was closed before. */
  servers: RTCGatheringServer[];
}

/** A STUN or TURN server, as `diagnose()` has it; once for each transport that asks it. */
export interface RTCGatheringServer {
  /** Its addresses, as far as they are known. */
  readonly addresses: readonly string[];
  /** Whether an allocation that it had granted was lost. */
  readonly lost: boolean;
  /** What came of it; empty while it is awaited. */
  readonly outcomes: readonly RTCGatheringServerOutcome[];
  /** The addresses of the peer that it refused to relay to. */
  readonly refusedPeers: readonly RTCRefusedPeer[];
  /** Whether it is asked for a relayed address. */
  readonly relays: boolean;
  readonly url: string;
}

export interface RTCRefusedPeer {
  readonly address: string;
  /** STUN's code, 403 for instance. */
  readonly code: number;
  readonly text: string;
}

export interface RTCGatheringServerOutcome {
  /** From the start of gathering on. */
  readonly elapsedMs: number;
  readonly outcome:
    | 'redundant'
    | 'reflexive'
    | 'rejected'
    | 'relayed'
    | 'timedOut'
    | 'unreachable'
    | 'unresolved'
    | 'unusable';
  /** What it did, as the rest of a sentence that begins with it. */
  readonly text: string;
}

/** Types of candidates of which one suffices. */
const enough: Record<RTCGoodEnough, readonly string[]> = {
  any: ['host', 'srflx', 'relay'],
  everything: [],
  public: ['srflx', 'relay'],
  relayed: ['relay'],
};

const goodEnough = enumeration('RTCGoodEnough', ['any', 'everything', 'public', 'relayed']);

const milliseconds: Convert<number> = (value, what) => {
  const number = unrestrictedDouble(value, what);
  if (Number.isNaN(number)) throw new TypeError(`${what} is not a number of milliseconds.`);
  if (number < 0) throw new RangeError(`${what}: ${number} milliseconds are less than none.`);
  return number;
};

type Terms = ReturnType<typeof gatheringWait>;

/** Converts an RTCGatheringWait. */
export function gatheringWait(value: unknown) {
  const known = ['deadline', 'goodEnough', 'grace', 'progress'];
  const member = ownDictionary(value, 'gatheringComplete', known);
  return {
    deadline: member('deadline', nullable(milliseconds), null) ?? Infinity,
    goodEnough: member('goodEnough', goodEnough, 'everything'),
    grace: member('grace', milliseconds, 0),
    progress: member('progress', callback<(servers: RTCGatheringServer[]) => void>),
  };
}

/** What the waits of a connection look at. */
export interface Gathering {
  state(): RTCIceGatheringState;
  /** The local description. */
  sdp(): string;
  servers(): RTCGatheringServer[];
}

/** Those who wait for the candidates of a connection. */
export class GatheringWaits {
  readonly #gathering: Gathering;
  readonly #waits = new Set<Wait>();

  constructor(gathering: Gathering) {
    this.#gathering = gathering;
  }

  begin(terms: Terms): Promise<RTCGatheringResult> {
    return new Promise((resolve) => {
      const wait = new Wait(terms, (outcome) => {
        this.#waits.delete(wait);
        resolve({ outcome, servers: this.#gathering.servers() });
      });
      this.#waits.add(wait);
      // After a restart the state is that of the last generation until the task that waits now.
      void inTask(() => wait.look(this.#gathering));
    });
  }

  /** There may be a candidate more, or the end of them. */
  look(): void {
    for (const wait of this.#waits) wait.look(this.#gathering);
  }

  /** Something came of a server. */
  progress(): void {
    for (const { terms } of this.#waits) {
      if (terms.progress !== undefined) invoke(terms.progress, this.#gathering.servers());
    }
  }

  close(): void {
    for (const wait of this.#waits) wait.end('closed');
  }
}

/** Node has no longer timers; this is 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

class Wait {
  readonly terms: Terms;
  readonly #done: (outcome: RTCGatheringOutcome) => void;
  readonly #timers: NodeJS.Timeout[] = [];
  #hasEnough = false;
  #ended = false;

  constructor(terms: Terms, done: (outcome: RTCGatheringOutcome) => void) {
    this.terms = terms;
    this.#done = done;
    this.#endAfter(terms.deadline, 'deadline');
  }

  look(gathering: Gathering): void {
    if (this.#ended) return;
    if (gathering.state() === 'complete') return this.end('complete');
    if (this.#hasEnough || !hasCandidate(gathering, enough[this.terms.goodEnough])) return;
    this.#hasEnough = true;
    if (this.terms.grace === 0) this.end('good-enough');
    else this.#endAfter(this.terms.grace, 'good-enough');
  }

  end(outcome: RTCGatheringOutcome): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timers.forEach((timer) => clearTimeout(timer));
    this.#done(outcome);
  }

  #endAfter(time: number, outcome: RTCGatheringOutcome): void {
    if (time > LONGEST_TIMER) return;
    this.#timers.push(setTimeout(() => this.end(outcome), time));
  }
}

/** Whether the description has a candidate of one of these types (RFC 8839 §5.1). */
function hasCandidate(gathering: Gathering, types: readonly string[]): boolean {
  if (types.length === 0) return false;
  const found = gathering.sdp().matchAll(/^a=candidate:.*? typ (\w+)/gm);
  return [...found].some(([, type]) => types.includes(type ?? ''));
}

/** The servers of a diagnosis that are asked for the newest candidates. */
export function askedServers({ transports }: RTCDiagnosis): RTCGatheringServer[] {
  type Generation = { gathering: { servers: RTCGatheringServer[] } };
  return transports.flatMap(({ generations }) => {
    const newest = (generations as Generation[]).at(-1);
    return newest?.gathering.servers ?? [];
  });
}
