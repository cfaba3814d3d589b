import { boolean, dictionary, domString, optional, requireArguments } from './webidl';
import type { EventInit } from './dictionaries';
import type { Members } from './webidl';

/** Arguments of an event constructor, converted as far as every event shares them. */
export interface EventArguments {
  readonly type: string;
  readonly init: Required<EventInit>;
  /** The dictionary, for the members of the derived one. */
  readonly members: Members;
}

/** Converts `(type, eventInitDict)`; `required` is the number of required arguments. */
export function eventArguments(args: readonly unknown[], required: number, name: string): EventArguments {
  requireArguments(args.length, required, `${name} constructor`);
  const type = domString(args[0], 'type');
  const members = dictionary(args[1], 'eventInitDict');
  const init = {
    bubbles: optional(members, 'bubbles', boolean, false),
    cancelable: optional(members, 'cancelable', boolean, false),
    composed: optional(members, 'composed', boolean, false),
  };
  return { type, init, members };
}
