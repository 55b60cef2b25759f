import { startMongo } from '../../../local/mongodb/mongodb';

/** A stand-in in a process of its own, to be killed: `node kill-child.js <folder> <port>` prints where it is as one line of JSON. */
const [folder = '', port = '0'] = process.argv.slice(2);

void startMongo({ port: Number(port), folder }).then((server) =>
  console.log(JSON.stringify({ port: server.port, uri: server.uri })),
);
