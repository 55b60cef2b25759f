/** Where a consumer begins to read. */
export type StartPosition =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | {
      readonly kind: 'offset' | 'sequenceNumber' | 'enqueuedTime';
      readonly value: number;
      readonly inclusive: boolean;
    };

const SELECTOR =
  /^\s*amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*(?:'([^']*)'|(\S+))\s*$/i;

const KINDS = { offset: 'offset', 'sequence-number': 'sequenceNumber', 'enqueued-time': 'enqueuedTime' } as const;

/**
 * Reads the text of a `apache.org:selector-filter:string`, for example `amqp.annotation.x-opt-offset > '128256'`; the value
 * may be quoted (JavaScript) or not (.NET).
 *
 * @returns null where it is none that Event Hubs knows
 */
export function parseSelector(text: string): StartPosition | null {
  const match = SELECTOR.exec(text);
  if (match === null) return null;
  const [, name = '', comparison, quoted, bare] = match;
  const kind = KINDS[name.toLowerCase() as keyof typeof KINDS];
  const value = quoted ?? bare ?? '';
  if (kind === 'offset' && value === '-1') return { kind: 'earliest' };
  if (kind === 'offset' && value.toLowerCase() === '@latest') return { kind: 'latest' };
  if (!/^-?\d{1,20}$/.test(value)) return null;
  return { kind, value: Number(value), inclusive: comparison === '>=' };
}
