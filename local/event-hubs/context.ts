import { type Socket } from 'node:net';
import { type Receiver, type Sender } from 'rhea';
import { type Door } from './cbs';
import { type Faults } from './faults';
import { type Links } from './links';
import { type Namespace } from './namespace';
import { type Reader } from './readers';

/** What every link of one connection works with. */
export interface Context {
  readonly namespace: Namespace;
  readonly faults: Faults;
  readonly links: Links;
  readonly door: Door;
  /** By hub (its creation included), consumer group and partition. */
  readonly readers: Map<string, Set<OpenReader>>;
  readonly socket: Socket;
  /** UTC, milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  /** Waits, or less long when the connection ends. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Calls `gone` once, when the link is detached by either side or its session or connection ends. */
  readonly whenGone: (link: Receiver | Sender, gone: () => void) => void;
}

/** A reader that can be told to go. */
export interface OpenReader extends Reader {
  drop(error: Parameters<Sender['close']>[0]): void;
}
