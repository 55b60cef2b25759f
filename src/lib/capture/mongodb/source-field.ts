/** Which deployment an event comes from, and which of its histories. */
export interface MongoSource {
  /** The configured name of the database: `source.name`. */
  readonly name: string;
  /** 1, and one more for each reset. */
  readonly history: number;
}

/** The field that each event ends with, behind the server's own. Readers of change-stream documents pass over it. */
export function sourceField({ name, history }: MongoSource): string {
  return `"source":{"version":"1","connector":"mongodb","name":${JSON.stringify(name)},"history":${history}}`;
}
