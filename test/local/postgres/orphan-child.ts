import { startPostgres } from '../../../local/postgres/postgres';

/** A server whose owner is to be killed: prints one line of JSON, then waits for its end. */
void startPostgres().then(({ connectionString }) => console.log(JSON.stringify({ connectionString })));
