import { once } from 'node:events';
import { type Delivery, type EventContext, type Receiver, type Sender } from 'rhea';
import { settle } from '../../../local/event-hubs/rhea-internals';
import { eventually, hub, startHub, type TestHub } from './support';
import { RawClient, raw, sendRaw } from './raw';

/** How an attach is answered: the .NET client goes by what is in it. */

const UNSETTLED = 0;
const SETTLED = 1;
const MIXED = 2;
const FIRST = 0;
const SECOND = 1;

const READER = 'orders/ConsumerGroups/lake/Partitions/0';

describe('the answer to an attach', () => {
  let server: TestHub;
  let client: RawClient;

  beforeEach(async () => {
    server = await startHub(hub('Orders', 1));
    client = await RawClient.connect(server);
  });
  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const modesOf = ({ snd_settle_mode: sends, rcv_settle_mode: receives }: Sender | Receiver) => ({ sends, receives });

  // What goes out settled has no second step.
  const allModes = [
    [UNSETTLED, FIRST],
    [UNSETTLED, SECOND],
    [SETTLED, FIRST],
    [MIXED, FIRST],
  ];

  test.each(allModes)('a sender that asks for the settle modes %d and %d gets them', async (sends, receives) => {
    for (const address of ['orders', 'orders/Partitions/0', '$cbs', '$management']) {
      const { sender } = await client.sender(address, { snd_settle_mode: sends, rcv_settle_mode: receives });
      expect(modesOf(sender)).toEqual({ sends, receives });
    }
  });

  test.each(allModes)('a receiver that asks for the settle modes %d and %d gets them', async (sends, receives) => {
    for (const address of [READER, '$cbs', '$management']) {
      const { receiver } = await client.receiver(address, { snd_settle_mode: sends, rcv_settle_mode: receives });
      expect(modesOf(receiver)).toEqual({ sends, receives });
    }
  });

  test.each(allModes)(
    'events come as the settle modes %d and %d have it, and go on coming',
    async (sends, receives) => {
      // More than the 2,048 deliveries that may be under way unsettled.
      const count = 2500;
      const { sender } = await client.sender('orders', { snd_settle_mode: SETTLED });
      const reader = await client.receiver(READER, { snd_settle_mode: sends, rcv_settle_mode: receives });
      reader.receiver.on('message', ({ delivery }: EventContext) => {
        if (delivery?.remote_settled === false) delivery.accept();
      });
      reader.receiver.add_credit(count);
      for (let sent = 0; sent < count; sent += 500) {
        for (let each = 0; each < 500; each += 1) sender.send(raw('x'));
        await eventually(() => reader.messages.length === sent + 500, `${sent + 500} events`);
      }
      expect(new Set(reader.settled)).toEqual(new Set([sends !== UNSETTLED]));
    },
  );

  test.each(allModes)('events are taken in the settle modes %d and %d, and more of them', async (sends, receives) => {
    const { sender } = await client.sender('orders', { snd_settle_mode: sends, rcv_settle_mode: receives });
    if (receives === SECOND) sender.on('accepted', ({ delivery }: EventContext) => settle(delivery as Delivery));
    const count = 2500;
    for (let sent = 0; sent < count; sent += 500) {
      for (let each = 0; each < 500; each += 1) sender.send(raw('x'));
      await eventually(
        () => server.hubs.hub('orders')?.partitions[0]?.lastSequence === sent + 499,
        `${sent + 500} events`,
      );
    }
  });

  test.each(['nowhere', 'orders/Partitions/4', READER, ''])(
    'a sender to %s is refused without a target',
    async (address) => {
      const sender = client.connection.open_sender({ target: { address } });
      const refused = once(sender, 'sender_error');
      const [opened] = (await once(sender, 'sender_open')) as [EventContext];
      expect(opened.sender?.target.address).toBeUndefined();
      await refused;
    },
  );

  test.each([
    'nowhere/ConsumerGroups/lake/Partitions/0',
    'orders/ConsumerGroups/nobody/Partitions/0',
    'orders/ConsumerGroups/lake/Partitions/9',
    'orders',
  ])('a receiver of %s is refused without a source', async (address) => {
    await refusedReceiver({ address });
  });

  test('a reader that a higher owner level keeps out is refused without a source', async () => {
    await client.receiver(READER, { properties: { 'com.microsoft:epoch': 2 } });
    await refusedReceiver({ address: READER }, { 'com.microsoft:epoch': 1 });
  });

  async function refusedReceiver(source: { address: string }, properties = {}): Promise<void> {
    const receiver = client.connection.open_receiver({ source, properties, credit_window: 0 });
    const refused = once(receiver, 'receiver_error');
    const [opened] = (await once(receiver, 'receiver_open')) as [EventContext];
    expect(opened.receiver?.source.address).toBeUndefined();
    await refused;
  }

  test('one that is let in is answered with its source and target', async () => {
    const { sender } = await client.sender('orders');
    expect(await sendRaw(sender, raw('x'))).toBe('accepted');
    expect(sender.target.address).toBe('orders');
    const { receiver } = await client.receiver(READER);
    expect(receiver.source.address).toBe(READER);
  });
});
