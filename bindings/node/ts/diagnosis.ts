/**
 * What is known of why a connection does not form, or of what it is connected by. It names addresses
 * of this machine, also those that the peer is not told: it is for who runs the program. It holds no
 * passwords.
 */
export interface RTCDiagnosis {
  /** The most likely cause and what to do, in one sentence. */
  readonly sentence: string;
  /** A short name of the cause that stays, such as `unanswered`, `server` or `connected`. */
  readonly cause: string;
  /** Whether something is wrong, rather than connected or on its way. */
  readonly trouble: boolean;
  /** Per transport and generation: servers, candidates, pairs, DTLS. */
  readonly transports: readonly Record<string, unknown>[];
  /** What else it rests on. */
  readonly [member: string]: unknown;
}
