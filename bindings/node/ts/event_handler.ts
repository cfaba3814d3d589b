/** Event handler IDL attributes (https://html.spec.whatwg.org/#event-handler-attributes). */

interface Handler {
  /** Null, or any object; only functions are called. */
  value: object | null;
  readonly listener: (event: Event) => void;
}

/** The handlers of every target, by event type. */
const handlers = new WeakMap<EventTarget, Map<string, Handler>>();

/** Defines `on<event>` on the prototype of `type` for each of `events`. */
export function defineEventHandlers(
  type: abstract new (...args: never[]) => EventTarget,
  events: readonly string[],
): void {
  for (const event of events) {
    const brand = (target: unknown): EventTarget => {
      if (target instanceof type) return target;
      throw new TypeError(`on${event}: the receiver is not a ${type.name}.`);
    };
    const accessor = {
      get [`on${event}`](): object | null {
        return handlers.get(brand(this))?.get(event)?.value ?? null;
      },
      set [`on${event}`](value: unknown) {
        // [LegacyTreatNonObjectAsNull]
        const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
        assign(brand(this), event, isObject ? (value as object) : null);
      },
    };
    Object.defineProperties(type.prototype, Object.getOwnPropertyDescriptors(accessor));
  }
}

function assign(target: EventTarget, event: string, value: object | null): void {
  let ofTarget = handlers.get(target);
  if (ofTarget === undefined) handlers.set(target, (ofTarget = new Map()));
  const present = ofTarget.get(event);
  if (value === null) {
    // Deactivated: a handler set later takes its place after the listeners of then.
    if (present !== undefined) target.removeEventListener(event, present.listener);
    ofTarget.delete(event);
  } else if (present !== undefined) {
    // Replaced: the new value keeps the old one's place among the listeners.
    present.value = value;
  } else {
    const handler: Handler = { value, listener: (dispatched) => call(handler, dispatched) };
    ofTarget.set(event, handler);
    target.addEventListener(event, handler.listener);
  }
}

/** The event handler processing algorithm. */
function call(handler: Handler, event: Event): void {
  if (typeof handler.value !== 'function') return;
  if (handler.value.call(event.currentTarget, event) === false) event.preventDefault();
}
