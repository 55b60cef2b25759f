import StorageError from 'azurite/dist/src/blob/errors/StorageError';
import StorageErrorFactory from 'azurite/dist/src/blob/errors/StorageErrorFactory';

/**
 * A signature that is not the key's, or has ended, is `AuthenticationFailed` to the service. Azurite says `AuthorizationFailure`, which in Azure
 * means the account's network rules: another cause, with another remedy.
 */
export function refuseAsTheServiceDoes(): void {
  Object.assign(StorageErrorFactory, {
    getAuthorizationFailure: (requestId: string) =>
      new StorageError(
        403,
        'AuthenticationFailed',
        'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
        requestId,
      ),
  });
}
