import { readConfig } from '../../lib/config/read';
import { credentialFor } from '../../lib/credential';
import { type Source } from '../../lib/decode/event';
import { azureCheckpoints } from '../../lib/lake/azure-checkpoints';
import { openHostCheckpoints } from '../../lib/lake/host-storage';
import {
  resetCheckpoints,
  type Owner,
  type ResetRecord,
  type ResetResult,
} from '../../lib/maintenance/checkpoints/reset';
import { ownScope } from '../../lib/maintenance/checkpoints/scope';
import { conclude } from '../exit';
import { partitionFault } from './hubs';
import { type Common } from './room';

export interface ResetCheckpointOptions extends Common {
  readonly dryRun: boolean;
  readonly force: boolean;
}

/** @param partition its number, or `all` */
export async function resetCheckpoint(
  source: Source,
  partition: string,
  { json, dryRun, force }: ResetCheckpointOptions,
): Promise<void> {
  const config = readConfig(process.env);
  const container = await openHostCheckpoints(process.env, credentialFor);
  const blobs = azureCheckpoints(container, { requestMs: config.requestMs, signal: new AbortController().signal });
  const of = { namespace: ownScope(config).namespace, hub: config.hubs[source], group: config.consumerGroup };
  const result = await resetCheckpoints(blobs, { of, partition, dryRun, force });
  if (partition !== 'all' && result.records.length === 0) {
    const fault = await partitionFault(config, source, partition);
    if (fault !== null) throw fault;
  }
  const isIncomplete = result.claimed.length > 0 || result.records.some(({ did }) => did === 'changed');
  if (json) console.log(JSON.stringify(reportOf(result)));
  else tell(result, config.hubs[source]);
  conclude({ isUndone: result.refused, isMissing: isIncomplete });
}

function reportOf({ records, ...result }: ResetResult): Record<string, unknown> {
  const told = records.map(({ writtenAt, ...record }) => ({ ...record, writtenAt: new Date(writtenAt).toISOString() }));
  return { ok: !result.refused, ...result, records: told };
}

function tell({ dryRun, owners, refused, records, claimed, partitions }: ResetResult, hub: string): void {
  if (refused) {
    for (const owner of owners) console.error(ownerText(hub, owner));
    console.error(
      dryRun
        ? 'It would be refused: a running app writes the checkpoint again at its next batch. Stop it first (az functionapp stop), wait two minutes; or --force.'
        : 'Nothing was done: a running app writes the checkpoint again at its next batch. Stop it first (az functionapp stop), wait two minutes; or --force.',
    );
    return;
  }
  for (const record of records) for (const line of recordLines(record)) console.log(line);
  for (const owner of claimed)
    console.error(
      `${ownerText(hub, owner)}: it began meanwhile, perhaps from the old place; stop the app and do this again`,
    );
  const removed = records.filter(({ did }) => did !== 'changed').length;
  if (records.length === 0) {
    console.log(
      `No checkpoint is there of ${hub}, ${partitions.length === 1 ? `partition ${String(partitions[0])}` : 'any partition'}: nothing to do.`,
    );
  } else if (removed > 0 && !dryRun) {
    console.log('Start the app: it reads from the beginning of what the hub still holds, and drops what the lake has.');
  }
}

const ownerText = (hub: string, { partition, id, ageMs }: Owner): string =>
  `${hub}, partition ${partition}: ${id} holds it, and renewed its claim ${Math.round(ageMs / 1000)} s ago`;

/** What may stand in a command as it is: the records are anybody's who can write to the account. */
const HARMLESS = /^[\w:.-]+$/;

/** What it was, and how to put it back. */
function recordLines({ did, name, sequence, offset, writtenAt }: ResetRecord): string[] {
  const was = `sequence number ${sequence ?? 'not told'}, offset ${offset ?? 'not told'}, written ${new Date(writtenAt).toISOString()}`;
  if (did === 'changed') return [`left: ${name} was written meanwhile; it was: ${was}`];
  const lines = [`${did}: ${name} (${was})`];
  if (did === 'removed' && sequence !== null && offset !== null && HARMLESS.test(sequence + offset)) {
    lines.push(
      `  to put it back: az storage blob upload --container-name azure-webjobs-eventhub --name '${name}' --data '' ` +
        `--metadata offset=${offset} sequencenumber=${sequence}`,
    );
  }
  return lines;
}
