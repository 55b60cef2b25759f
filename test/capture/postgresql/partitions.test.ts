import { type Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../../../local/postgres/postgres';
import { connect, Source, VERSIONS } from './source';

const LONG = 'B'.repeat(6_000);

describe.each(VERSIONS)('PostgreSQL %s, changes of partitions under their root', (version) => {
  let postgres: LocalPostgres;
  let client: Client;

  beforeAll(async () => {
    postgres = await startPostgres({ version, settings: { max_replication_slots: 40 } });
    client = await connect(postgres.connectionString);
  }, 60_000);

  afterAll(async () => {
    await client.end();
    await postgres.stop();
  });

  /** What came: operation, `before`, `after` and what is unchanged. */
  async function told(source: Source): Promise<string[]> {
    return (await source.events()).map(({ json, before, after }) => {
      const unchanged = (json['unchanged'] as string[] | undefined) ?? [];
      return `${String(json['op'])} ${before} ${after} ${unchanged.join()}`.replaceAll(LONG, 'LONG').trim();
    });
  }

  const root = async (name: string, rest: string): Promise<Source> => {
    await client.query(`create table ${name} (id int, k int, big text, note text, primary key (id, k)) partition by range (k);
      create table ${name}_1 partition of ${name} for values from (0) to (10);
      alter table ${name}_1 alter big set storage external; ${rest}`);
    return await Source.open(client, name, `for table ${name} with (publish_via_partition_root = true)`);
  };

  test('a full replica identity of the root alone: a long value that was not touched is not taken for NULL', async () => {
    const source = await root('root_full', 'alter table root_full replica identity full');
    await client.query(`insert into root_full values (2, 2, '${LONG}', 'a')`);
    await client.query('update root_full set id = 22');
    await client.query(`update root_full set note = 'b'`);
    await client.query('delete from root_full');
    expect(await told(source)).toEqual([
      `c null {"id":2,"k":2,"big":"LONG","note":"a"}`,
      `d {"id":2,"k":2} null`,
      `c null {"id":22,"k":2,"note":"a"} big`,
      `u null {"id":22,"k":2,"note":"b"} big`,
      `d {"id":22,"k":2} null`,
    ]);
  });

  test('partitions with full identities beside others: their old rows are whole where they show it', async () => {
    const source = await root(
      'mixed',
      `alter table mixed replica identity full;
       create table mixed_2 partition of mixed for values from (10) to (20); alter table mixed_2 replica identity full;
       alter table mixed_2 alter big set storage external`,
    );
    await client.query(`insert into mixed values (1, 11, '${LONG}', null)`);
    // All partitions seen so far have a full one: NULL is believed.
    await client.query(`update mixed set note = 'b'`);
    await client.query(`insert into mixed values (1, 1, '${LONG}', null)`);
    await client.query(`update mixed set note = 'c' where k = 11`);
    await client.query(`update mixed set note = null where k = 11`);
    await client.query('update mixed set id = 2');
    await client.query('delete from mixed');
    expect(await told(source)).toEqual([
      `c null {"id":1,"k":11,"big":"LONG","note":null}`,
      `u {"id":1,"k":11,"big":"LONG","note":null} {"id":1,"k":11,"big":"LONG","note":"b"}`,
      `c null {"id":1,"k":1,"big":"LONG","note":null}`,
      `u {"id":1,"k":11,"big":"LONG","note":"b"} {"id":1,"k":11,"big":"LONG","note":"c"}`,
      `u {"id":1,"k":11,"big":"LONG","note":"c"} {"id":1,"k":11,"big":"LONG","note":null}`,
      `d {"id":1,"k":1} null`,
      `c null {"id":2,"k":1,"note":null} big`,
      `d {"id":1,"k":11,"big":"LONG","note":null} null`,
      `c null {"id":2,"k":11,"big":"LONG","note":null}`,
      `d {"id":2,"k":1} null`,
      `d {"id":2,"k":11,"big":"LONG","note":null} null`,
    ]);
  });

  test('a root with the default identity over partitions with full ones tells its key alone', async () => {
    const source = await root('leaf_full', 'alter table leaf_full_1 replica identity full');
    await client.query(`insert into leaf_full values (2, 2, '${LONG}', null)`);
    await client.query('update leaf_full set id = 22');
    await client.query('delete from leaf_full');
    expect(await told(source)).toEqual([
      `c null {"id":2,"k":2,"big":"LONG","note":null}`,
      `d {"id":2,"k":2} null`,
      // PostgreSQL fills the new row's value in from the old one of the partition's full identity, or it is named.
      expect.stringMatching(/^c null \{"id":22,"k":2,(?:"big":"LONG",)?"note":null\}(?: big)?$/) as string,
      `d {"id":22,"k":2} null`,
    ]);
  });

  test('a partition whose identity is an index over other columns does not make the root’s key NULL', async () => {
    const source = await root(
      'leaf_index',
      `alter table leaf_index_1 alter note set not null; create unique index leaf_index_by on leaf_index_1 (note, k);
       alter table leaf_index_1 replica identity using index leaf_index_by`,
    );
    await client.query(`insert into leaf_index values (2, 2, 'x', 'a')`);
    await client.query(`update leaf_index set note = 'b'`);
    await client.query('delete from leaf_index');
    expect(await told(source)).toEqual([
      `c null {"id":2,"k":2,"big":"x","note":"a"}`,
      `u null {"id":2,"k":2,"big":"x","note":"b"}`,
      `d {"k":2} null`,
    ]);
  });

  test('a partition with other columns before its own, attached and detached again', async () => {
    const source = await root('attached', 'alter table attached replica identity full');
    await client.query(`create table attached_2 (gone int, note text, k int not null, big text, id int not null);
      alter table attached_2 drop gone; alter table attached_2 alter big set storage external;
      alter table attached attach partition attached_2 for values from (10) to (20)`);
    await client.query(`insert into attached values (1, 11, '${LONG}', 'a')`);
    await client.query('update attached set id = 2');
    await client.query('alter table attached_2 replica identity full');
    await client.query(`update attached set note = 'b'`);
    await client.query('alter table attached detach partition attached_2');
    await client.query(`delete from attached_2; insert into attached values (5, 5, null, null); delete from attached`);
    expect(await told(source)).toEqual([
      `c null {"id":1,"k":11,"big":"LONG","note":"a"}`,
      `d {"id":1,"k":11} null`,
      `c null {"id":2,"k":11,"note":"a"} big`,
      `u {"id":2,"k":11,"big":"LONG","note":"a"} {"id":2,"k":11,"big":"LONG","note":"b"}`,
      `c null {"id":5,"k":5,"big":null,"note":null}`,
      `d {"id":5,"k":5} null`,
    ]);
  });
});
