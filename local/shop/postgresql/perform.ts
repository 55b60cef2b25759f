import { type ClientBase } from 'pg';
import { copyRows } from './copy';
import { type Step } from './plan';
import { deleteOf, insertOf, quoted, updateOf, type Statement } from './statements';

const SWEEP = 'update orders set state = $1 where mod(id, 41) = $2';
const EMIT = `select pg_logical_emit_message($1::boolean, 'shop', $2::text)`;

/**
 * Does one step of a transaction.
 *
 * @returns how many changes of rows it made
 */
export async function perform(client: ClientBase, step: Step): Promise<number> {
  const run = async ({ text, values }: Statement): Promise<number> => (await client.query(text, values)).rowCount ?? 0;
  const command = async (text: string): Promise<number> => {
    await client.query(text);
    return 0;
  };
  switch (step.kind) {
    case 'write': {
      const updated = await run(updateOf(step.table, step.key, step.changed));
      return updated > 0 ? updated : await run(insertOf(step.table, [step.whole]));
    }
    case 'insert':
      return await run(insertOf(step.table, step.rows));
    case 'copy': {
      const deleted = step.keys.length === 0 ? 0 : await run(deleteOf(step.table, step.keys));
      return deleted + (await copyRows(client, step.table, step.rows));
    }
    case 'move': {
      const deleted = await run(deleteOf(step.table, [step.to]));
      return deleted + step.each * (await run(updateOf(step.table, step.from, step.to)));
    }
    case 'delete':
      return await run(deleteOf(step.table, [step.key]));
    case 'sweep':
      return await run({ text: SWEEP, values: [step.state, String(step.remainder)] });
    case 'truncate':
      return await command(`truncate ${step.tables.join(', ')}`);
    case 'add column':
      // It is there already where an earlier attempt's answer was lost.
      return await command(
        `alter table ${step.table} add column if not exists ${quoted(step.column.name)} ${step.column.type}`,
      );
    case 'message':
      await client.query(EMIT, [step.transactional, step.content]);
      return 0;
    case 'undone':
      await command('savepoint undone');
      for (const each of step.steps) await perform(client, each);
      return await command('rollback to savepoint undone');
    default:
      return step satisfies never;
  }
}
