import { startStorage } from '../../../local/storage/storage';

/** A storage in a process of its own, to be killed: `node kill-child.js <folder>` prints where it is as one line of JSON. */
const [folder = ''] = process.argv.slice(2);

void startStorage({ port: 0, queuePort: 0, tablePort: 0, folder, log: console.error }).then(
  ({ connectionString, port, queuePort, tablePort }) =>
    console.log(JSON.stringify({ connectionString, port, queuePort, tablePort })),
);
