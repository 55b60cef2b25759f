import { type TokenCredential } from '@azure/identity';

/**
 * The credential of an identity-based connection: the user-assigned identity with `clientId`, else whatever
 * DefaultAzureCredential finds (the system-assigned identity in Azure, the developer signed in elsewhere). Loaded when
 * first needed: apps that connect by key never pay for it.
 */
export async function credentialFor(clientId: string | null): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  return clientId === null ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
}
