import type { NativeException } from './native';
import { RTCError } from './RTCError';

/** The exception that a failure of the native half is to the page. */
function exception(failure: NativeException): Error {
  const { name, message, errorDetail, sdpLineNumber } = failure;
  if (errorDetail !== undefined) {
    const line = sdpLineNumber === undefined ? {} : { sdpLineNumber };
    return new RTCError({ errorDetail, ...line }, message);
  }
  if (name === 'TypeError') return new TypeError(message);
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
