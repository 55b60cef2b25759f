import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { credentialFor } from '../../src/lib/credential';
import { CLIENT_ID } from '../config/environment';

test('a client id means that managed identity and no other; none means the default chain', async () => {
  expect(await credentialFor(CLIENT_ID)).toBeInstanceOf(ManagedIdentityCredential);
  expect(await credentialFor(null)).toBeInstanceOf(DefaultAzureCredential);
});
