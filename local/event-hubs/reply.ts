/** The answer to a request on `$cbs` or `$management`. */
export interface Reply {
  /** As in HTTP. */
  readonly status: number;
  readonly description: string;
  /** AMQP's error condition, for a status that is not a success. */
  readonly condition?: string;
  /** An AMQP value, typed as the service types it. */
  readonly body?: unknown;
}

/** The part of a request that decides its answer. */
export interface Request {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

export const badRequest = (description: string): Reply => ({
  status: 400,
  description,
  condition: 'amqp:not-allowed',
});
