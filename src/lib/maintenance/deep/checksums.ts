import { type Source } from '../../decode/event';
import { planFolder } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { parsePlan } from '../optimise/plan-json';
import { type ListedFile } from '../port';

/** What files of a day are to hash to, as far as an optimise plan tells; a plan that cannot be read tells nothing. */
export interface Checksums {
  of(file: Pick<ListedFile, 'path' | 'etag'>): string | null;
}

/** Reads the plans of a day. To be read before the files are listed: what a plan put in its place stays what it is. */
export async function plannedChecksums(lake: Lake, source: Source, day: string): Promise<Checksums> {
  const outputs = new Map<string, string>();
  const inputs = new Map<string, string>();
  for await (const { path } of lake.list(planFolder(source, day))) {
    const found = await lake.read(path);
    const plan = found === null ? null : parsePlan(found.bytes, path);
    if (plan === null || typeof plan === 'string') continue;
    for (const output of plan.outputs) outputs.set(output.path, output.sha256);
    for (const input of plan.inputs) inputs.set(`${input.path} ${input.etag}`, input.sha256);
  }
  return { of: ({ path, etag }) => outputs.get(path) ?? inputs.get(`${path} ${etag}`) ?? null };
}
