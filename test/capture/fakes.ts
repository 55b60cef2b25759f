import { type CapturedEvent, type ChangeSink, type Progress } from '../../src/lib/capture/port';
import { PipelineError } from '../../src/lib/errors';

/** A hub that accepts what is flushed; tests make it refuse, or hold what it was given. */
export class FakeHub<Json> implements ChangeSink {
  readonly seen: (CapturedEvent & { readonly json: Json })[] = [];
  readonly accepted = { events: 0, batches: 0, bytes: 0 };
  /** Everything that was put, accepted or not. */
  puts = 0;
  refusal: Error | null = null;
  /** While set, nothing that was put is accepted. */
  held: Promise<void> | null = null;
  /** Called with each event that is put: a promise makes whoever puts wait. */
  onPut: ((event: CapturedEvent) => Promise<void> | undefined) | null = null;
  #waiting: (CapturedEvent & { readonly json: Json })[] = [];
  #heard: (() => void)[] = [];

  put(event: CapturedEvent): Promise<void> | undefined {
    if (this.refusal !== null) throw this.refusal;
    this.puts += 1;
    const json = JSON.parse(event.body.toString()) as Json;
    this.#waiting.push({ ...event, body: Buffer.from(event.body), json });
    return this.onPut?.(event);
  }

  async flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (this.held !== null) await this.held;
    if (this.refusal !== null) throw this.refusal;
    this.seen.push(...batch);
    for (const heard of this.#heard.splice(0)) heard();
  }

  /** What was put and not accepted is gone, as when the process has died. */
  forget(): void {
    this.#waiting = [];
  }

  /** Resolves once what was accepted is as `isSo` says. */
  async until(isSo: (seen: readonly (CapturedEvent & { readonly json: Json })[]) => boolean): Promise<void> {
    while (!isSo(this.seen)) await new Promise<void>((resolve) => this.#heard.push(resolve));
  }

  /** Each event once. */
  get once(): (CapturedEvent & { readonly json: Json })[] {
    return [...new Map(this.seen.map((event) => [event.eventId, event])).values()];
  }
}

/** What is kept in the lake, here in memory; shared by runs after each other. */
export class FakeProgress<State> {
  kept: State | null = null;
  history = 1;
  /** Thrown instead of keeping anything. */
  failure: Error | null = null;
  #version = 0;
  #heard: (() => void)[] = [];
  readonly #json: (state: State) => unknown;
  readonly #parse: (value: unknown) => State | null;

  /** @param json and `parse`: the state goes by way of the file that it is in the lake */
  constructor(json: (state: State) => unknown, parse: (value: unknown) => State | null) {
    this.#json = json;
    this.#parse = parse;
  }

  open(): Progress<State> {
    let version = this.#version;
    const at = (): State | null => this.kept;
    const history = (): number => this.history;
    return {
      get history() {
        return history();
      },
      get state() {
        return at();
      },
      keep: (state) => {
        if (this.failure !== null) return Promise.reject(this.failure);
        if (version !== this.#version) return Promise.reject(new PipelineError('CAPTURE_OVERTAKEN', 'in a test'));
        version = this.#version += 1;
        this.kept = this.#parse(JSON.parse(JSON.stringify(this.#json(state))));
        for (const heard of this.#heard.splice(0)) heard();
        return Promise.resolve();
      },
    };
  }

  /** As `reset` does. */
  forget(): void {
    this.kept = null;
    this.history += 1;
  }

  /** Resolves once what is kept is as `isSo` says. */
  async until(isSo: (state: State) => boolean): Promise<void> {
    while (this.kept === null || !isSo(this.kept)) await new Promise<void>((resolve) => this.#heard.push(resolve));
  }
}

/** A run of capture, and its two ends. */
export interface Run<Ended> {
  readonly ended: Promise<Ended>;
  stop(): Promise<Ended>;
  abort(): Promise<Ended>;
}
