import * as v from 'valibot';
import { type Minutes } from './observed';

/** Changes when an older reader would misread a file. */
const FORMAT = 1;

const Count = v.pipe(v.number(), v.minValue(0));
const Counts = v.record(v.string(), Count);

const File = v.object({
  format: v.literal(FORMAT),
  instance: v.string(),
  minutes: v.array(
    v.object({
      minute: Count,
      source: v.picklist(['postgresql', 'mongodb']),
      ...{ batches: Count, received: Count, written: Count, duplicates: Count, quarantined: Count },
      ...{ gap: Count, files: Count, bytes: Count, delay: Counts, write: Counts, failures: Counts },
    }),
  ),
});

/** What an instance saw, as its file holds it. */
export function formatObserved(instance: string, minutes: Minutes): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT, instance, minutes }));
}

/** The inverse; nothing where it cannot be read: it is only statistics, and its writer will write again. */
export function parseObserved(bytes: Buffer): Minutes {
  try {
    return v.parse(File, JSON.parse(bytes.toString('utf8'))).minutes;
  } catch {
    return [];
  }
}
