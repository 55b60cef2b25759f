import { app } from '@azure/functions';
import { captureHandlerFor } from '../lib/app';
import { captureSchedule, isGiven } from './trigger';

if (isGiven('CAPTURE_POSTGRES', process.env)) {
  app.timer('capturePostgres', { schedule: captureSchedule(process.env), handler: captureHandlerFor('postgresql') });
}
