import type { NativeException } from './native';
import { RTCError } from './RTCError';

/** The exception that a failure of the native half is to the page. */
export function exception({ name, message, errorDetail, sdpLineNumber }: NativeException): Error {
  if (errorDetail !== undefined) {
    return new RTCError(
      sdpLineNumber === undefined ? { errorDetail } : { errorDetail, sdpLineNumber },
      message,
    );
  }
  if (name === 'TypeError') return new TypeError(message);
  if (name === 'RangeError') return new RangeError(message);
  return new DOMException(message, name);
}

export function invalidState(message: string): DOMException {
  return new DOMException(message, 'InvalidStateError');
}

/** Calls into the native half; what it throws becomes an exception of the page. */
export function native<T>(call: () => T): T {
  try {
    return call();
  } catch (failure) {
    throw exception(failure as NativeException);
  }
}
