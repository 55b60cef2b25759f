import { CommandError, notBuilt } from './errors';
import { compileFilter } from './filter';
import { compileProjection } from './projection';
import { fields, type RawField } from './raw';
import { asDocument } from './values';

/** A stage of a pipeline: its name, and what it is told. */
export function stageOf(stage: Buffer): RawField {
  const parts = fields(stage);
  const [first] = parts;
  if (first === undefined || parts.length > 1)
    throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
  return first;
}

/** What becomes of one event: null where a stage leaves it out. */
export type EventStage = (event: Buffer) => Buffer | null;

export interface StreamPipeline {
  readonly stages: readonly EventStage[];
  /** Events that are too large are cut up. */
  readonly splits: boolean;
}

/**
 * The stages behind `$changeStream`.
 *
 * @throws CommandError for those that may not stand there, or are not built
 */
export function compileStreamStages(pipeline: readonly Buffer[]): StreamPipeline {
  const named = pipeline.map(stageOf);
  const split = named.findIndex(({ name }) => name === '$changeStreamSplitLargeEvent');
  if (split >= 0 && split !== named.length - 1)
    throw new CommandError(7182802, '$changeStreamSplitLargeEvent must be the last stage in the pipeline');
  const stages = named.slice(0, split < 0 ? named.length : split).map(compileStage);
  return { stages, splits: split >= 0 };
}

function compileStage(stage: RawField): EventStage {
  const specification = asDocument(stage);
  switch (stage.name) {
    case '$match': {
      if (specification === undefined)
        throw new CommandError(15959, 'the match filter must be an expression in an object');
      const filter = compileFilter(specification);
      return (event) => (filter(event) ? event : null);
    }
    case '$project':
      if (specification === undefined) throw new CommandError(15969, '$project specification must be an object');
      return compileProjection(specification);
    case '$addFields':
    case '$set':
    case '$unset':
    case '$replaceRoot':
    case '$replaceWith':
    case '$redact':
      throw notBuilt(`${stage.name} behind $changeStream`);
    default:
      if (!STAGES.has(stage.name)) throw new CommandError(40324, `Unrecognized pipeline stage name: '${stage.name}'`);
      throw new CommandError(20, `${stage.name} is not permitted in a $changeStream pipeline`);
  }
}

/** Stages that there are, though not here. https://www.mongodb.com/docs/manual/reference/operator/aggregation-pipeline/ */
const STAGES = new Set(
  [
    ...[
      'bucket',
      'bucketAuto',
      'changeStream',
      'collStats',
      'count',
      'currentOp',
      'densify',
      'documents',
      'facet',
      'fill',
    ],
    ...[
      'geoNear',
      'graphLookup',
      'group',
      'indexStats',
      'limit',
      'listLocalSessions',
      'listSessions',
      'lookup',
      'merge',
    ],
    ...[
      'out',
      'planCacheStats',
      'sample',
      'search',
      'setWindowFields',
      'skip',
      'sort',
      'sortByCount',
      'unionWith',
      'unwind',
    ],
  ].map((name) => `$${name}`),
);
