import { DatabaseError, type Pool, type PoolClient } from 'pg';

/** The server is away, or the connection to it was cut: what was not committed is not there. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/**
 * Lends a connection. Where `use` fails on it, its transaction is rolled back.
 *
 * @throws ConnectionLost, or what `use` throws
 */
export async function withConnection<T>(pool: Pool, use: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await connect(pool);
  const connection = { isLost: false };
  const lose = (): void => void (connection.isLost = true);
  client.on('error', lose);
  try {
    return await use(client);
  } catch (error) {
    if (endsConnection(error)) lose();
    if (!connection.isLost) await client.query('rollback').catch(lose);
    throw connection.isLost ? new ConnectionLost('the connection was cut', { cause: error }) : error;
  } finally {
    client.off('error', lose);
    client.release(connection.isLost);
  }
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    // While it starts or ends the server says so; while it is away there is only the socket's error.
    if (error instanceof DatabaseError && !endsConnection(error)) throw error;
    throw new ConnectionLost('no connection', { cause: error });
  }
}

/** Class 08 is about connections, 57P about a server that ends or starts; 53300: too many connections. */
const endsConnection = (error: unknown): boolean =>
  error instanceof DatabaseError && /^(08...|57P..|53300)$/.test(error.code ?? '');
