import { app } from '@azure/functions';
import { start, stop } from '../lib/app/process';

// A throwing start hook fails the worker's start: the app refuses to run on wrong settings and says which.
app.hook.appStart(() => start());

// The host waits for this, for five seconds.
app.hook.appTerminate(() => stop());
