import { defineInterface } from './interface';
import {
  dictionary,
  domString,
  enumeration,
  long,
  optional,
  required,
  requireArguments,
  unsignedLong,
} from './webidl';
import type { RTCErrorDetailType, RTCErrorInit } from './dictionaries';

const errorDetail = enumeration('RTCErrorDetailType', [
  'data-channel-failure',
  'dtls-failure',
  'fingerprint-failure',
  'sctp-failure',
  'sdp-syntax-error',
  'hardware-encoder-not-available',
  'hardware-encoder-error',
]);

/** An OperationError with details of what failed (webrtc-pc §11.2). */
export class RTCError extends DOMException {
  readonly #errorDetail: RTCErrorDetailType;
  readonly #sdpLineNumber: number | null;
  readonly #sctpCauseCode: number | null;
  readonly #receivedAlert: number | null;
  readonly #sentAlert: number | null;

  constructor(init: RTCErrorInit, message = '') {
    requireArguments(arguments.length, 1, 'RTCError constructor');
    const members = dictionary(init, 'init');
    const detail = required(members, 'errorDetail', errorDetail);
    const receivedAlert = optional(members, 'receivedAlert', unsignedLong);
    const sctpCauseCode = optional(members, 'sctpCauseCode', long);
    const sdpLineNumber = optional(members, 'sdpLineNumber', long);
    const sentAlert = optional(members, 'sentAlert', unsignedLong);
    super(domString(message, 'message'), 'OperationError');
    this.#errorDetail = detail;
    this.#receivedAlert = receivedAlert ?? null;
    this.#sctpCauseCode = sctpCauseCode ?? null;
    this.#sdpLineNumber = sdpLineNumber ?? null;
    this.#sentAlert = sentAlert ?? null;
  }

  get errorDetail(): RTCErrorDetailType {
    return this.#errorDetail;
  }

  /** The line of the description that is wrong, counted from 1. */
  get sdpLineNumber(): number | null {
    return this.#sdpLineNumber;
  }

  get sctpCauseCode(): number | null {
    return this.#sctpCauseCode;
  }

  get receivedAlert(): number | null {
    return this.#receivedAlert;
  }

  get sentAlert(): number | null {
    return this.#sentAlert;
  }
}

defineInterface(RTCError);
