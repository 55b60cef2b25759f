import { Client } from 'pg';
import { type LocalPostgres } from '../../../local/postgres/postgres';

/** A database of its own on a server, and a client in it. */
export interface Database extends AsyncDisposable {
  readonly client: Client;
  readonly connectionString: string;
}

export async function openDatabase(server: LocalPostgres, name: string): Promise<Database> {
  const admin = await connected(server.connectionString);
  await admin.query(`create database ${name}`);
  await admin.end();
  const connectionString = server.connectionString.replace(/\/postgres$/, `/${name}`);
  const client = await connected(connectionString);
  return { client, connectionString, [Symbol.asyncDispose]: () => client.end() };
}

export async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  // Servers end in these tests.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
