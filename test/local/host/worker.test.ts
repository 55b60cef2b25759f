import { type app as appNamespace, type FunctionHandler } from '@azure/functions';
import { Worker, type LogLine } from '../../../local/host/worker';
import { hostTriggerMetadata, triggerMetadataFor } from '../../../local/host/trigger-metadata';
import fixture from '../../fixtures/trigger-metadata.json';

const partition = { namespace: 'n.servicebus.windows.net', hub: 'h', consumerGroup: 'lake', partition: '3' };

/** The real library, registering with `worker` as it would with the real one: it is loaded anew for each. */
async function libraryFor(worker: Worker): Promise<{ app: typeof appNamespace }> {
  jest.resetModules();
  jest.doMock('@azure/functions-core', () => worker.api, { virtual: true });
  return await import('@azure/functions');
}

const trigger = { type: 'eventHubTrigger', name: 'events', dataType: 'binary', cardinality: 'many' };

async function workerWith(handler: FunctionHandler, log?: (line: LogLine) => void) {
  const worker = new Worker(log);
  const { app } = await libraryFor(worker);
  app.generic('take', { trigger, handler });
  return { worker, app };
}

test('the real library hands over the bodies byte for byte and the metadata as triggerMetadataFor tells it', async () => {
  const bodies = [Buffer.from('{"id":9007199254740993}'), Buffer.alloc(0), Buffer.from([0xff, 0xfe, 0x00])];
  const events = bodies.map((_, index) => ({
    sequence: 2n ** 53n + BigInt(index),
    offset: `${2n ** 53n + 1n}`,
    enqueuedAt: Date.UTC(2026, 10, 22, 23, 59, 59, 990 + index),
    partitionKey: ['7', '', null][index] ?? null,
    properties: { Tenant: { Name: 'a' }, 'Content-Type': 'x' },
  }));
  for (const longs of ['numbers', 'objects'] as const) {
    const received: unknown[] = [];
    const { worker } = await workerWith((given, context) => received.push(given, context.triggerMetadata));
    await worker.invoke('take', { bodies, triggerMetadata: hostTriggerMetadata(partition, events, longs) });
    expect(received).toEqual([bodies, triggerMetadataFor(partition, events, longs)]);
  }
});

test('metadata recorded from a real host passes unchanged', async () => {
  const received: unknown[] = [];
  const { worker } = await workerWith((_, context) => received.push(context.triggerMetadata));
  const recorded = Object.entries(fixture.triggerMetadata).map(([key, value]) => [
    key,
    { json: JSON.stringify(value) },
  ]);
  const triggerMetadata = Object.fromEntries(recorded) as Record<string, { json: string }>;
  await worker.invoke('take', { bodies: [], triggerMetadata });
  expect(received).toEqual([fixture.triggerMetadata]);
});

test('what a handler returns is given back, what it throws is thrown, and its log lines bear the invocation', async () => {
  const lines: LogLine[] = [];
  const { worker, app } = await workerWith(
    (_, context) => {
      context.warn('slow', 3);
      return context.invocationId;
    },
    (line) => lines.push(line),
  );
  const failure = new Error('no');
  app.generic('fail', { trigger, handler: () => Promise.reject(failure) });
  const batch = { bodies: [], triggerMetadata: {} };
  const invocationId = await worker.invoke('take', batch);
  expect(lines).toEqual([{ level: 'warning', category: 'user', message: 'slow 3', invocationId }]);
  await expect(worker.invoke('fail', batch)).rejects.toBe(failure);
  await expect(worker.invoke('none', batch)).rejects.toThrow('No function named none is registered.');
});

test('hooks run in order around an invocation and may change what it is given', async () => {
  const seen: string[] = [];
  const { worker, app } = await workerWith((bodies) => seen.push(`handler ${String(bodies)}`));
  app.hook.appStart(() => void seen.push('start'));
  app.hook.appTerminate(() => void seen.push('terminate'));
  app.hook.preInvocation((context) => {
    seen.push('pre');
    context.inputs = ['changed'];
  });
  app.hook.postInvocation((context) => void seen.push(`post ${String(context.error)}`));
  await worker.start('.');
  await worker.invoke('take', { bodies: [Buffer.from('a')], triggerMetadata: {} });
  await worker.terminate();
  expect(seen).toEqual(['start', 'pre', 'handler changed', 'post null', 'terminate']);
});

test('a throwing start hook fails the start, and nothing can be registered after one', async () => {
  const { worker, app } = await workerWith(() => undefined);
  const failing = app.hook.appStart(() => {
    throw new Error('wrong settings');
  });
  await expect(worker.start('.')).rejects.toThrow('wrong settings');
  failing.dispose();
  await worker.start('.');
  expect(() => app.generic('late', { trigger, handler: () => undefined })).toThrow(
    'only be registered during app startup',
  );
});

test('a name can be registered once', async () => {
  const { app } = await workerWith(() => undefined);
  expect(() => app.generic('take', { trigger, handler: () => undefined })).toThrow('registered already');
});
