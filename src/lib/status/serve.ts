import { type Clock } from '../clock';
import { type Status } from './status';

/** An answer to the page's request, as `@azure/functions` takes it. */
export interface StatusAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Pages that are open ask every few seconds; the lake is not read for each of them. */
const FRESH_MS = 3_000;

/** Serves the page and its JSON; what is gathered is shared by all who ask within a few seconds. */
export class StatusServer {
  readonly #gather: () => Promise<Status>;
  readonly #readPage: () => Promise<string>;
  readonly #clock: Clock;
  #page: Promise<string> | null = null;
  #latest: { readonly startedAt: number; readonly status: Promise<Status> } | null = null;

  constructor(gather: () => Promise<Status>, readPage: () => Promise<string>, clock: Clock) {
    this.#gather = gather;
    this.#readPage = readPage;
    this.#clock = clock;
  }

  /**
   * @param accept the request's `Accept`
   * @param format its `format` in the query: `json` wins
   */
  async answer(accept: string | null, format: string | null): Promise<StatusAnswer> {
    const wantsPage = format !== 'json' && (accept ?? '').includes('text/html');
    if (!wantsPage)
      return { status: 200, headers: headers('application/json'), body: JSON.stringify(await this.#status()) };
    this.#page ??= this.#readPage();
    return { status: 200, headers: headers('text/html'), body: await this.#page };
  }

  async #status(): Promise<Status> {
    const now = this.#clock.now();
    if (this.#latest === null || now - this.#latest.startedAt >= FRESH_MS) {
      const status = this.#gather();
      this.#latest = { startedAt: now, status };
      status.catch(() => (this.#latest = null));
    }
    return await this.#latest.status;
  }
}

/** The page names hubs and figures: nobody keeps it, nobody frames it. */
function headers(type: string): Record<string, string> {
  return {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
  };
}
