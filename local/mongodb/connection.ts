import { type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from './command';
import { type Context, type Server } from './context';
import { dispatch, isOfChangeStream, refusal } from './dispatch';
import { CommandError, unsupportedOpQuery } from './errors';
import { type FaultRule, type Struck } from './fault-rules';
import { type Faults } from './faults';
import { Framing } from './framing';
import { watching } from './handshake';
import { formatReply, parseRequest, type Request } from './message';
import { fields, firstField } from './raw';
import { asDocument, asDocuments } from './values';

/** Serves one client's connection: one request after the other, in the order in which they came. */
export function serveConnection(socket: Socket, connectionId: number, server: Server, faults: Faults): void {
  const ended = new AbortController();
  socket.once('close', () => ended.abort());
  socket.on('error', () => undefined);
  const connection = new Connection(socket, { ...server, connectionId, signal: ended.signal }, faults);
  const framing = new Framing();
  const end = (error: unknown) => {
    if (!ended.signal.aborted) server.log(`connection ${connectionId}: ${String(error)}`);
    socket.destroy();
  };
  let answered = Promise.resolve();
  // Read at all times, also while an answer is awaited: else nobody would notice that the client has gone.
  socket.on('data', (chunk) => {
    try {
      for (const request of framing.push(chunk).map(parseRequest))
        answered = answered.then(() => connection.answer(request)).catch(end);
    } catch (error) {
      end(error);
    }
  });
}

class Connection {
  readonly #socket: Socket;
  readonly #context: Context;
  readonly #faults: Faults;
  #lastReplyId = 0;

  constructor(socket: Socket, context: Context, faults: Faults) {
    this.#socket = socket;
    this.#context = context;
    this.#faults = faults;
  }

  async answer(request: Request): Promise<void> {
    if (this.#context.signal.aborted) return;
    const command = new Command(request);
    const fault = this.#faults.strike(struck(command, this.#context));
    if (fault !== null && !(await this.#strike(command, request, fault))) return;
    if (HANDSHAKES.has(command.name) && fault?.kind !== 'loseReply') return this.#answerHello(command, request);
    if (request.legacy) return this.#refuse(command, request, unsupportedOpQuery(command.name));
    const reply = await dispatch(command, this.#context);
    if (fault?.kind === 'loseReply') this.#socket.destroy();
    else if (!request.moreToCome) this.#send(reply, request, request.requestId, false);
  }

  /** @returns whether the command is carried out all the same */
  async #strike(command: Command, request: Request, fault: FaultRule): Promise<boolean> {
    const { kind } = fault;
    switch (kind) {
      case 'refuse': {
        const { code = 1, labels = null, message = `refused by a fault with code ${code}` } = fault;
        this.#refuse(command, request, new CommandError(code, message, labels));
        return false;
      }
      case 'cutConnection':
        this.#socket.destroy();
        return false;
      case 'delay':
        await sleep(fault.ms ?? 1_000, undefined, { signal: this.#context.signal }).catch(() => undefined);
        return true;
      case 'loseReply':
        return true;
      default:
        return kind satisfies never;
    }
  }

  /** A client that watches the server is told of each change, or after a while that there was none, for as long as it listens. */
  async #answerHello(command: Command, request: Request): Promise<void> {
    const { replicaSet, signal } = this.#context;
    const watcher = watching(command, this.#context);
    let known = watcher?.counter ?? null;
    let responseTo = request.requestId;
    for (;;) {
      if (watcher !== null && known !== null) await replicaSet.changedFrom(known, watcher.ms, signal);
      if (signal.aborted) return;
      const more = watcher !== null && request.exhaustAllowed;
      known = replicaSet.view.counter;
      responseTo = this.#send(await dispatch(command, this.#context), request, responseTo, more);
      if (!more) return;
    }
  }

  #refuse(command: Command, request: Request, error: CommandError): void {
    const reply = refusal(command, error, isOfChangeStream(command, this.#context), this.#context);
    if (!request.moreToCome) this.#send(reply, request, request.requestId, false);
  }

  /** @returns the reply's own number: another reply that follows answers that one */
  #send(body: Buffer, { legacy }: Request, responseTo: number, moreToCome: boolean): number {
    this.#lastReplyId += 1;
    const requestId = this.#lastReplyId;
    this.#socket.cork();
    for (const part of formatReply(body, { requestId, responseTo, legacy, moreToCome })) this.#socket.write(part);
    this.#socket.uncork();
    return requestId;
  }
}

const HANDSHAKES = new Set(['hello', 'isMaster', 'ismaster']);

function struck(command: Command, context: Context): Struck {
  const { name, db } = command;
  const collection = command.text(name === 'getMore' ? 'collection' : name);
  const stages = (name === 'aggregate' ? (asDocuments(command.field('pipeline')) ?? []) : []).flatMap(
    (stage) => firstField(stage) ?? [],
  );
  const [first] = stages;
  const stream = first?.name === '$changeStream' ? asDocument(first) : undefined;
  return {
    name,
    database: db,
    collection,
    stages: stages.map((stage) => stage.name),
    options: stream === undefined ? [] : fields(stream).map((option) => option.name),
    scope: stream === undefined ? undefined : scopeOf(db, collection),
    changeStream: isOfChangeStream(command, context),
  };
}

function scopeOf(db: string, collection: string | undefined): NonNullable<FaultRule['scope']> {
  if (collection !== undefined) return 'collection';
  return db === 'admin' ? 'deployment' : 'database';
}
