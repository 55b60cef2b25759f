import { app } from '@azure/functions';
import { captureHandlerFor } from '../lib/app/capture';
import { isGiven, scheduleOf } from './trigger';

if (isGiven('CAPTURE_MONGODB', process.env)) {
  app.timer('captureMongo', {
    schedule: scheduleOf('CAPTURE_SCHEDULE', process.env),
    handler: captureHandlerFor('mongodb'),
  });
}
