import { fragmentOf } from './change';

/** Puts the fragments of a large event together. */
export class Fragments {
  #gathered: Buffer[] = [];

  /** Whether a part of an event has come: to go on behind it would lose that part. */
  get isWithin(): boolean {
    return this.#gathered.length > 0;
  }

  /**
   * Takes the stream's next document: gives an event's documents, one or several; null while some are still to come.
   *
   * @throws Error for a fragment that is not the next one
   */
  take(document: Buffer): readonly Buffer[] | null {
    const place = fragmentOf(document);
    const expected = this.#gathered.length + 1;
    if ((place?.fragment ?? 1) !== expected) {
      throw new Error(`the change stream gave fragment ${place?.fragment ?? 'none'}, expected fragment ${expected}`);
    }
    this.#gathered.push(document);
    if (place !== null && place.fragment < place.of) return null;
    const whole = this.#gathered;
    this.#gathered = [];
    return whole;
  }
}
