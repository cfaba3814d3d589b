// A small generator, so that what one action draws depends on nothing but the action's own number.

/** Mulberry32. */
export class Dice {
  #state;

  constructor(number) {
    this.#state = number >>> 0;
  }

  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  }

  /** A number below `limit`. */
  below(limit) {
    return limit === 0 ? 0 : this.next() % limit;
  }

  percent(chance) {
    return this.below(100) < chance;
  }

  pick(from) {
    return from[this.below(from.length)];
  }
}
