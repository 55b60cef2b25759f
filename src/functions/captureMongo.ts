import { app } from '@azure/functions';
import { captureHandlerFor } from '../lib/app';
import { captureSchedule, isGiven } from './trigger';

if (isGiven('CAPTURE_MONGODB', process.env)) {
  app.timer('captureMongo', { schedule: captureSchedule(process.env), handler: captureHandlerFor('mongodb') });
}
