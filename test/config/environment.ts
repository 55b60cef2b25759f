/** A key as Azure makes them: base64 of 32 bytes. No report may ever show it. */
export const CANARY = 'Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWNhbmE=';

export const EVENT_HUBS = `Endpoint=sb://example.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=${CANARY}`;

export const STORAGE = `DefaultEndpointsProtocol=https;AccountName=example;AccountKey=${CANARY};EndpointSuffix=core.windows.net`;

/** The least that makes a valid environment. */
export const byKey = { EVENTHUB_CONNECTION_STRING: EVENT_HUBS, STORAGE_CONNECTION_STRING: STORAGE };

export const byIdentity = {
  EVENTHUB_CONNECTION_STRING__fullyQualifiedNamespace: 'example.servicebus.windows.net',
  STORAGE_CONNECTION_STRING__accountName: 'example',
};

export const CLIENT_ID = '6f1f2c53-8a2b-4d53-9a53-0d4c6c1f7b11';
