import { type Source } from '../../decode/event';
import { type DataFile } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { readLedgers } from '../completeness/ledgers';
import { type Owner } from './line-head';

/** The partitions that have a ledger: only they may own lines. */
export class Owners {
  readonly #lake: Lake;
  #known: readonly Owner[] = [];

  private constructor(lake: Lake) {
    this.#lake = lake;
  }

  /** @throws PipelineError LEDGER_DAMAGED, LEDGER_NEWER */
  static async read(lake: Lake): Promise<Owners> {
    const owners = new Owners(lake);
    await owners.readAgain();
    return owners;
  }

  /** For what was born meanwhile: whether there are more than before. */
  async readAgain(): Promise<boolean> {
    const before = this.#known.length;
    this.#known = await readLedgers(this.#lake);
    return this.#known.length > before;
  }

  /** Those whose file a name may mean. */
  of(source: Source, { partition, incarnation }: DataFile): Owner[] {
    return this.#known.filter(
      (one) => one.source === source && one.partition === partition && one.incarnation === incarnation,
    );
  }
}
