import { app } from '@azure/functions';
import { handlerFor } from '../lib/app/ingest';
import { changeTrigger, retryForEver } from './trigger';

app.generic('ingestMongo', {
  trigger: changeTrigger('MONGODB_EVENTHUB_NAME', process.env),
  retry: retryForEver,
  handler: handlerFor('mongodb'),
});
