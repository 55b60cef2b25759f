import { type ChangeStream, type ChangeStreamOptions, type CommandStartedEvent, type Document } from 'mongodb';
import { opened, openStandIn, quick, type StandIn } from './support';

/**
 * The facts of the drivers' unified tests of change streams, restated: each by the name it has there, and with the same expectation.
 * https://github.com/mongodb/specifications/tree/master/source/change-streams/tests/unified
 */
export interface Stage {
  readonly standIn: StandIn;
  /** What was sent since the client was opened, less what keeps it connected. */
  readonly sent: readonly CommandStartedEvent[];
  readonly watch: (pipeline?: Document[], options?: ChangeStreamOptions) => Promise<ChangeStream>;
}

export type Fact = readonly [name: string, run: (stage: Stage) => Promise<void>];

export async function onStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  await using standIn = await openStandIn({}, { monitorCommands: true });
  await standIn.db.createCollection('orders');
  const sent: CommandStartedEvent[] = [];
  standIn.client.on('commandStarted', (event) => sent.push(event));
  const streams: ChangeStream[] = [];
  const watch = async (pipeline: Document[] = [], options: ChangeStreamOptions = {}) => {
    const stream = standIn.db.collection('orders').watch(pipeline, { ...quick, ...options });
    streams.push(stream);
    return opened(stream);
  };
  try {
    await run({ standIn, sent, watch });
  } finally {
    for (const stream of streams) await stream.close();
  }
}

export const orders = ({ standIn }: Stage) => standIn.db.collection('orders');
export const place = ({ standIn }: Stage, coll = 'orders') => ({ db: standIn.db.databaseName, coll });
export const aggregates = ({ sent }: Stage) =>
  sent.filter(({ commandName }) => commandName === 'aggregate').map(({ command }) => command);
export const getMores = ({ sent }: Stage) =>
  sent.filter(({ commandName }) => commandName === 'getMore').map(({ command }) => command);
export const stageOf = (command: Document | undefined) =>
  ((command?.['pipeline'] as Document[])[0] ?? {})['$changeStream'] as Document;

export const expanded = { showExpandedEvents: true };
