import { CommandError } from './errors';
import { compileFilter } from './filter';
import { group } from './group';
import { compileProjection } from './projection';
import { EMPTY, type RawField } from './raw';
import { sorted } from './sorting';
import { asDocument, asNumber, asText, int, make } from './values';

/** What a pipeline makes of documents. */
export const runStages = (documents: Iterable<Buffer>, stages: readonly RawField[]): readonly Buffer[] =>
  stages.reduce<readonly Buffer[]>(applyStage, [...documents]);

function applyStage(documents: readonly Buffer[], stage: RawField): readonly Buffer[] {
  const specification = asDocument(stage) ?? EMPTY;
  switch (stage.name) {
    case '$match':
      return documents.filter(compileFilter(specification));
    case '$sort':
      return sorted(documents, specification);
    case '$skip':
      return documents.slice(asNumber(stage) ?? 0);
    case '$limit':
      return documents.slice(0, asNumber(stage) ?? 0);
    case '$project':
      return documents.map(compileProjection(specification));
    case '$group':
      return group(documents, specification);
    case '$count':
      // None of nothing is no document.
      return documents.length === 0 ? [] : [make({ [asText(stage) ?? 'count']: int(documents.length) })];
    case '$changeStream':
      throw new CommandError(40602, '$changeStream is only valid as the first stage in a pipeline');
    case '$changeStreamSplitLargeEvent':
      throw new CommandError(20, '$changeStreamSplitLargeEvent can only be used in a $changeStream pipeline');
    default:
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${stage.name}'`);
  }
}
