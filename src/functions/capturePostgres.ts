import { app } from '@azure/functions';
import { captureHandlerFor } from '../lib/app/capture';
import { isGiven, scheduleOf } from './trigger';

if (isGiven('CAPTURE_POSTGRES', process.env)) {
  app.timer('capturePostgres', {
    schedule: scheduleOf('CAPTURE_SCHEDULE', process.env),
    handler: captureHandlerFor('postgresql'),
  });
}
