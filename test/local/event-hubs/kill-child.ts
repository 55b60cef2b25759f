import { startEventHubs } from '../../../local/event-hubs/event-hubs';

/** A stand-in in a process of its own, to be killed: `node kill-child.js <folder> <port>` prints its port as one line of JSON. */
const [folder = '', port = '0'] = process.argv.slice(2);

void startEventHubs({
  port: Number(port),
  healthPort: null,
  folder,
  // Small, so that a kill meets files being begun as well.
  segmentBytes: 200_000,
  recentBytes: 100_000,
  hubs: [{ name: 'orders', partitionCount: 3, consumerGroups: ['lake'], retentionMs: 3_600_000 }],
}).then((hubs) => console.log(JSON.stringify({ port: hubs.port, connectionString: hubs.connectionString })));
