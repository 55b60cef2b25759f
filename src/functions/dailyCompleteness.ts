import { app } from '@azure/functions';
import { dailyHandler } from '../lib/app/maintenance';
import { scheduleOf } from './trigger';

app.timer('dailyCompleteness', {
  schedule: scheduleOf('MAINTENANCE_DAILY_SCHEDULE', process.env),
  handler: dailyHandler,
});
