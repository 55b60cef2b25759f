import { type EventHubConsumerClient } from '@azure/event-hubs';
import { namespaceOf } from './connections';
import { batchCall } from './event-batch';
import { execute, type Attempt, type Execution, type ExecutorSettings } from './executor';
import { type OnEvent } from './host-event';
import { type Execute } from './partition-reader';
import { type PlanOf } from './plan';
import { type RetryPolicy } from './retry';
import { type RpcHttpData } from './rpc';
import { type Call } from './worker';
import { type WorkerKeeper } from './worker-keeper';

/** Invokes an app's functions as their triggers, time limit and retry policies want it, and tells what came of it. */
export class Runner {
  readonly #worker: WorkerKeeper;
  readonly #timeoutMs: number | null;
  readonly #onEvent: OnEvent;
  readonly #ending = new AbortController();

  /** @param timeoutMs `functionTimeout`; null: without limit */
  constructor(worker: WorkerKeeper, timeoutMs: number | null, onEvent: OnEvent) {
    this.#worker = worker;
    this.#timeoutMs = timeoutMs;
    this.#onEvent = onEvent;
  }

  /** The instance ends: what fails from now on is not tried again. */
  end(): void {
    this.#ending.abort();
  }

  /** How batches of each partition are executed. */
  batches(
    { name, policy, dataType, consumerGroup }: PlanOf<'eventHub'>,
    client: EventHubConsumerClient,
  ): (of: string) => Execute {
    const of = { namespace: namespaceOf(client), hub: client.eventHubName, consumerGroup };
    return (partition) => async (events, isCheckpointing) => {
      const [first, last] = [events[0], events.at(-1)].map((event) => String(event?.sequenceNumber));
      const batch = { hub: of.hub, partition, first: first ?? '', last: last ?? '', count: events.length };
      const onAttempt = (attempt: Attempt): void =>
        this.#onEvent({ kind: 'invoked', function: name, ...batch, ...attempt });
      const call = (): Call => batchCall({ ...of, partition, isCheckpointing }, events, dataType);
      return (await this.#execute(name, policy, call, onAttempt)).isOver;
    };
  }

  /** How a timer's function is run; gives what it threw at last. */
  timer({ name, policy }: PlanOf<'timer'>): (timer: string) => Promise<string | null> {
    return async (timer) => {
      const call = (): Call => ({ data: { json: timer }, triggerMetadata: {} });
      const execution = await this.#execute(name, policy, call, () => undefined);
      return execution.isOver ? execution.error : null;
    };
  }

  /** How an HTTP function answers a request; rejects with what it throws. */
  http({ name }: PlanOf<'http'>): (request: RpcHttpData) => Promise<RpcHttpData> {
    return async (request) => {
      const { returnValue } = await this.#worker.call(name, { data: { http: request }, triggerMetadata: {} });
      const answer: RpcHttpData =
        returnValue !== undefined && returnValue !== null && 'http' in returnValue
          ? returnValue.http
          : { statusCode: '204' };
      const status = Number(answer.statusCode ?? 200);
      this.#onEvent({ kind: 'http', function: name, method: request.method ?? '', status });
      return answer;
    };
  }

  #execute(
    name: string,
    policy: RetryPolicy,
    makeCall: () => Call,
    onAttempt: (attempt: Attempt) => void,
  ): Promise<Execution> {
    const settings: ExecutorSettings = {
      policy,
      timeoutMs: this.#timeoutMs,
      onTimeout: (ms) => {
        this.#onEvent({ kind: 'timeout', function: name, ms });
        void this.#worker.replace();
      },
      onAttempt,
      // Made for each attempt: one that cannot be made is an attempt that failed.
      call: async (invocation) => await this.#worker.call(name, { ...makeCall(), ...invocation }),
    };
    return execute(settings, this.#ending.signal);
  }
}
