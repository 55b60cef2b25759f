import { type LedgerMover, type Moved } from '../maintenance/archive/port';
import { type LakeClients } from './clients';
import { callsOf } from './requests';
import { storageCode } from './storage-errors';

/** The rename of one version of a file, over the Azure SDK. */
export function azureLedgerMover({ files, blobs }: LakeClients, requestMs: number, signal: AbortSignal): LedgerMover {
  const call = callsOf({ files, blobs }, requestMs, signal);
  return {
    move: (from, etag, to) =>
      call<Moved, Moved>(
        `rename ${from} to`,
        to,
        async (abortSignal) => {
          const conditions = { ifMatch: etag };
          const destinationConditions = { ifNoneMatch: '*' };
          await files.getFileClient(from).move(to, { abortSignal, conditions, destinationConditions });
          return 'moved';
        },
        (error) => {
          switch (storageCode(error)) {
            case 'SourcePathNotFound':
              return 'gone';
            case 'SourceConditionNotMet':
              return 'changed';
            case 'RenameDestinationParentPathNotFound':
              return 'parent_missing';
            case 'PathAlreadyExists':
            case 'ConditionNotMet':
              return 'taken';
            default:
              return undefined;
          }
        },
      ),
  };
}
