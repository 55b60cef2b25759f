import { app } from '@azure/functions';
import { start, stop } from '../lib/app/process';

// A throwing start hook fails the worker's start: the app does not run on wrong settings.
app.hook.appStart(() => start());

// The host waits for this, for five seconds.
app.hook.appTerminate(() => stop());
