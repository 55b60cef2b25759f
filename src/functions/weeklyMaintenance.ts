import { app } from '@azure/functions';
import { weeklyHandler } from '../lib/app/maintenance';
import { scheduleOf } from './trigger';

app.timer('weeklyMaintenance', {
  schedule: scheduleOf('MAINTENANCE_WEEKLY_SCHEDULE', process.env),
  handler: weeklyHandler,
});
