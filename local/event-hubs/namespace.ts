import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Hub, type HubPlace } from './hub';
import { checkedHub, type HubConfig } from './limits';
import { RecentEvents } from './recent';
import { readSettings, writeSettings, type KeptHub } from './settings-file';

export interface NamespaceOptions {
  /** Null: in memory alone. */
  readonly folder: string | null;
  /** UTC, milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  /** Events that are on disk are held in memory too, the newest, up to so many bytes. */
  readonly recentBytes?: number;
  readonly segmentBytes?: number;
}

const MIB = 1_048_576;

/** Where hubs are; each in a folder named after it and its creation, so that one made anew never meets the old one's files. */
const HUBS = 'hubs';
const folderName = ({ name, createdAt }: KeptHub): string => `${name.toLowerCase()}@${createdAt}`;

/** The hubs of one namespace. Names are compared without regard to case. */
export class Namespace {
  readonly #options: NamespaceOptions;
  readonly #recent: RecentEvents;
  readonly #hubs = new Map<string, Hub>();
  #lastCreatedAt = -Infinity;

  /**
   * Opens what the folder holds.
   *
   * @throws Error that names what is damaged
   */
  constructor(options: NamespaceOptions) {
    this.#options = options;
    this.#recent = new RecentEvents(options.recentBytes ?? 64 * MIB);
    const { folder } = options;
    if (folder === null) return;
    const kept = readSettings(folder) ?? { lastCreatedAt: 0, hubs: [] };
    mkdirSync(join(folder, HUBS), { recursive: true });
    // The process may have ended while a hub was made or deleted.
    const named = new Set(kept.hubs.map(folderName));
    for (const name of readdirSync(join(folder, HUBS)))
      if (!named.has(name)) rmSync(join(folder, HUBS, name), { recursive: true });
    try {
      for (const hub of kept.hubs) this.#open(hub);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#lastCreatedAt = kept.lastCreatedAt;
  }

  /** In the order of their creation. */
  get hubs(): readonly Hub[] {
    return [...this.#hubs.values()];
  }

  hub(name: string): Hub | undefined {
    return this.#hubs.get(name.toLowerCase());
  }

  /**
   * Makes a hub. One that was deleted before begins at sequence number 0 again, with a later creation time.
   *
   * @throws Error when there is one of that name, or a setting is outside the emulator's limits
   */
  create(config: HubConfig): Hub {
    const checked = checkedHub(config, this.#hubs.size);
    if (this.hub(checked.name) !== undefined) throw new Error(`There is a hub ${checked.name} already.`);
    const createdAt = Math.max(this.#options.now(), this.#lastCreatedAt + 1);
    const hub = this.#open({ ...checked, createdAt });
    this.#lastCreatedAt = createdAt;
    this.#keep();
    return hub;
  }

  /** @throws Error when there is none of that name */
  delete(name: string): Hub {
    const hub = this.hub(name);
    if (hub === undefined) throw new Error(`There is no hub ${name}.`);
    this.#hubs.delete(name.toLowerCase());
    this.#keep();
    hub.remove();
    return hub;
  }

  /** Lets go of what is older than the retentions. */
  expire(): void {
    for (const { partitions } of this.#hubs.values()) for (const partition of partitions) partition.expire();
  }

  close(): void {
    for (const hub of this.#hubs.values()) hub.close();
    this.#hubs.clear();
  }

  #open(config: KeptHub): Hub {
    const { folder, now, log, segmentBytes } = this.#options;
    const place: HubPlace['place'] =
      folder === null ? null : { folder: join(folder, HUBS, folderName(config)), recent: this.#recent, log };
    // In memory a segment is what retention frees at once: small ones free it sooner.
    const hub = new Hub(config, { place, now, segmentBytes: segmentBytes ?? (place === null ? MIB : 64 * MIB) });
    this.#hubs.set(config.name.toLowerCase(), hub);
    return hub;
  }

  #keep(): void {
    const { folder } = this.#options;
    if (folder === null) return;
    const hubs = this.hubs.map(({ config }) => config);
    writeSettings(folder, { lastCreatedAt: this.#lastCreatedAt, hubs });
  }
}
