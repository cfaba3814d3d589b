import { RTCSessionDescription } from './RTCSessionDescription';
import type { NativeDescription } from './native';

/** A pending and a current description. */
const SLOTS = 2;

/**
 * Gives the descriptions of one side their objects: as long as a description does not change,
 * every attribute that shows it returns the same object.
 */
export class DescriptionSlots {
  #objects: RTCSessionDescription[] = [];

  object(description: NativeDescription | null): RTCSessionDescription | null {
    if (description === null) return null;
    const { type, sdp } = description;
    const known = this.#objects.find((object) => object.sdp === sdp && object.type === type);
    if (known !== undefined) return known;
    const created = new RTCSessionDescription({ type, sdp });
    this.#objects = [created, ...this.#objects].slice(0, SLOTS);
    return created;
  }
}
