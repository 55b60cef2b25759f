import { BEGINNING, type TableDefinition } from '../../../src/lib/capture/postgresql/definition';
import { type EnvelopeEncoder } from '../../../src/lib/capture/postgresql/envelope';
import { type CaptureStep } from '../../../src/lib/capture/postgresql/envelope-steps';
import { type RelationMessage } from '../../../src/lib/capture/postgresql/pgoutput-messages';
import { type TypeRow } from '../../../src/lib/capture/postgresql/types';

interface Known {
  readonly key?: readonly string[];
  readonly types?: readonly TypeRow[];
  readonly partitionKeys?: readonly (readonly string[])[];
}

/** A table as a relation message states it, with what the test knows beside it. */
export function definitionOf(
  relation: RelationMessage,
  { key = [], types = [], partitionKeys }: Known = {},
): TableDefinition {
  const { oid: relationOid, schema, table, replicaIdentity, columns } = relation;
  const learned = { lsn: 0n, atMs: 0, replicaIdentity };
  return {
    ...{ relationOid, schema, table, from: BEGINNING },
    stream: { ...learned, columns, types: [], partitionKeys: partitionKeys ?? null },
    catalog: { ...learned, key, columns: [], types },
  };
}

/** Takes a message; a table that it states is defined by that and what is known beside it. */
export function takeDefined(
  encoder: EnvelopeEncoder,
  payload: Buffer,
  lsn: bigint,
  nowMs: number,
  known: Known = {},
): CaptureStep {
  const step = encoder.take(payload, lsn, nowMs);
  if (step.kind === 'relation') encoder.define(definitionOf(step.relation, known));
  return step;
}
