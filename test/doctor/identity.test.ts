import { inspect } from 'node:util';
import { openHubProbe } from '../../src/lib/hub/doctor-hub';
import { openLakeProbe } from '../../src/lib/lake/doctor-lake';
import { Secret } from '../../src/lib/config/secret';

const CANARY = 'CANARY-OF-A-TOKEN';
const signal = AbortSignal.timeout(10_000);

test('an identity that gets no token is told by the kind of the failure alone', async () => {
  const failure = Object.assign(new Error(`the answer was ${CANARY}`), { name: 'CredentialUnavailableError' });
  const probe = await openLakeProbe(
    {
      ...{ kind: 'identity', clientId: null },
      ...{ blobEndpoint: 'https://example.blob.core.windows.net', dfsEndpoint: 'https://example.dfs.core.windows.net' },
    },
    'data',
    () => Promise.resolve({ getToken: () => Promise.reject(failure) }),
  );
  expect(probe).toMatchObject({ account: 'example', byIdentity: true, isLocal: false });
  const token = await probe.token(signal);
  expect(token).toEqual({ refusal: { status: null, code: 'CredentialUnavailableError' } });
  expect(inspect(token)).not.toContain(CANARY);
});

test('what the Event Hubs SDK says of its arguments, which quotes the connection string, does not get out', async () => {
  const connectionString = new Secret(`Endpoint=sb://;SharedAccessKeyName=k;SharedAccessKey=${CANARY}`);
  const probe = openHubProbe({ kind: 'connectionString', connectionString }, 1_000);
  const answers = await Promise.all([
    probe.describe('hub', signal),
    probe.openSender('hub', signal),
    probe.oldestAt('hub', 'group', '0', signal),
  ]);
  for (const answer of answers) {
    expect(answer).toHaveProperty('refusal');
    expect(inspect(answer)).not.toContain(CANARY);
  }
});
